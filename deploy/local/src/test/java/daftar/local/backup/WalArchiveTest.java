package daftar.local.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WalArchiveTest {
    @Test
    void findsTheFirstGapAlsoWhereTheUnitOfNamesEnds() {
        WalArchive archive = new WalArchive(List.of(
                "0000000100000000000000FD",
                "0000000100000000000000FE",
                "000000010000000100000000",
                "000000010000000100000001"));

        assertEquals(Optional.of("0000000100000000000000FF"), archive.firstMissing("0000000100000000000000FD"));
        assertEquals(Optional.empty(), archive.firstMissing("000000010000000100000000"));
    }

    @Test
    void aNewTimelineGoesOnWhereTheOldOneEnded() {
        WalArchive archive = new WalArchive(List.of(
                "000000010000000000000003",
                "000000010000000000000004",
                "000000020000000000000004",
                "000000020000000000000005"));

        assertEquals(Optional.empty(), archive.firstMissing("000000010000000000000003"));
        assertEquals(Optional.of("000000020000000000000005"), archive.newest());
    }

    @Test
    void nothingArchivedLacksTheFirstSegment() {
        assertEquals(
                Optional.of("000000010000000000000003"),
                new WalArchive(List.of()).firstMissing("000000010000000000000003"));
    }
}
