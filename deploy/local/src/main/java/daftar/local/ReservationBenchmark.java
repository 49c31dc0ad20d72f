package daftar.local;

import daftar.local.benchmark.ReservationRun;
import daftar.local.stack.Addresses;
import daftar.local.stack.DataFolder;
import daftar.local.stack.Secrets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The second half of {@code usage-service/reservation-benchmark}: measures the system that its first half started. */
@Command(name = "reservation-benchmark", mixinStandardHelpOptions = true, usageHelpAutoWidth = true)
public final class ReservationBenchmark implements Callable<Integer> {
    @Option(names = "--rate", defaultValue = "200", description = "reservations a second (default: ${DEFAULT-VALUE})")
    private int rate;

    @Option(names = "--seconds", defaultValue = "30", description = "that are measured (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(names = "--users", defaultValue = "1000", description = "pupils (default: ${DEFAULT-VALUE})")
    private int users;

    @Option(names = "--data", required = true, description = "data folder of the running system")
    private Path data;

    private ReservationBenchmark() {}

    /** Exit status 0 when every reservation was granted as it should be, 1 when something failed or differs. */
    public static void main(String[] arguments) {
        CommandLine command = new CommandLine(new ReservationBenchmark());
        command.setExecutionExceptionHandler(new Sentences());
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        DataFolder folder = DataFolder.choose(Installation.find(), Optional.of(data));
        new ReservationRun(Addresses.of(folder), Secrets.of(folder), System.out)
                .run(new ReservationRun.Size(rate, seconds, users));
        return 0;
    }
}
