package daftar.analytics.profile;

import daftar.kit.problem.Problem;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * Where a list of profiles goes on. By subject and concept, and not by the kit's time and id: a profile's
 * time moves with every interaction, and a list by it would skip what moved while it was read.
 */
final class ProfileCursor {

    /** Stands in no subject and no concept. */
    private static final char SEPARATOR = '\0';

    private ProfileCursor() {}

    static String of(Concept last) {
        String text = last.subject() + SEPARATOR + last.concept();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads a cursor that an earlier page ended with.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 400 when it is none of ours
     */
    static Concept parse(String cursor) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(cursor);
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            int end = text.indexOf(SEPARATOR);
            if (end > 0 && end == text.lastIndexOf(SEPARATOR) && end < text.length() - 1) {
                return new Concept(text.substring(0, end), text.substring(end + 1));
            }
        } catch (IllegalArgumentException | CharacterCodingException notOurs) {
            // answered below, as any other text that is no cursor
        }
        throw Problem.MALFORMED_REQUEST.because(
                "The cursor is not one that a page ended with.",
                List.of(new Problem.FieldError("", "cursor: leave it out to begin at the first page")));
    }
}
