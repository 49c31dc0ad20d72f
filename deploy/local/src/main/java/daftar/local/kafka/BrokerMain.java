package daftar.local.kafka;

import java.nio.file.Files;
import java.nio.file.Path;

/** The broker's main class: formats the folder at the first start and runs the broker in the same JVM, saving a second one. */
final class BrokerMain {
    private BrokerMain() {}

    /**
     * Runs until the process is told to end.
     *
     * @param arguments the broker's settings file, its log folder and the cluster's id
     */
    public static void main(String[] arguments) {
        String settings = arguments[0];
        if (!Files.exists(Path.of(arguments[1], "meta.properties"))) {
            String[] format = {"format", "--ignore-formatted", "-t", arguments[2], "-c", settings};
            int exit = kafka.tools.StorageTool.execute(format, System.out);
            if (exit != 0) {
                System.exit(exit);
            }
        }
        kafka.Kafka.main(new String[] {settings});
    }
}
