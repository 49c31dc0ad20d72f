package daftar.local.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import daftar.local.TestFolder;
import daftar.local.process.LocalProcess;
import daftar.local.process.Loopback;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The commands as processes, with the parts alone: the services have tests of their own. */
class UpTest {
    private final DataFolder folder = new DataFolder(TestFolder.fresh("up"));
    private final List<Integer> ports = Loopback.freePorts(5);

    @BeforeEach
    void makeTheFolderOneOfOurs() {
        TestFolder.delete(folder.root());
    }

    @AfterEach
    void stopEverything() {
        command("Down", "--data", folder.root().toString());
        TestFolder.delete(folder.root());
    }

    @Test
    void startsOnceSaysSoTheSecondTimeAndStops() {
        LocalProcess.Output first = up();
        assertEquals(0, first.exit(), first::text);
        assertTrue(first.text().contains("everything is ready"), first::text);
        long launcher = folder.launcher().orElseThrow().pid();
        assertEquals(4, running().size(), () -> running().toString());

        LocalProcess.Output second = up();
        assertEquals(0, second.exit(), second::text);
        assertTrue(
                second.text().contains("already running on " + folder.root() + " (pid " + launcher + ")"),
                second::text);

        LocalProcess.Output down = command("Down", "--data", folder.root().toString());
        assertEquals(0, down.exit(), down::text);
        assertEquals(List.of(), running());
        assertTrue(ports.stream().allMatch(Loopback::isFree));
    }

    @Test
    void survivesTheDeathOfItsLauncherAndForgetsOnlyWhenTold() throws Exception {
        assertEquals(0, up().exit());
        write();
        List<Long> orphans = running();
        folder.launcher().orElseThrow().kill();
        assertEquals(orphans, running(), "the children live on");

        LocalProcess.Output again = up();
        assertEquals(0, again.exit(), again::text);
        assertTrue(
                again.text().contains("stopped what the last run left behind: kafka, s3, postgres-replica"),
                again::text);
        assertTrue(running().stream().noneMatch(orphans::contains));
        assertEquals(1, count(), "data survived");
        String secrets = Files.readString(folder.secrets());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.secrets())));
        command("Down", "--data", folder.root().toString());

        LocalProcess.Output fresh = up("--fresh");
        assertEquals(0, fresh.exit(), fresh::text);
        assertEquals(0, count(), "data is forgotten");
        assertNotEquals(secrets, Files.readString(folder.secrets()));
    }

    @Test
    void namesThePortInUseBeforeAnythingStarts() throws IOException {
        try (ServerSocket taken = new ServerSocket(ports.get(2), 1, InetAddress.getLoopbackAddress())) {
            LocalProcess.Output refused = up();
            assertEquals(1, refused.exit(), refused::text);
            assertTrue(
                    refused.text().contains("Port " + taken.getLocalPort() + " of Kafka (--kafka-port) in use"),
                    refused::text);
        }
        assertEquals(List.of(), running());
        assertFalse(Files.exists(folder.postgres().resolve("primary")));
    }

    @Test
    void refusesAFolderThatHoldsSomethingElse() throws IOException {
        Files.createDirectories(folder.root());
        Path foreign = Files.writeString(folder.root().resolve("thesis.txt"), "years of work");
        LocalProcess.Output refused = up("--fresh");
        assertEquals(1, refused.exit(), refused::text);
        assertTrue(refused.text().contains("holds no data of Daftar"), refused::text);
        assertEquals("years of work", Files.readString(foreign));
    }

    private LocalProcess.Output up(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--services=none",
                "--detach",
                "--data=" + folder.root(),
                "--postgres-port=" + ports.get(0),
                "--replica-port=" + ports.get(1),
                "--kafka-port=" + ports.get(2),
                "--kafka-controller-port=" + ports.get(3),
                "--s3-port=" + ports.get(4)));
        arguments.addAll(List.of(more));
        return command("Up", arguments.toArray(String[]::new));
    }

    private static LocalProcess.Output command(String program, String... arguments) {
        Installation installation = Installation.find();
        List<String> command = new ArrayList<>(List.of(
                installation.java().toString(),
                "-XX:TieredStopAtLevel=1",
                "-Duser.timezone=UTC",
                "-cp",
                installation.launcherClassPath(),
                "daftar.local." + program));
        command.addAll(List.of(arguments));
        return LocalProcess.run(Duration.ofMinutes(1), command);
    }

    private List<Long> running() {
        return List.of(
                        folder.postgres().resolve("primary.pid"),
                        folder.postgres().resolve("replica.pid"),
                        folder.kafka().resolve("kafka.pid"),
                        folder.s3().resolve("s3.pid"))
                .stream()
                .flatMap(pidFile -> LocalProcess.running("part", pidFile, pidFile).stream())
                .map(LocalProcess::pid)
                .toList();
    }

    private void write() throws SQLException {
        try (Connection connection = owner();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE kept (n int)");
        }
    }

    private int count() throws SQLException {
        try (Connection connection = owner();
                Statement statement = connection.createStatement();
                var result = statement.executeQuery("SELECT count(*) FROM pg_tables WHERE tablename = 'kept'")) {
            result.next();
            return result.getInt(1);
        }
    }

    private Connection owner() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://" + Loopback.ADDRESS + ":" + ports.get(0) + "/daftar",
                "usage_owner",
                Secrets.of(folder).password("usage_owner"));
    }
}
