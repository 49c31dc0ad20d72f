package daftar.migrate;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What the command was asked for. */
final class CommandLine {
    static final String HELP = """
            Migrates the slice of the service whose jars are on the class path.

              --phase expand|backfill|contract|all
                                      what to run: expand before a roll-out, backfill after it, contract once no
                                      older instance is left; all of them on a machine where nothing else runs
              --status                say what has yet to run, and change nothing
              --deployed-version V    the release that the roll-out has brought everywhere; contract scripts ask for it
              --override GUARD=REASON go on in spite of a guard: role, primary, pooler, long-transaction, replica-lag,
                                      base-backup. The reason is logged and reported
              --report FILE           write what was done as JSON
              --metrics FILE          write daftar_migration_* for Prometheus's text-file collector
              --help

            Environment: DAFTAR_PRIMARY_URL, postgresql://host:port/database, the primary's own address and no pooler's;
            DAFTAR_OWNER_PASSWORD, of the role <slice>_owner.

            Exit status: 0 done, 1 a script or back-fill failed, 2 misused, 3 refused by a guard or gate, 4 a lock was not
            to be had, 5 another migrator runs, 7 (of --status) something is pending.
            """;

    private Optional<Phase> phase = Optional.empty();
    private boolean status;
    private boolean help;
    private Optional<String> deployedVersion = Optional.empty();
    private final Map<Guard, String> overrides = new EnumMap<>(Guard.class);
    private Optional<Path> reportFile = Optional.empty();
    private Optional<Path> metricsFile = Optional.empty();

    private CommandLine() {}

    /** A command line that makes no sense; the message says which part. */
    static final class Misused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Misused(String sentence) {
            super(sentence);
        }
    }

    static CommandLine of(String... arguments) {
        CommandLine line = new CommandLine();
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--help" -> line.help = true;
                case "--status" -> line.status = true;
                case "--phase" -> line.phase = Optional.of(phase(value(arguments, ++i)));
                case "--deployed-version" -> line.deployedVersion = Optional.of(version(value(arguments, ++i)));
                case "--override" -> line.addOverride(value(arguments, ++i));
                case "--report" ->
                    line.reportFile = Optional.of(Path.of(value(arguments, ++i)).toAbsolutePath());
                case "--metrics" ->
                    line.metricsFile =
                            Optional.of(Path.of(value(arguments, ++i)).toAbsolutePath());
                default -> throw new Misused("There is no option " + arguments[i] + ": see --help.");
            }
        }
        if (!line.help && line.status == line.phase.isPresent()) {
            throw new Misused("Say either --phase or --status: see --help.");
        }
        return line;
    }

    Settings applyTo(Settings settings) {
        deployedVersion.ifPresent(settings::deployedVersion);
        overrides.forEach(settings::override);
        return settings;
    }

    Phase phase() {
        return phase.orElseThrow();
    }

    boolean status() {
        return status;
    }

    boolean help() {
        return help;
    }

    Optional<Path> reportFile() {
        return reportFile;
    }

    Optional<Path> metricsFile() {
        return metricsFile;
    }

    private void addOverride(String text) {
        int equals = text.indexOf('=');
        if (equals < 0 || text.substring(equals + 1).isBlank()) {
            throw new Misused("An override needs a reason: --override " + text + "='why it is safe'.");
        }
        Guard guard = Guard.of(text.substring(0, equals))
                .orElseThrow(() -> new Misused("There is no guard " + text.substring(0, equals) + ": see --help."));
        overrides.put(guard, text.substring(equals + 1));
    }

    private static Phase phase(String word) {
        return Stream.of(Phase.values())
                .filter(phase -> phase.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new Misused("There is no phase " + word + ": see --help."));
    }

    private static String version(String text) {
        if (AppVersion.of(text).isEmpty()) {
            throw new Misused(text + " is no version such as 1.2.0.");
        }
        return text;
    }

    private static String value(String[] arguments, int index) {
        if (index >= arguments.length) {
            throw new Misused(arguments[index - 1] + " needs a value: see --help.");
        }
        return arguments[index];
    }
}
