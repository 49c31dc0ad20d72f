package daftar.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The examples of {@code deploy/docs/MIGRATIONS.md}, run from the first to the last over a table with rows. */
class GuideTest {
    private static final Pattern EXAMPLE =
            Pattern.compile("\\*\\*`(V\\d+__\\w+\\.sql(?:\\.conf)?)`\\*\\*\\n\\n```\\w+\\n(.*?)```", Pattern.DOTALL);

    @RegisterExtension
    final SliceDatabase database = new SliceDatabase();

    private final Settings settings = SliceDatabase.settings();

    @Test
    void theExamplesRunAsTheyStand() throws Exception {
        List<MatchResult> examples = examples();
        database.script(examples.get(0).group(1), examples.get(0).group(2));
        assertEquals(ExitCode.DONE, run(Phase.EXPAND).exitCode());
        database.sql("INSERT INTO usage.words (word) SELECT 'w' || n FROM generate_series(1, 5000) AS n;"
                + " INSERT INTO usage.notes (word_id, said_at) SELECT id, '2025-06-01' FROM usage.words");

        examples.forEach(example -> database.script(example.group(1), example.group(2)));
        settings.deployedVersion("1.3.0");
        settings.timeShareOfBackfill = 1;
        settings.backfills = List.of(
                new Filled("words_letters", "3", "UPDATE words SET letters = length(word)"),
                new Filled("words_term", "13", "UPDATE words SET term = word"));
        Report report = run(Phase.ALL);
        assertEquals(ExitCode.DONE, report.exitCode(), report::message);
        assertEquals(List.of(), report.pending());
        assertTrue(report.scripts().size() > 10);
        assertEquals("5000", database.says("SELECT count(*) FROM usage.words WHERE term = 'w' || id AND letters > 1"));
        assertEquals(
                "t",
                database.says("SELECT bool_and(convalidated) FROM pg_constraint"
                        + " WHERE connamespace = 'usage'::regnamespace"));
        assertEquals("0", database.says("SELECT count(*) FROM pg_inherits"));
    }

    @Test
    void eachReleaseReadsARenamedColumnAsTheOtherWroteIt() throws Exception {
        database.sql("SET search_path = usage;" + text("V1__words.sql") + text("V13__words_term.sql") + """
                INSERT INTO words (word) VALUES ('ink');
                INSERT INTO words (term) VALUES ('pen');
                UPDATE words SET word = 'quill' WHERE term = 'pen';
                UPDATE words SET term = 'paper' WHERE word = 'ink';
                UPDATE words SET id = DEFAULT WHERE word = 'quill';
                """);
        assertEquals(
                "paper paper, quill quill",
                database.says("SELECT string_agg(word || ' ' || term, ', ' ORDER BY word) FROM usage.words"));
    }

    private String text(String name) throws IOException {
        return examples().stream()
                .filter(example -> example.group(1).equals(name))
                .findFirst()
                .orElseThrow()
                .group(2);
    }

    private List<MatchResult> examples() throws IOException {
        return EXAMPLE.matcher(Files.readString(Installation.find().root().resolve("deploy/docs/MIGRATIONS.md")))
                .results()
                .toList();
    }

    private Report run(Phase phase) {
        return new Migration(database.slice(), settings).run(phase);
    }

    /** @param update without its condition */
    private record Filled(String name, String after, String update) implements Backfill {
        @Override
        public Optional<Batch> next(Connection connection, Optional<String> position, int rows) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(
                    "WITH batch AS ("
                            + "SELECT id FROM words WHERE id > ? ORDER BY id LIMIT ?), changed AS (" + update
                            + " FROM batch WHERE words.id = batch.id RETURNING words.id) SELECT max(id), count(*) FROM changed")) {
                statement.setLong(1, position.map(Long::parseLong).orElse(0L));
                statement.setInt(2, rows);
                try (ResultSet result = statement.executeQuery()) {
                    result.next();
                    return result.getLong(2) == 0
                            ? Optional.empty()
                            : Optional.of(new Batch(result.getString(1), result.getLong(2)));
                }
            }
        }
    }
}
