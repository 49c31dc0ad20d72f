package daftar.local;

import daftar.local.benchmark.Benchmark;
import daftar.local.stack.Addresses;
import daftar.local.stack.DataFolder;
import daftar.local.stack.Secrets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The second half of {@code usage-service/benchmark}: measures the system that its first half started. */
@Command(name = "benchmark", mixinStandardHelpOptions = true, usageHelpAutoWidth = true)
public final class UsageBenchmark implements Callable<Integer> {
    @Option(names = "--events", defaultValue = "200000", description = "events a round (default: ${DEFAULT-VALUE})")
    private int events;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description = "rounds that are measured (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--users", defaultValue = "1000", description = "pupils (default: ${DEFAULT-VALUE})")
    private int users;

    @Option(names = "--connections", defaultValue = "1", description = "that write (default: ${DEFAULT-VALUE})")
    private int connections;

    @Option(names = "--data", required = true, description = "data folder of the running system")
    private Path data;

    private UsageBenchmark() {}

    /** Exit status 0 when everything was counted once, 1 when something failed or differs. */
    public static void main(String[] arguments) {
        CommandLine command = new CommandLine(new UsageBenchmark());
        command.setExecutionExceptionHandler(new Sentences());
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        DataFolder folder = DataFolder.choose(Installation.find(), Optional.of(data));
        new Benchmark(Addresses.of(folder), Secrets.of(folder), folder, System.out)
                .run(new Benchmark.Size(events, rounds, users, connections));
        return 0;
    }
}
