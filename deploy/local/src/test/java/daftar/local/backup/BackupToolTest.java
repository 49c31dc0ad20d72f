package daftar.local.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import daftar.local.StartFailure;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackupToolTest {
    @Test
    void aMissingToolIsToldInOneSentenceWithItsPackage() {
        StartFailure missing = assertThrows(StartFailure.class, () -> BackupTool.require("/nowhere:/none"));
        assertEquals(
                "Backups need Barman Cloud, which is not installed: apt-get install barman-cli-cloud.",
                missing.getMessage());
    }

    @Test
    void readsBarmansListAndLeavesOutWhatIsNotDone() {
        String list = """
                a warning of a library
                {"backups_list": [
                  {"backup_id": "2", "status": "DONE", "begin_time": "Thu Nov  5 23:00:00 2026",
                   "end_time": "Thu Nov  5 23:00:07 2026", "begin_wal": "00000001000000000000000B"},
                  {"backup_id": "3", "status": "FAILED", "begin_time": "Fri Nov  6 23:00:00 2026"},
                  {"backup_id": "1", "status": "DONE", "begin_time": "Wed Nov  4 23:00:00 2026",
                   "end_time": "Wed Nov  4 23:00:09 2026", "begin_wal": "000000010000000000000003"}]}""";

        assertEquals(
                List.of(
                        new Backup(
                                "1",
                                Instant.parse("2026-11-04T23:00:00Z"),
                                Instant.parse("2026-11-04T23:00:10Z"),
                                "000000010000000000000003"),
                        new Backup(
                                "2",
                                Instant.parse("2026-11-05T23:00:00Z"),
                                Instant.parse("2026-11-05T23:00:08Z"),
                                "00000001000000000000000B")),
                BackupTool.parse(list));
    }
}
