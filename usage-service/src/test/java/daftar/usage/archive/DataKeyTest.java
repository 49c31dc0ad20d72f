package daftar.usage.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.security.GeneralSecurityException;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DataKeyTest {

    private static final String TEXT = "d3JhcHMgdGhlIGFyY2hpdmUncyBrZXlzIGluIHRlc3Q=";

    private final LocalDateTime time = LocalDateTime.parse("2018-01-02T03:04:05.000006");
    private final ArchivedRow row = new ArchivedRow(
            UUID.randomUUID(),
            UUID.randomUUID(),
            "tutor",
            7,
            null,
            time,
            new BigDecimal("0.000250"),
            "small",
            3,
            4,
            "{\"a\": 1}");
    private final KeyEncryptionKey encryption = KeyEncryptionKey.read(TEXT, false);
    private final DataKey key = DataKey.random();

    @Test
    void opensWhatItSealed() throws Exception {
        assertEquals(row, key.open(time, key.seal(row)));
    }

    @Test
    void sealsTheSameRowDifferentlyEachTime() {
        assertFalse(Arrays.equals(key.seal(row), key.seal(row)));
    }

    @Test
    void refusesAnotherTimeAnotherKeyAndAnyFlippedBit() {
        byte[] sealed = key.seal(row);
        assertThrows(GeneralSecurityException.class, () -> key.open(time.plusNanos(1000), sealed));
        assertThrows(GeneralSecurityException.class, () -> DataKey.random().open(time, sealed));
        for (int i = 0; i < sealed.length; i++) {
            byte[] flipped = sealed.clone();
            flipped[i] ^= 1;
            assertThrows(GeneralSecurityException.class, () -> key.open(time, flipped));
        }
        assertThrows(GeneralSecurityException.class, () -> key.open(time, new byte[3]));
    }

    @Test
    void isUnwrappedUnderItsOwnIdAlone() throws Exception {
        byte[] wrapped = key.wrapped(encryption);
        byte[] sealed = key.seal(row);
        assertEquals(row, DataKey.unwrap(encryption, key.id(), wrapped).open(time, sealed));
        assertThrows(GeneralSecurityException.class, () -> DataKey.unwrap(encryption, UUID.randomUUID(), wrapped));
        KeyEncryptionKey other = KeyEncryptionKey.read("b3RoZXIga2V5LCBhbHNvIG9mIDMyIGNoYXJhY3RlcnM=", false);
        assertThrows(GeneralSecurityException.class, () -> DataKey.unwrap(other, key.id(), wrapped));
    }

    @Test
    void productionRefusesAKeyThatWasTyped() {
        assertThrows(IllegalStateException.class, () -> KeyEncryptionKey.read(TEXT, true));
        assertThrows(IllegalStateException.class, () -> KeyEncryptionKey.read("c2hvcnQ=", false));
        assertThrows(IllegalStateException.class, () -> KeyEncryptionKey.read("no base64", false));
    }

    @Test
    void totalsTellRowsApartWhateverTheirOrder() {
        ArchivedRow other = new ArchivedRow(
                UUID.randomUUID(),
                row.sessionId(),
                "chat",
                1,
                2,
                time.plusDays(1),
                new BigDecimal("1.000000"),
                null,
                null,
                null,
                null);
        Totals.Adding one = new Totals.Adding();
        one.add(key.id(), row);
        one.add(key.id(), other);
        Totals.Adding two = new Totals.Adding();
        two.add(key.id(), other);
        two.add(key.id(), row);
        assertEquals(one.totals(), two.totals());
        assertEquals(8, one.totals().tokensUsed());
        assertEquals(new BigDecimal("1.000250"), one.totals().costUsd());

        Totals.Adding ofAnotherUser = new Totals.Adding();
        ofAnotherUser.add(DataKey.random().id(), row);
        ofAnotherUser.add(key.id(), other);
        assertTrue(!one.totals().equals(ofAnotherUser.totals()));
    }

    @Test
    void aRowIsWrittenTheSameWayEachTime() {
        assertArrayEquals(row.content(), row.content());
    }
}
