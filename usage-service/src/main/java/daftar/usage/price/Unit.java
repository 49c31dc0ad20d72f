package daftar.usage.price;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** What a price is for. */
public enum Unit {
    /** A token that a model reads. */
    @JsonProperty("input_token")
    INPUT_TOKEN,
    /** A token that a model writes. */
    @JsonProperty("output_token")
    OUTPUT_TOKEN,
    /** Any token, where an event or a price does not tell input and output apart. */
    @JsonProperty("token")
    TOKEN,
    /** A second of speech, heard or spoken. */
    @JsonProperty("speech_second")
    SPEECH_SECOND;

    /** The name in the table and in JSON. */
    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Unit parse(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
