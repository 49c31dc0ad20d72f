package daftar.migrate.lint;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The examples of {@code deploy/docs/MIGRATIONS.md}: a file's name in bold, then its text. */
final class Guide {
    private static final Pattern EXAMPLE =
            Pattern.compile("\\*\\*`(V\\d+__\\w+\\.sql(?:\\.conf)?)`\\*\\*\\n\\n```\\w+\\n(.*?)```", Pattern.DOTALL);

    private final Map<String, String> texts = new LinkedHashMap<>();

    static Guide read() {
        Guide guide = new Guide();
        Matcher examples = EXAMPLE.matcher(Lint.read(Lint.ROOT.resolve("deploy/docs/MIGRATIONS.md")));
        while (examples.find()) {
            guide.texts.put(examples.group(1), examples.group(2));
        }
        return guide;
    }

    List<MigrationFile> scripts(String slice) {
        return texts.keySet().stream()
                .filter(name -> name.endsWith(".sql"))
                .map(name -> MigrationFile.of(
                        slice,
                        "MIGRATIONS.md/" + name,
                        texts.get(name),
                        Optional.ofNullable(texts.get(name + ".conf"))))
                .toList();
    }
}
