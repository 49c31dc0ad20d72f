package daftar.identity.user;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.json.JsonObject;
import jakarta.annotation.Nullable;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/** What a profile may hold and how it is changed. Plain rules about JSON. */
final class Profile {

    /** The most that a profile may hold, in bytes of JSON in UTF-8. */
    static final int MAX_BYTES = 8 * 1024;

    private static final ObjectMapper TREES = new ObjectMapper();

    private Profile() {}

    /** Why this cannot be stored, as a sentence for the caller; empty where it can. */
    static Optional<String> complaint(@Nullable ObjectNode profile) {
        if (profile == null) {
            return Optional.empty();
        }
        if (profile.toString().getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            return Optional.of("must have at most 8 KiB as JSON");
        }
        return isStorable(profile)
                ? Optional.empty()
                : Optional.of(
                        "must not hold the character NUL, half a surrogate pair or a number without a finite value");
    }

    /** JSON merge patch (RFC 7396 section 2): null removes a member, objects are merged, all else replaces. */
    static ObjectNode merge(@Nullable ObjectNode target, ObjectNode patch) {
        ObjectNode merged = target == null ? JsonNodeFactory.instance.objectNode() : target.deepCopy();
        for (Map.Entry<String, JsonNode> member : patch.properties()) {
            if (member.getValue().isNull()) {
                merged.remove(member.getKey());
            } else if (member.getValue() instanceof ObjectNode inner) {
                ObjectNode present = merged.get(member.getKey()) instanceof ObjectNode object ? object : null;
                merged.set(member.getKey(), merge(present, inner));
            } else {
                merged.set(member.getKey(), member.getValue());
            }
        }
        return merged;
    }

    /** The form that the database client takes. */
    @Nullable
    static JsonObject stored(@Nullable ObjectNode profile) {
        return profile == null ? null : new JsonObject(profile.toString());
    }

    /** The form that rules and patches work on. */
    @Nullable
    static ObjectNode ofStored(@Nullable JsonObject stored) {
        return stored == null ? null : TREES.valueToTree(stored.getMap());
    }

    /** PostgreSQL's jsonb refuses NUL; half a pair would silently become a question mark. */
    private static boolean isStorable(JsonNode node) {
        if (node.isTextual()) {
            return isStorable(node.textValue());
        }
        if (node.isNumber()) {
            return Double.isFinite(node.doubleValue());
        }
        for (Map.Entry<String, JsonNode> member : node.properties()) {
            if (!isStorable(member.getKey()) || !isStorable(member.getValue())) {
                return false;
            }
        }
        if (node.isArray()) {
            for (Iterator<JsonNode> elements = node.elements(); elements.hasNext(); ) {
                if (!isStorable(elements.next())) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isStorable(String text) {
        return text.codePoints().noneMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE);
    }
}
