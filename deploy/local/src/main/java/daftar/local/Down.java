package daftar.local;

import daftar.local.stack.DataFolder;
import daftar.local.stack.Progress;
import daftar.local.stack.Shutdown;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code down}. */
@Command(
        name = "down",
        mixinStandardHelpOptions = true,
        description = "Stops the system that runs on a data folder; its data stays.",
        usageHelpAutoWidth = true)
public final class Down implements Callable<Integer> {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "${env:DAFTAR_DATA}",
            description = "data folder (default: the one that up chooses)")
    private Path data;

    private Down() {}

    /** Exit status 0 when nothing runs any more. */
    public static void main(String[] arguments) {
        CommandLine command = new CommandLine(new Down());
        command.setExecutionExceptionHandler(new Sentences());
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() {
        Installation installation = Installation.find();
        DataFolder folder = DataFolder.choose(installation, Optional.ofNullable(data));
        return Shutdown.of(installation, folder, new Progress(System.out));
    }
}
