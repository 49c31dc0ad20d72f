package daftar.local.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.StartFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrafficFileTest {
    private static final String HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n";

    @TempDir
    private Path folder;

    @Test
    void readsRowsWithTimesInUtcWhateverTheZoneOfThisMachine() throws IOException {
        TrafficFile file = TrafficFile.read(
                gzip(HEADER + "2023-11-16 18:15:46.6805900,374,44\r\n" + "2023-11-16 18:15:50.9951690,396,109\r\n"));
        assertEquals(2, file.rows().size());
        assertEquals(
                new TrafficFile.Row(1, Instant.parse("2023-11-16T18:15:46.680590Z"), 374, 44),
                file.rows().get(0));
        assertEquals(374 + 44 + 396 + 109, file.tokensUsed());
        assertEquals(Instant.parse("2023-11-16T18:15:50.995169Z"), file.latest());
    }

    @Test
    void sameBytesHaveTheSameNameAndOthersAnother() throws IOException {
        Path one = gzip(HEADER + "2023-11-16 18:15:46.6805900,374,44\n");
        String name = TrafficFile.read(one).sha256();
        assertEquals(name, TrafficFile.read(one).sha256());
        String other = TrafficFile.read(gzip(HEADER + "2023-11-16 18:15:46.6805900,374,45\n"))
                .sha256();
        assertTrue(!name.equals(other) && name.length() == 64, () -> name + " " + other);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2023-11-16 18:15:46.68,374",
                "2023-11-16 18:15:46.68,374,-1",
                "2023-11-16 18:15:46.68,374,many",
                "2023-13-16 18:15:46.68,374,44",
                "2023-11-16 18:15:46.68,2147483647,1"
            })
    void rejectsAMalformedRowNamingItsNumber(String row) throws IOException {
        Path file = gzip(HEADER + "2023-11-16 18:15:46.68,374,44\n" + row + "\n");
        StartFailure refused = assertThrows(StartFailure.class, () -> TrafficFile.read(file));
        assertTrue(refused.getMessage().contains("row 2 "), refused::getMessage);
    }

    @Test
    void rejectsWhatIsNoTrace() throws IOException {
        Path plain = Files.writeString(folder.resolve("plain.csv"), HEADER);
        assertThrows(StartFailure.class, () -> TrafficFile.read(plain));
        Path other = gzip("a,b,c\n1,2,3\n");
        assertThrows(StartFailure.class, () -> TrafficFile.read(other));
        Path empty = gzip(HEADER);
        assertThrows(StartFailure.class, () -> TrafficFile.read(empty));
        assertThrows(StartFailure.class, () -> TrafficFile.read(folder.resolve("absent")));
    }

    private Path gzip(String text) throws IOException {
        Path file = folder.resolve("trace.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }
}
