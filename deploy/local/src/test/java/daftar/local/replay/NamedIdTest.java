package daftar.local.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class NamedIdTest {
    /** Expected values computed by another implementation, Python's {@code uuid.uuid5(uuid.NAMESPACE_URL, name)}. */
    @Test
    void equalsWhatAnotherImplementationOfVersion5Makes() {
        assertEquals(
                UUID.fromString("de45b713-f286-5523-80bb-9ba9f840c6ad"), NamedId.of("urn:daftar:replay:abc:40:row:1"));
        assertEquals(UUID.fromString("2d32a3f1-fac2-52a6-ac52-fe9e87e628ea"), NamedId.of("http://www.example.com"));
    }
}
