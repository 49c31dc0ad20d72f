package daftar.kit.inbox;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.impl.NameBasedGenerator;
import daftar.kit.inbox.Effect.Rejection;
import io.cloudevents.CloudEvent;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.UUID;

/**
 * The JSON data of one event, read strictly: a field that is missing, of the wrong type or out of range
 * is a {@link Rejection} that names the field. Fields that nobody asks for are let pass, so that a
 * producer can add some.
 */
public final class EventData {

    /** Fractions keep every digit that the producer sent. */
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final int UUID_LENGTH = 36;

    private final JsonNode data;

    private EventData(JsonNode data) {
        this.data = data;
    }

    /** Reads the data of an event; no data, no JSON or no object is a rejection. */
    public static EventData of(CloudEvent event) {
        if (event.getData() == null) {
            throw new Rejection("the event has no data");
        }
        try {
            JsonNode data = JSON.readTree(event.getData().toBytes());
            if (data == null || !data.isObject()) {
                throw new Rejection("the data is no JSON object");
            }
            return new EventData(data);
        } catch (IOException noJson) {
            throw new Rejection("the data is no valid JSON");
        }
    }

    /**
     * The id by which an event counts once.
     *
     * <p>CloudEvents 1.0 lets an id be any text that is unique within its source. A producer that sends
     * UUIDs keeps them; any other id becomes the name-based UUID (RFC 9562 section 5.5, version 5) of
     * source, line feed and id in the URL namespace of its section 6.6. An empty one is refused: it would
     * make all of a source's events one.
     */
    public static UUID id(CloudEvent event) {
        if (isUuid(event.getId())) {
            return UUID.fromString(event.getId());
        }
        if (event.getId().isBlank()) {
            throw new Rejection("the event's id is empty");
        }
        return Generators.nameBasedGenerator(NameBasedGenerator.NAMESPACE_URL)
                .generate(event.getSource() + "\n" + event.getId());
    }

    /** A required UUID. */
    public UUID uuid(String field) {
        String text = text(field, UUID_LENGTH);
        if (isUuid(text)) {
            return UUID.fromString(text);
        }
        throw new Rejection(field, "is no UUID");
    }

    /** Whether a text is a UUID in the usual form. */
    public static boolean isUuid(String text) {
        if (text.length() != UUID_LENGTH) {
            return false;
        }
        for (int i = 0; i < UUID_LENGTH; i++) {
            boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
            if (dash ? text.charAt(i) != '-' : !isHexDigit(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isHexDigit(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }

    /** A required list as JSON text. */
    public String list(String field) {
        JsonNode value = data.get(field);
        if (value == null || !value.isArray()) {
            throw new Rejection(field, "is missing or no list");
        }
        return value.toString();
    }

    /** A required text of 1 to {@code longest} characters, without NUL (which PostgreSQL cannot store). */
    public String text(String field, int longest) {
        JsonNode value = data.get(field);
        if (value == null || !value.isTextual()) {
            throw new Rejection(field, "is missing or no text");
        }
        String text = value.textValue();
        if (text.isBlank() || text.codePointCount(0, text.length()) > longest || !isStorable(text)) {
            throw new Rejection(field, "is not a text of 1 to " + longest + " characters");
        }
        return text;
    }

    /** A whole number from 0 to 2^31-1; 0 where the field is absent. */
    public int count(String field) {
        JsonNode value = data.get(field);
        if (value == null) {
            return 0;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0) {
            throw new Rejection(field, "is not a whole number from 0 to 2147483647");
        }
        return value.intValue();
    }

    /**
     * An amount as decimal text, as in {@code "0.001250"}, not negative; empty where the field is
     * absent. Numbers are refused: JSON's are floating point to most producers.
     */
    public Optional<BigDecimal> amount(String field, int integerDigits, int decimals) {
        JsonNode value = data.get(field);
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isTextual() || !isAmount(value.textValue(), integerDigits, decimals)) {
            throw new Rejection(
                    field,
                    "is not decimal text with at most " + integerDigits + " digits before and " + decimals
                            + " after the point");
        }
        return Optional.of(new BigDecimal(value.textValue()));
    }

    /** Digits, and where there is a point, digits after it. */
    private static boolean isAmount(String text, int integerDigits, int decimals) {
        int point = text.indexOf('.');
        String whole = point < 0 ? text : text.substring(0, point);
        String fraction = point < 0 ? "0" : text.substring(point + 1);
        return areDigits(whole, integerDigits) && areDigits(fraction, decimals);
    }

    private static boolean areDigits(String text, int most) {
        return !text.isEmpty() && text.length() <= most && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** A required RFC 3339 time with its offset. */
    public Instant time(String field) {
        String text = text(field, 64);
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException notOne) {
            throw new Rejection(field, "is no RFC 3339 time");
        }
    }

    /** An RFC 3339 time with its offset; empty where the field is absent or null. */
    public Optional<Instant> timeIfPresent(String field) {
        JsonNode value = data.get(field);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(time(field));
    }

    /** An object of at most {@code longest} characters as JSON text; empty where the field is absent. */
    public Optional<String> object(String field, int longest) {
        JsonNode value = data.get(field);
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isObject()) {
            throw new Rejection(field, "is no object");
        }
        String text = value.toString();
        if (text.length() > longest || text.contains("\\u0000") || !isStorable(text)) {
            throw new Rejection(field, "is longer than " + longest + " characters or holds NUL or half a character");
        }
        return Optional.of(text);
    }

    /** PostgreSQL stores neither NUL nor half of a surrogate pair. */
    private static boolean isStorable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || Character.isSurrogate(c)) {
                return c != 0
                        && text.indexOf('\0') < 0
                        && StandardCharsets.UTF_8.newEncoder().canEncode(text);
            }
        }
        return true;
    }
}
