package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The migrator that lies in each packaged service, run as production runs it: with the service's jars and nothing else. */
@ExtendWith(Slices.class)
class PackagedMigratorTest {

    @TempDir
    Path folder;

    private String output = "";

    @ParameterizedTest
    @ValueSource(strings = {"identity", "consent", "analytics", "usage", "billing"})
    void eachServiceKnowsItsOwnScriptsAndFindsThemApplied(String service) throws Exception {
        assertEquals(0, migrate(service, "daftar", "--status"), this::output);
        assertTrue(output().contains("\"slice\" : \"" + service + "\""), this::output);
    }

    @Test
    void anEmptyDatabaseIsMigratedAndReported() throws Exception {
        try (Connection superuser = Slices.superuser("postgres")) {
            Slices.execute(superuser, "CREATE DATABASE packaged");
        }
        try {
            try (Connection superuser = Slices.superuser("packaged")) {
                for (String slice : List.of("identity", "usage")) {
                    Slices.execute(superuser, "CREATE SCHEMA " + slice + " AUTHORIZATION " + slice + "_owner");
                }
                Slices.execute(superuser, "GRANT USAGE ON SCHEMA identity TO usage_owner");
            }
            for (String service : List.of("identity", "usage")) {
                assertEquals(7, migrate(service, "packaged", "--status"), this::output);
                Path report = folder.resolve(service + ".json");
                Path metrics = folder.resolve(service + ".prom");
                assertEquals(
                        0,
                        migrate(
                                service,
                                "packaged",
                                "--phase",
                                "expand",
                                "--report",
                                report.toString(),
                                "--metrics",
                                metrics.toString()),
                        this::output);
                assertTrue(Files.readString(report).contains("\"lock_retries\""));
                assertTrue(Files.readString(metrics)
                        .contains("daftar_migration_exit_code{slice=\"" + service + "\"} 0\n"));
                assertEquals(
                        0,
                        migrate(service, "packaged", "--phase", "contract", "--deployed-version", "1.0.0"),
                        this::output);
                assertEquals(0, migrate(service, "packaged", "--status"), this::output);
            }
        } finally {
            try (Connection superuser = Slices.superuser("postgres")) {
                Slices.execute(superuser, "DROP DATABASE packaged WITH (FORCE)");
            }
        }
    }

    /** What the migrator needs brings no pool of JDBC connections and no migration at start into a service. */
    @ParameterizedTest
    @ValueSource(strings = {"identity", "consent", "analytics", "usage", "billing"})
    void aServiceHasNoPoolForIt(String service) throws IOException {
        try (Stream<Path> jars = Files.list(application(service).resolve("lib/main"))) {
            assertEquals(
                    List.of(),
                    jars.map(jar -> jar.getFileName().toString())
                            .filter(jar -> jar.matches(".*(agroal|quarkus-flyway|quarkus-jdbc|hikari).*"))
                            .toList());
        }
    }

    private int migrate(String service, String database, String... arguments) throws Exception {
        PackagedMigrator.Run run = new PackagedMigrator(application(service), address(database), "test").run(arguments);
        output = run.output();
        return run.exitCode();
    }

    private static String address(String database) throws SQLException {
        try (Connection superuser = Slices.superuser(database)) {
            return superuser.getMetaData().getURL().replaceFirst("^jdbc:", "").replaceFirst("\\?.*", "");
        }
    }

    private static Path application(String service) {
        return Installation.find().root().resolve(service + "-service/target/quarkus-app");
    }

    private String output() {
        return output;
    }
}
