package daftar.local;

import daftar.local.backup.BackupSchedule;
import daftar.local.backup.Drill;
import daftar.local.process.Loopback;
import daftar.local.stack.Addresses;
import daftar.local.stack.DataFolder;
import daftar.local.stack.Progress;
import daftar.local.stack.RestoredService;
import daftar.local.stack.RunningBackups;
import daftar.local.stack.Secrets;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code drill}. */
@Command(
        name = "drill",
        mixinStandardHelpOptions = true,
        description =
                "Restores the running system's database to a random moment of the last day into a server of its own,"
                        + " verifies it, starts a service on it, takes it down again and records what was found.",
        usageHelpAutoWidth = true)
public final class RestoreDrill implements Callable<Integer> {
    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "draws the moment as an earlier drill did, where the same moments can be restored (default: a"
                    + " random one, which is printed)")
    private Long seed;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "${env:DAFTAR_DATA}",
            description = "data folder of the running system (default: the one that up chooses)")
    private Path data;

    private RestoreDrill() {}

    /** Exit status 0 when the drill passed, 1 when it failed, 2 for a wrong option. */
    public static void main(String[] arguments) {
        CommandLine command = new CommandLine(new RestoreDrill());
        command.setExecutionExceptionHandler(new Sentences());
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        BackupSchedule.requireTool();
        Installation installation = Installation.find();
        DataFolder folder = DataFolder.choose(installation, Optional.ofNullable(data));
        RunningBackups.requireBackups(Addresses.of(folder), folder);
        Progress progress = new Progress(System.out);
        try (FileChannel channel = FileChannel.open(
                        folder.run().resolve("drill.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock();
                RunningBackups backups = RunningBackups.of(installation, folder)) {
            if (lock == null) {
                throw new StartFailure("A drill is under way on " + folder.root() + ": wait for its end.");
            }
            Drill drill = new Drill(
                    backups.settings(),
                    folder.drill(),
                    Loopback.freePorts(1).get(0),
                    RestoredService.of(installation, folder, Secrets.of(folder)),
                    progress::say);
            return drill.run(seed == null ? new SecureRandom().nextInt(1_000_000) : seed) ? 0 : 1;
        }
    }
}
