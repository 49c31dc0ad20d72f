package daftar.local;

import com.fasterxml.jackson.databind.JsonNode;
import daftar.local.replay.Api;
import daftar.local.stack.Addresses;
import daftar.local.stack.DataFolder;
import daftar.local.stack.Secrets;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code archive}: what an administrator asks of usage's archive. */
@Command(
        name = "archive",
        mixinStandardHelpOptions = true,
        description = "Months of usage logs that have left the database for S3.",
        usageHelpAutoWidth = true)
public final class Archive {
    private final PrintStream out = System.out;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "${env:DAFTAR_DATA}",
            scope = CommandLine.ScopeType.INHERIT,
            description = "data folder of the running system (default: the one that up chooses)")
    private Path data;

    private Archive() {}

    /** Exit status 0 when the service did what was asked, 1 when it did not, 2 for a wrong option. */
    public static void main(String[] arguments) {
        Archive archive = new Archive();
        CommandLine command = new CommandLine(archive);
        command.addSubcommand("run", archive.new Run());
        command.addSubcommand("list", archive.new Parts());
        command.addSubcommand("restore", archive.new Restore());
        command.setExecutionExceptionHandler(new Sentences());
        System.exit(command.execute(arguments));
    }

    private Api.Administrator administrator() {
        DataFolder folder = DataFolder.choose(Installation.find(), Optional.ofNullable(data));
        Addresses addresses = Addresses.of(folder);
        Secrets secrets = Secrets.of(folder);
        return new Api(addresses.get("identity"), addresses.get("usage"), secrets.get("replay_secret"))
                .administrator(secrets.get("administrator_password"));
    }

    /** The command {@code archive run}. */
    @Command(description = "Archives the months that are due; list tells how far it is.", usageHelpAutoWidth = true)
    private final class Run implements Callable<Integer> {
        @Parameters(paramLabel = "MONTH", arity = "0..1", description = "that month alone, as in 2024-05")
        private String month;

        @Override
        public Integer call() {
            boolean started = administrator().archive(month).path("started").asBoolean();
            out.println(started ? "started" : "another run is under way");
            return 0;
        }
    }

    /** The command {@code archive list}. */
    @Command(description = "Lists the archive's parts, newest month first.", usageHelpAutoWidth = true)
    private final class Parts implements Callable<Integer> {
        private static final String LINE = "%-8s %4s %-9s %8s %12s %14s %10s  %s%n";

        @Override
        public Integer call() {
            List<JsonNode> parts = administrator().archives();
            out.printf(LINE, "month", "part", "state", "attempt", "rows", "tokens_used", "bytes", "failure");
            for (JsonNode part : parts) {
                out.printf(
                        LINE,
                        part.path("month").asText(),
                        part.path("part").asText(),
                        part.path("state").asText(),
                        part.path("attempt").asText(),
                        part.path("rows").asText(),
                        part.path("tokens_used").asText(),
                        part.path("bytes").asText(),
                        part.path("failure").asText(""));
            }
            return 0;
        }
    }

    /** The command {@code archive restore}. */
    @Command(
            description = "Copies an archived month into the table usage.usage_logs_restored.",
            usageHelpAutoWidth = true)
    private final class Restore implements Callable<Integer> {
        @Parameters(paramLabel = "MONTH", description = "as in 2024-05")
        private String month;

        @Override
        public Integer call() {
            JsonNode restored = administrator().restore(month);
            out.println(restored.path("rows").asText() + " rows are in usage.usage_logs_restored; "
                    + restored.path("erased_rows").asText() + " are of erased persons and cannot be read");
            return 0;
        }
    }
}
