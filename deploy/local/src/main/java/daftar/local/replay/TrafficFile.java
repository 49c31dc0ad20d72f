package daftar.local.replay;

import daftar.local.StartFailure;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Requests of a production LLM service, as the Azure Public Dataset publishes them: gzip CSV with the columns TIMESTAMP
 * (UTC), ContextTokens and GeneratedTokens.
 *
 * @param sha256 of the file's bytes, lower-case hex: what every id of a replay is derived from
 * @param rows in the file's order
 */
record TrafficFile(String sha256, List<Row> rows) {
    /** To be shown wherever the data is. */
    static final String LICENCE = "AzureLLMInferenceTrace_conv, Azure Public Dataset, CC-BY";

    private static final String HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens";

    /**
     * One request.
     *
     * @param number from 1, without the header
     * @param contextTokens read by the model, not negative
     * @param generatedTokens written by the model, not negative
     */
    record Row(int number, Instant timestamp, int contextTokens, int generatedTokens) {
        int tokensUsed() {
            return Math.addExact(contextTokens, generatedTokens);
        }
    }

    static TrafficFile read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new StartFailure("Cannot read " + file + ": name a gzip CSV file that exists.", e);
        }
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(new ByteArrayInputStream(bytes)), StandardCharsets.UTF_8))) {
            String header = lines.readLine();
            if (header == null || !header.strip().equals(HEADER)) {
                throw new StartFailure(file + " does not begin with " + HEADER + ": name a trace in that form.");
            }
            List<Row> rows = new ArrayList<>();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.isBlank()) {
                    rows.add(row(file, rows.size() + 1, line));
                }
            }
            if (rows.isEmpty()) {
                throw new StartFailure(file + " holds no request: name a trace with rows.");
            }
            return new TrafficFile(HexFormat.of().formatHex(digest(bytes)), List.copyOf(rows));
        } catch (IOException e) {
            throw new StartFailure(file + " is no gzip file that can be read whole: " + e.getMessage() + ".", e);
        }
    }

    long tokensUsed() {
        return rows.stream().mapToLong(Row::tokensUsed).sum();
    }

    Instant earliest() {
        return rows.stream().map(Row::timestamp).min(Instant::compareTo).orElseThrow();
    }

    Instant latest() {
        return rows.stream().map(Row::timestamp).max(Instant::compareTo).orElseThrow();
    }

    private static Row row(Path file, int number, String line) {
        String[] cells = line.strip().split(",", -1);
        try {
            if (cells.length == 3) {
                Row row = new Row(
                        number,
                        LocalDateTime.parse(cells[0].replace(' ', 'T')).toInstant(ZoneOffset.UTC),
                        Integer.parseInt(cells[1]),
                        Integer.parseInt(cells[2]));
                if (row.contextTokens() >= 0 && row.generatedTokens() >= 0 && row.tokensUsed() >= 0) {
                    return row;
                }
            }
        } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
            throw new StartFailure(malformed(file, number), e);
        }
        throw new StartFailure(malformed(file, number));
    }

    private static String malformed(Path file, int number) {
        return file + ": row " + number + " is not a UTC time and two counts of tokens; nothing was published.";
    }

    private static byte[] digest(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
