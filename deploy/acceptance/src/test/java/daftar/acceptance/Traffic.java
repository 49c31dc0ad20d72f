package daftar.acceptance;

import daftar.local.Installation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Usage to replay: the hour of a production LLM service that lies beside the repository
 * (AzureLLMInferenceTrace_conv, Azure Public Dataset, CC-BY), or, where it does not, as many rows of the
 * same form, made from a printed seed.
 */
record Traffic(Path file, long rows, long tokens) {

    private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSSS");

    static Traffic find() {
        Path real = Installation.find().root().resolveSibling("shared/data/llm-usage-conversations.csv.gz");
        return read(Files.exists(real) ? real : make());
    }

    private static Path make() {
        long seed = System.nanoTime();
        System.out.println("no real traffic beside the repository: made from seed " + seed);
        Random random = new Random(seed);
        try {
            Path file = Files.createTempFile("daftar-traffic", ".csv.gz");
            file.toFile().deleteOnExit();
            try (Writer writer =
                    new OutputStreamWriter(new GZIPOutputStream(Files.newOutputStream(file)), StandardCharsets.UTF_8)) {
                writer.write("TIMESTAMP,ContextTokens,GeneratedTokens\n");
                LocalDateTime time = LocalDateTime.of(2023, 11, 16, 18, 0);
                for (int row = 0; row < 19_366; row++) {
                    time = time.plusNanos(random.nextInt(400_000_000));
                    writer.write(
                            TIMESTAMP.format(time) + "," + random.nextInt(4000) + "," + random.nextInt(1000) + "\n");
                }
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Traffic read(Path file) {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            long rows = 0;
            long tokens = 0;
            lines.readLine();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.split(",", -1);
                rows++;
                tokens += Long.parseLong(fields[1]) + Long.parseLong(fields[2].strip());
            }
            return new Traffic(file, rows, tokens);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
