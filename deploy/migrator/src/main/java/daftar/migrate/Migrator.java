package daftar.migrate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/**
 * The command that migrates a packaged service's slice, with the service's own jars and without starting the service:
 *
 * <pre>java -cp 'app/*:lib/main/*' daftar.migrate.Migrator --phase expand</pre>
 */
public final class Migrator {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, String> environment;
    private final PrintStream out;
    private final Clock clock;

    private Migrator(Map<String, String> environment, PrintStream out, Clock clock) {
        this.environment = environment;
        this.out = out;
        this.clock = clock;
    }

    /** Runs the command line and ends the process with one of {@link ExitCode}'s numbers. */
    public static void main(String[] arguments) {
        System.exit(run(arguments, System.getenv(), System.out).number());
    }

    /** The command without the end of the process. */
    static ExitCode run(String[] arguments, Map<String, String> environment, PrintStream out) {
        return new Migrator(environment, out, Clock.systemUTC()).run(arguments);
    }

    /** The release that this code belongs to, as the build knows it. */
    public static String release() {
        return properties("/daftar/migrate/build.properties").getProperty("version");
    }

    private ExitCode run(String[] arguments) {
        try {
            CommandLine line = CommandLine.of(arguments);
            if (line.help()) {
                out.print(CommandLine.HELP);
                return ExitCode.DONE;
            }
            Migration migration =
                    new Migration(slice(), line.applyTo(Settings.defaults().log(this::say)));
            Report report = line.status() ? migration.status() : migration.run(line.phase());
            tell(report, line);
            return report.exitCode();
        } catch (CommandLine.Misused e) {
            say(e.getMessage());
            return ExitCode.USAGE;
        }
    }

    private void tell(Report report, CommandLine line) {
        line.reportFile().ifPresent(file -> write(file, report.json()));
        line.metricsFile().ifPresent(file -> write(file, report.metrics()));
        if (line.status()) {
            out.println(report.json());
        } else if (report.exitCode() == ExitCode.DONE) {
            say(report.scripts().size() + " scripts applied, "
                    + report.pending().size() + " pending");
        }
        if (!report.message().isEmpty()) {
            say(report.message());
        }
    }

    private Slice slice() {
        String slice = properties("/application.properties").getProperty("daftar.service");
        if (slice == null) {
            throw new CommandLine.Misused(
                    "No service is on the class path: run java -cp 'app/*:lib/main/*' in the packaged service's folder.");
        }
        return new Slice(
                slice,
                "jdbc:" + required("DAFTAR_PRIMARY_URL"),
                required("DAFTAR_OWNER_PASSWORD"),
                Scripts.ofClassPath());
    }

    private String required(String variable) {
        String value = environment.get(variable);
        if (value == null || value.isBlank()) {
            throw new CommandLine.Misused("The environment lacks " + variable + ".");
        }
        return value;
    }

    /** One JSON object a line, as the services log. */
    private void say(String sentence) {
        Map<String, String> line = new LinkedHashMap<>();
        line.put("timestamp", clock.instant().toString());
        line.put("loggerName", "daftar.migrate");
        line.put("message", sentence);
        try {
            out.println(JSON.writeValueAsString(line));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whole or not at all: a collector may read at any moment. */
    private static void write(Path file, String text) {
        try {
            Path fresh = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(fresh, text);
            Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Properties properties(String resource) {
        Properties properties = new Properties();
        try (InputStream file = Migrator.class.getResourceAsStream(resource)) {
            if (file != null) {
                properties.load(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }
}
