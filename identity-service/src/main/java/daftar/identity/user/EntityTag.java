package daftar.identity.user;

import daftar.kit.problem.Problem;
import jakarta.annotation.Nullable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The version of a representation in the headers {@code ETag} and {@code If-Match} (RFC 9110 sections 8.8.3, 13.1.1). */
final class EntityTag {

    private static final String TAG = "(?:W/)?\"[\\x21\\x23-\\x7E\\x80-\\xFF]*\"";
    private static final Pattern ONE = Pattern.compile(TAG);
    private static final Pattern LIST = Pattern.compile(TAG + "(?:[ \\t]*,[ \\t]*" + TAG + ")*");

    private EntityTag() {}

    static String of(long version) {
        return "\"" + version + "\"";
    }

    /**
     * Refuses a change that is not based on the present version.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 412 when another version is present
     */
    static void requireMatch(String ifMatch, long present) {
        if (ifMatch.strip().equals("*")) {
            return;
        }
        Matcher tags = ONE.matcher(ifMatch);
        while (tags.find()) {
            // a weak tag never matches here: RFC 9110 asks for the strong comparison
            if (tags.group().equals(of(present))) {
                return;
            }
        }
        throw Problem.OUTDATED.because("The user has been changed: read it again and apply the change to that.");
    }

    /**
     * Checks that a change comes with a readable {@code If-Match}.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 428 without one, 400 when it cannot be read
     */
    static String required(@Nullable String ifMatch) {
        if (ifMatch == null || ifMatch.isBlank()) {
            throw Problem.PRECONDITION_REQUIRED.because(
                    "Send If-Match with the ETag of the representation that the change is based on.");
        }
        if (!ifMatch.strip().equals("*") && !LIST.matcher(ifMatch.strip()).matches()) {
            throw Problem.MALFORMED_REQUEST.because("The header If-Match does not hold entity tags.");
        }
        return ifMatch;
    }
}
