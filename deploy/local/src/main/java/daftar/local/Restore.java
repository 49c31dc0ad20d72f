package daftar.local;

import daftar.local.backup.BackupSchedule;
import daftar.local.backup.RestoredDatabase;
import daftar.local.process.Loopback;
import daftar.local.stack.BackupParts;
import daftar.local.stack.DataFolder;
import daftar.local.stack.Progress;
import daftar.local.stack.RunningBackups;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code restore}. */
@Command(
        name = "restore",
        mixinStandardHelpOptions = true,
        description = "Restores the database to a moment, into a server beside the running one. Nothing that runs is"
                + " stopped or changed by it.",
        usageHelpAutoWidth = true)
public final class Restore implements Callable<Integer> {
    private static final String LATEST = "latest";

    /** What to do; one of them. */
    private static final class Deed {
        @Option(
                names = "--to",
                paramLabel = "TIME",
                description = "restore to this moment, RFC 3339 with its offset, for example 2026-11-25T21:40:00Z, or"
                        + " 'latest'")
        private String to;

        @Option(
                names = "--replace",
                description =
                        "make what was restored the system's data; the system must be down, and its old data is kept")
        private boolean replace;

        @Option(names = "--drop", description = "stop the restored server and delete its data")
        private boolean drop;
    }

    @ArgGroup(multiplicity = "1")
    private Deed deed;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "15442",
            description = "of the restored server (default: ${DEFAULT-VALUE})")
    private int port;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "${env:DAFTAR_DATA}",
            description = "data folder (default: the one that up chooses)")
    private Path data;

    private Restore() {}

    /** Exit status 0 when it was done and everything verified, 1 when not, 2 for a wrong option. */
    public static void main(String[] arguments) {
        CommandLine command = new CommandLine(new Restore());
        command.setExecutionExceptionHandler(new Sentences());
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() {
        Optional<Instant> moment = Optional.ofNullable(deed.to)
                .filter(text -> !text.equals(LATEST))
                .map(Restore::parse);
        BackupSchedule.requireTool();
        Installation installation = Installation.find();
        DataFolder folder = DataFolder.choose(installation, Optional.ofNullable(data));
        Progress progress = new Progress(System.out);
        if (deed.replace && RunningBackups.anythingRuns(folder)) {
            throw new StartFailure("The system runs on " + folder.root() + ": deploy/local/down first.");
        }
        try (RunningBackups backups = RunningBackups.of(installation, folder)) {
            RestoredDatabase database =
                    new RestoredDatabase(backups.settings(), folder.restored(), port, progress::say);
            if (deed.drop) {
                database.drop();
                progress.say("stopped and deleted");
                return 0;
            }
            return deed.replace ? replace(database, folder, progress) : restore(database, moment, progress);
        }
    }

    private int restore(RestoredDatabase database, Optional<Instant> moment, Progress progress) {
        database.drop();
        if (!Loopback.isFree(port)) {
            throw new StartFailure("Port " + port + " is in use: choose another one with --port.");
        }
        boolean sound = database.restore(moment);
        progress.say(sound ? "restored and verified" : "RESTORED, BUT NOT SOUND: see what failed above");
        progress.print("""

                It runs on postgresql://127.0.0.1:%d/daftar, roles and passwords as in the system.
                Look at it, take rows from it, then either
                  ./deploy/local/restore --drop        stops it and deletes it, or
                  ./deploy/local/down && ./deploy/local/restore --replace && ./deploy/local/up --backups
                                                       makes it the system's data; the old data is kept.""".formatted(port));
        return sound ? 0 : 1;
    }

    private static int replace(RestoredDatabase database, DataFolder folder, Progress progress) {
        Optional<Path> old = database.replace(BackupParts.restoredTo(folder));
        progress.say("the restored data is the system's now"
                + old.map(data -> "; the old data lies in " + data).orElse(""));
        progress.print(
                "Start with ./deploy/local/up --backups: it makes the replica and a backup anew, and the consumers read"
                        + " again what the database has not seen.");
        return 0;
    }

    private static Instant parse(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw new StartFailure(
                    "'" + text + "' is no moment: write it with its offset, as 2026-11-25T21:40:00Z or"
                            + " 2026-11-25T23:40:00+02:00, or 'latest'.",
                    e);
        }
    }
}
