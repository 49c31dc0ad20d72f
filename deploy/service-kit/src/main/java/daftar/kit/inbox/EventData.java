package daftar.kit.inbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.impl.NameBasedGenerator;
import daftar.kit.inbox.Effect.Rejection;
import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.Encoding;
import io.cloudevents.core.message.MessageReader;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.cloudevents.rw.CloudEventContextWriter;
import io.cloudevents.rw.CloudEventWriter;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The JSON data of one event, read strictly: a field that is missing, of the wrong type or out of range
 * is a {@link Rejection} that names the field. Fields that nobody asks for are let pass, so that a
 * producer can add some.
 */
public final class EventData {

    /** Fractions keep every digit that the producer sent; fields are written in the order of their names. */
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final int UUID_LENGTH = 36;

    /** Where the fraction of a second begins in an RFC 3339 time. */
    private static final int FRACTION = 20;

    private static final int NANO_DIGITS = 9;

    private final JsonNode data;

    private EventData(JsonNode data) {
        this.data = data;
    }

    /**
     * The record's CloudEvents message, in binary or structured mode.
     *
     * @throws RuntimeException of many types, when it is none
     */
    static CloudEvent read(ConsumerRecord<byte[], byte[]> record) {
        MessageReader reader = KafkaMessageFactory.createReader(record);
        return reader.getEncoding() == Encoding.BINARY
                ? reader.read(version -> new Binary(CloudEventBuilder.fromSpecVersion(version)))
                : reader.toEvent();
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

    /** A UUID; empty where the field is absent or null. */
    public Optional<UUID> uuidIfPresent(String field) {
        return isAbsent(field) ? Optional.empty() : Optional.of(uuid(field));
    }

    /** As {@link #text}; empty where the field is absent or null. */
    public Optional<String> textIfPresent(String field, int longest) {
        return isAbsent(field) ? Optional.empty() : Optional.of(text(field, longest));
    }

    private boolean isAbsent(String field) {
        JsonNode value = data.get(field);
        return value == null || value.isNull();
    }

    /** A required whole number from 0 to {@code most}. */
    public long number(String field, long most) {
        return whole(field, 0, most);
    }

    private long whole(String field, long least, long most) {
        JsonNode value = data.get(field);
        if (value == null
                || !value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < least
                || value.longValue() > most) {
            throw new Rejection(field, "is not a whole number from " + least + " to " + most);
        }
        return value.longValue();
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

    /** Whether the field is there and not null. */
    public boolean has(String field) {
        return data.hasNonNull(field);
    }

    /** A whole number from 0 to 2^31-1; 0 where the field is absent. */
    public int count(String field) {
        return data.has(field) ? (int) whole(field, 0, Integer.MAX_VALUE) : 0;
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

    /** A required whole number from -(2^31-1) to 2^31-1 that is to be added to something. */
    public int change(String field) {
        return (int) whole(field, -Integer.MAX_VALUE, Integer.MAX_VALUE);
    }

    /** A required amount as decimal text that is to be added to something: as {@link #amount}, or with a minus. */
    public BigDecimal amountChange(String field, int integerDigits, int decimals) {
        JsonNode value = data.get(field);
        String text = value == null || !value.isTextual() ? "" : value.textValue();
        if (!isAmount(text.startsWith("-") ? text.substring(1) : text, integerDigits, decimals)) {
            throw new Rejection(
                    field,
                    "is not decimal text with at most " + integerDigits + " digits before and " + decimals
                            + " after the point");
        }
        return new BigDecimal(text);
    }

    /** Digits, and where there is a point, digits after it. */
    private static boolean isAmount(String text, int integerDigits, int decimals) {
        int point = text.indexOf('.');
        String whole = point < 0 ? text : text.substring(0, point);
        String fraction = point < 0 ? "0" : text.substring(point + 1);
        return areDigits(whole, integerDigits) && areDigits(fraction, decimals);
    }

    private static boolean areDigits(String text, int most) {
        boolean digits = !text.isEmpty() && text.length() <= most;
        for (int i = 0; digits && i < text.length(); i++) {
            digits = text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        return digits;
    }

    /** A required RFC 3339 time with its offset. */
    public Instant time(String field) {
        String text = text(field, 64);
        try {
            return parse(text).toInstant();
        } catch (DateTimeException notOne) {
            throw new Rejection(field, "is no RFC 3339 time");
        }
    }

    /**
     * Reads an RFC 3339 time. The form that nearly all have, with its fraction and in UTC, is read by hand: Java's general
     * parser makes more garbage than all else that reads an event together.
     */
    private static OffsetDateTime parse(String text) {
        int end = text.length() - 1;
        boolean usual = end >= FRACTION - 1
                && end <= FRACTION + NANO_DIGITS
                && text.charAt(end) == 'Z'
                && text.charAt(4) == '-'
                && text.charAt(7) == '-'
                && text.charAt(10) == 'T'
                && text.charAt(13) == ':'
                && text.charAt(16) == ':'
                && (end == FRACTION - 1 || (text.charAt(FRACTION - 1) == '.' && end > FRACTION));
        if (!usual) {
            return OffsetDateTime.parse(text);
        }
        int nanos = end == FRACTION - 1 ? 0 : number(text, FRACTION, end);
        for (int digits = end - FRACTION; digits >= 0 && digits < NANO_DIGITS; digits++) {
            nanos *= 10;
        }
        return OffsetDateTime.of(
                number(text, 0, 4),
                number(text, 5, 7),
                number(text, 8, 10),
                number(text, 11, 13),
                number(text, 14, 16),
                number(text, 17, 19),
                nanos,
                ZoneOffset.UTC);
    }

    private static int number(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                throw new DateTimeException("not a digit");
            }
            number = number * 10 + c - '0';
        }
        return number;
    }

    /** An RFC 3339 time with its offset; empty where the field is absent or null. */
    public Optional<Instant> timeIfPresent(String field) {
        return isAbsent(field) ? Optional.empty() : Optional.of(time(field));
    }

    /**
     * An object of at most {@code longest} characters as JSON text; empty where the field is absent. The same object is the
     * same text, in whatever order its fields came.
     */
    public Optional<String> object(String field, int longest) {
        JsonNode value = data.get(field);
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isObject()) {
            throw new Rejection(field, "is no object");
        }
        String text = write(value);
        if (text.length() > longest || text.contains("\\u0000") || !isStorable(text)) {
            throw new Rejection(field, "is longer than " + longest + " characters or holds NUL or half a character");
        }
        return Optional.of(text);
    }

    private static String write(JsonNode value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible); // it was read from JSON
        }
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

    /** What the SDK makes of a message in binary mode, but for the time, which it reads by Java's general parser too. */
    private record Binary(CloudEventBuilder event) implements CloudEventWriter<CloudEvent> {

        @Override
        public CloudEventContextWriter withContextAttribute(String name, String value) {
            return name.equals("time") ? event.withTime(parse(value)) : event.withContextAttribute(name, value);
        }

        @Override
        public CloudEvent end(CloudEventData data) {
            return event.end(data);
        }

        @Override
        public CloudEvent end() {
            return event.end();
        }
    }
}
