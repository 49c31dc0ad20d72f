package daftar.local;

import daftar.local.replay.ReplayRun;
import daftar.local.stack.Addresses;
import daftar.local.stack.DataFolder;
import daftar.local.stack.Progress;
import daftar.local.stack.Secrets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code replay}. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = "Plays a file of real traffic through the running system and compares what comes out of it with"
                + " the file. Playing it again changes nothing.",
        usageHelpAutoWidth = true)
public final class Replay implements Callable<Integer> {
    private static final int MOST_USERS = 999;

    @Parameters(
            paramLabel = "FILE",
            description = "gzip CSV with the columns TIMESTAMP (UTC), ContextTokens and GeneratedTokens")
    private Path file;

    @Option(
            names = "--users",
            paramLabel = "N",
            defaultValue = "40",
            description = "users that the rows are spread over, 1 to 999 (default: ${DEFAULT-VALUE})")
    private int users;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "${env:DAFTAR_DATA}",
            description = "data folder of the running system (default: the one that up chooses)")
    private Path data;

    private Replay() {}

    /** Exit status 0 when everything equals the file, 1 when something differs or failed, 2 for a wrong option. */
    public static void main(String[] arguments) {
        CommandLine command = new CommandLine(new Replay());
        command.setExecutionExceptionHandler(new Sentences());
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() {
        if (users < 1 || users > MOST_USERS) {
            throw new StartFailure("Between 1 and " + MOST_USERS + " users can share the rows, not " + users + ".");
        }
        DataFolder folder = DataFolder.choose(Installation.find(), Optional.ofNullable(data));
        Addresses addresses = Addresses.of(folder);
        boolean equal = new ReplayRun(addresses, Secrets.of(folder), new Progress(System.out))
                .run(file.toAbsolutePath(), users);
        return equal ? 0 : 1;
    }
}
