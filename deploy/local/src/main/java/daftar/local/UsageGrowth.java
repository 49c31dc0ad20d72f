package daftar.local;

import daftar.local.growth.Growth;
import daftar.local.stack.Addresses;
import daftar.local.stack.DataFolder;
import daftar.local.stack.Secrets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The second half of {@code usage-service/growth-benchmark}: fills and measures the system that its first half started. */
@Command(name = "growth-benchmark", mixinStandardHelpOptions = true, usageHelpAutoWidth = true)
public final class UsageGrowth implements Callable<Integer> {
    private static final List<Long> SIZES = List.of(100_000L, 1_000_000L, 10_000_000L);
    private static final long LARGEST = 100_000_000;
    private static final long UNLESS_ASKED_FOR = 10_000_000;

    @Option(
            names = "--largest",
            description = "go on to 100,000,000 rows: some 45 GB of disk for primary and replica, an hour or more")
    private boolean largest;

    @Option(names = "--up-to", paramLabel = "ROWS", description = "stop after this size (default: 10,000,000)")
    private Long upTo;

    @Option(names = "--data", required = true, description = "data folder of the running system")
    private Path data;

    private UsageGrowth() {}

    /** Exit status 0 when everything was measured, 1 when something failed. */
    public static void main(String[] arguments) {
        CommandLine command = new CommandLine(new UsageGrowth());
        command.setExecutionExceptionHandler(new Sentences());
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        DataFolder folder = DataFolder.choose(Installation.find(), Optional.of(data));
        long last = upTo != null ? upTo : largest ? LARGEST : UNLESS_ASKED_FOR;
        List<Long> sizes = Stream.concat(SIZES.stream().filter(size -> size < last), Stream.of(last))
                .toList();
        new Growth(Addresses.of(folder), Secrets.of(folder), System.out).run(sizes);
        return 0;
    }
}
