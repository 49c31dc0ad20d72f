package daftar.kit.request;

import daftar.kit.problem.Problem;
import jakarta.annotation.Nullable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** The version of a representation in the headers {@code ETag} and {@code If-Match} (RFC 9110 sections 8.8.3, 13.1.1). */
public final class EntityTag {

    private static final String TAG = "(?:W/)?\"[\\x21\\x23-\\x7E\\x80-\\xFF]*\"";
    private static final Pattern ONE = Pattern.compile(TAG);
    private static final Pattern LIST = Pattern.compile("\\*|" + TAG + "(?:[ \\t]*,[ \\t]*" + TAG + ")*+");

    private EntityTag() {}

    /** The tag of what these numbers tell from every other state of the same thing. */
    public static String of(long... version) {
        return LongStream.of(version).mapToObj(Long::toString).collect(Collectors.joining(".", "\"", "\""));
    }

    /**
     * Refuses a change that is based on another version than the present one; one that names none passes.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 412 when another version is present, 400 when the
     *     header cannot be read
     */
    public static void check(@Nullable String ifMatch, String present) {
        if (ifMatch == null || readable(ifMatch).equals("*")) {
            return;
        }
        Matcher tags = ONE.matcher(ifMatch);
        while (tags.find()) {
            // a weak tag never matches here: RFC 9110 asks for the strong comparison
            if (tags.group().equals(present)) {
                return;
            }
        }
        throw Problem.OUTDATED.because("It has been changed: read it again and apply the change to that.");
    }

    /**
     * Checks that a change comes with a readable {@code If-Match}.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 428 without one, 400 when it cannot be read
     */
    public static String required(@Nullable String ifMatch) {
        if (ifMatch == null || ifMatch.isBlank()) {
            throw Problem.PRECONDITION_REQUIRED.because(
                    "Send If-Match with the ETag of the representation that the change is based on.");
        }
        return readable(ifMatch);
    }

    private static String readable(String ifMatch) {
        String stripped = ifMatch.strip();
        if (!LIST.matcher(stripped).matches()) {
            throw Problem.MALFORMED_REQUEST.because("The header If-Match does not hold entity tags.");
        }
        return stripped;
    }
}
