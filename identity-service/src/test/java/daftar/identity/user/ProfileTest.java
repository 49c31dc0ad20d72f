package daftar.identity.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProfileTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The cases of RFC 7396 appendix A whose target and patch are objects. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":\"b\"}            | {\"a\":\"c\"}                     | {\"a\":\"c\"}",
                "{\"a\":\"b\"}            | {\"b\":\"c\"}                     | {\"a\":\"b\",\"b\":\"c\"}",
                "{\"a\":\"b\"}            | {\"a\":null}                      | {}",
                "{\"a\":\"b\",\"b\":\"c\"} | {\"a\":null}                     | {\"b\":\"c\"}",
                "{\"a\":[\"b\"]}          | {\"a\":\"c\"}                     | {\"a\":\"c\"}",
                "{\"a\":\"c\"}            | {\"a\":[\"b\"]}                   | {\"a\":[\"b\"]}",
                "{\"a\":{\"b\":\"c\"}}    | {\"a\":{\"b\":\"d\",\"c\":null}}  | {\"a\":{\"b\":\"d\"}}",
                "{\"a\":[{\"b\":\"c\"}]}  | {\"a\":[1]}                       | {\"a\":[1]}",
                "{\"e\":null}             | {\"a\":1}                         | {\"e\":null,\"a\":1}",
                "{}                       | {\"a\":{\"bb\":{\"ccc\":null}}}   | {\"a\":{\"bb\":{}}}"
            })
    void mergesAsTheStandardSays(String target, String patch, String result) throws JsonProcessingException {
        ObjectNode before = object(target);
        assertEquals(object(result), Profile.merge(before, object(patch)));
        assertEquals(object(target), before, "the target itself stays");
    }

    @Test
    void takesEightKibibytesAndNotOneMore() throws JsonProcessingException {
        int frame = "{\"a\":\"\"}".length();
        assertTrue(Profile.complaint(object("{\"a\":\"" + "x".repeat(8192 - frame) + "\"}"))
                .isEmpty());
        assertTrue(Profile.complaint(object("{\"a\":\"" + "x".repeat(8193 - frame) + "\"}"))
                .isPresent());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"a\":\"\\u0000\"}",
                "{\"\\u0000\":1}",
                "[{\"a\":[{\"b\":\"\\ud800\"}]}]",
                "{\"a\":{\"b\":1e400}}"
            })
    void refusesWhatTheDatabaseCannotHold(String profile) throws JsonProcessingException {
        String object = profile.startsWith("[") ? "{\"list\":" + profile + "}" : profile;
        assertTrue(Profile.complaint(object(object)).isPresent());
    }

    private static ObjectNode object(String json) throws JsonProcessingException {
        return (ObjectNode) JSON.readTree(json);
    }
}
