package daftar.identity.user;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import daftar.kit.problem.Problem;
import io.quarkiverse.resteasy.problem.HttpProblem;
import io.vertx.core.json.JsonObject;
import jakarta.annotation.Nullable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** A change of a person's phone and profile, as a JSON merge patch (RFC 7396). */
final class UserPatch {

    private static final Set<String> IMMUTABLE = Set.of("id", "email", "created_at", "last_login", "status");
    private static final Pattern PHONE = Pattern.compile(Registration.PHONE);

    private final ObjectNode patch;

    private UserPatch(ObjectNode patch) {
        this.patch = patch;
    }

    /**
     * Reads a patch.
     *
     * @throws HttpProblem 400 when it is no object or names an unknown member, 422 when it changes what
     *     cannot be changed or sets what cannot be stored
     */
    static UserPatch read(@Nullable JsonNode document) {
        if (!(document instanceof ObjectNode object)) {
            throw Problem.MALFORMED_REQUEST.because("A merge patch of a user is a JSON object.");
        }
        for (Map.Entry<String, JsonNode> member : object.properties()) {
            check(member.getKey(), member.getValue());
        }
        return new UserPatch(object);
    }

    /**
     * Carries the change out.
     *
     * @throws HttpProblem 422 when the profile would become larger than it may be
     */
    void applyTo(User user) {
        if (patch.has("phone")) {
            user.phone = patch.get("phone").textValue();
        }
        if (!patch.has("profile")) {
            return;
        }
        if (patch.get("profile") instanceof ObjectNode change) {
            ObjectNode merged = Profile.merge(Profile.ofStored(user.profile), change);
            Profile.complaint(merged).ifPresent(complaint -> {
                throw refusal("/profile", complaint);
            });
            JsonObject result = Profile.stored(merged);
            // an equal value of another instance would count as a change
            user.profile = result.equals(user.profile) ? user.profile : result;
        } else {
            user.profile = null;
        }
    }

    private static void check(String name, JsonNode value) {
        switch (name) {
            case "phone" -> {
                if (!value.isNull()
                        && !(value.isTextual()
                                && PHONE.matcher(value.textValue()).matches())) {
                    throw refusal("/phone", Registration.PHONE_RULE);
                }
            }
            case "profile" -> {
                if (!value.isNull() && !value.isObject()) {
                    throw refusal("/profile", "must be an object");
                }
            }
            default -> {
                if (IMMUTABLE.contains(name)) {
                    throw refusal("/" + name, "cannot be changed here");
                }
                throw Problem.MALFORMED_REQUEST.because(
                        "See errors for what is wrong and where.",
                        List.of(new Problem.FieldError(pointerTo(name), "There is no such field.")));
            }
        }
    }

    static HttpProblem refusal(String pointer, String complaint) {
        return Problem.INVALID_INPUT.because(
                "See errors for what is wrong and where.", List.of(new Problem.FieldError(pointer, complaint)));
    }

    /** RFC 6901 section 3. */
    private static String pointerTo(String name) {
        return "/" + name.replace("~", "~0").replace("/", "~1");
    }
}
