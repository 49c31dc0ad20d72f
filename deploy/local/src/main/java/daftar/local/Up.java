package daftar.local;

import daftar.local.stack.DataFolder;
import daftar.local.stack.Detached;
import daftar.local.stack.Launch;
import daftar.local.stack.Progress;
import daftar.local.stack.StackOptions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command {@code up}. */
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = "Starts the whole system on this machine and keeps it running until Ctrl-C or deploy/local/down.",
        usageHelpAutoWidth = true)
public final class Up implements Callable<Integer> {
    private static final String DETACH = "--detach";

    @Mixin
    private StackOptions options = new StackOptions();

    @Option(names = DETACH, description = "return as soon as everything is ready and leave it running")
    private boolean detach;

    private final List<String> arguments;

    private Up(List<String> arguments) {
        this.arguments = arguments;
    }

    /** Exit status 0 when the system ran (or runs already), 1 when it could not start, 2 for a wrong option. */
    public static void main(String[] arguments) {
        CommandLine command = new CommandLine(new Up(Arrays.asList(arguments)));
        command.setExecutionExceptionHandler(new Sentences());
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() {
        Installation installation = Installation.find();
        DataFolder folder = DataFolder.choose(installation, options.data());
        Progress progress = new Progress(System.out);
        if (detach) {
            List<String> rest =
                    arguments.stream().filter(word -> !word.equals(DETACH)).toList();
            return Detached.start(installation, folder, rest, progress);
        }
        Installation chosen = options.java().map(installation::withJava).orElse(installation);
        return new Launch(chosen, options, folder, progress).run();
    }
}
