package daftar.local.backup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import daftar.local.StartFailure;
import daftar.local.postgres.ServerAccount;
import daftar.local.process.LocalProcess;
import daftar.local.process.Loopback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Barman Cloud's programs, run as the account that PostgreSQL runs as. Passwords and keys reach them by files that this
 * account alone can read, so that no list of processes and no setting of the server shows one.
 */
final class BackupTool {
    /** Debian's package that has the programs. */
    static final String PACKAGE = "barman-cli-cloud";

    private static final List<String> PROGRAMS = List.of(
            "barman-cloud-backup",
            "barman-cloud-backup-delete",
            "barman-cloud-backup-list",
            "barman-cloud-restore",
            "barman-cloud-wal-archive",
            "barman-cloud-wal-restore");
    /** A base backup of more than fits into this is for a cluster, not for one machine. */
    private static final Duration LIMIT = Duration.ofHours(6);

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ROOT);

    private final ServerAccount account;
    private final Path directory;
    private final BackupStore store;

    /**
     * Writes nothing yet.
     *
     * @param directory keeps the tool's credentials and its environment
     */
    BackupTool(ServerAccount account, Path directory, BackupStore store) {
        this.account = account;
        this.directory = directory.toAbsolutePath();
        this.store = store;
    }

    /**
     * Fails with the package's name unless the programs are there.
     *
     * @param path folders, as in the environment's {@code PATH}
     */
    static void require(String path) {
        boolean missing = PROGRAMS.stream()
                .anyMatch(program -> Stream.of(path.split(":", -1))
                        .noneMatch(folder -> Files.isExecutable(Path.of(folder).resolve(program))));
        if (missing) {
            throw new StartFailure(
                    "Backups need Barman Cloud, which is not installed: apt-get install " + PACKAGE + ".");
        }
    }

    /** Writes what the programs read: the store's credentials, and the password of the role that backs up. */
    void prepare(String role, String password) {
        try {
            Files.createDirectories(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
            write("credentials", "rw-------", """
                    [default]
                    aws_access_key_id = %s
                    aws_secret_access_key = %s
                    """.formatted(store.accessKey(), store.secretKey()));
            write("pgpass", "rw-------", Loopback.ADDRESS + ":*:*:" + role + ":" + password + "\n");
            write("run", "rwx------", """
                    #!/bin/sh
                    # the server starts this with its own environment, which knows nothing of the store
                    export HOME='%1$s' PGPASSFILE='%1$s/pgpass' AWS_SHARED_CREDENTIALS_FILE='%1$s/credentials'
                    export AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true TZ=UTC
                    exec "$@"
                    """.formatted(directory.toString().replace("'", "'\\''")));
            account.own(directory);
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + directory + ": make the data folder yours.", e);
        }
    }

    /** For {@code archive_command}. */
    String archiveCommand() {
        return command("barman-cloud-wal-archive --gzip") + " %p";
    }

    /** For {@code restore_command}. */
    String fetchCommand() {
        return command("barman-cloud-wal-restore") + " %f %p";
    }

    /** Makes a full backup of the server on this port; takes as long as that takes. */
    void backup(int port, String role) {
        run(
                "The backup failed",
                "barman-cloud-backup",
                "--gzip",
                "--immediate-checkpoint",
                "--endpoint-url",
                store.endpoint(),
                "--host",
                Loopback.ADDRESS,
                "--port",
                Integer.toString(port),
                "--user",
                role,
                "--dbname",
                "daftar",
                store.url(),
                BackupStore.SERVER);
    }

    /** The full backups in the store, oldest first; broken or unfinished ones are left out. */
    List<Backup> backups() {
        String text = run(
                "The list of backups cannot be read",
                "barman-cloud-backup-list",
                "--format",
                "json",
                "--endpoint-url",
                store.endpoint(),
                store.url(),
                BackupStore.SERVER);
        return parse(text);
    }

    /** Deletes backups, and log that only they needed, that no moment of the last days needs. */
    void retain(int days) {
        run(
                "Old backups cannot be deleted",
                "barman-cloud-backup-delete",
                "--endpoint-url",
                store.endpoint(),
                "--retention-policy",
                "RECOVERY WINDOW OF " + days + " DAYS",
                store.url(),
                BackupStore.SERVER);
    }

    /** Unpacks a backup into an empty folder of the account's. */
    void restore(Backup backup, Path folder) {
        run(
                "The backup " + backup.id() + " cannot be unpacked",
                "barman-cloud-restore",
                "--endpoint-url",
                store.endpoint(),
                store.url(),
                BackupStore.SERVER,
                backup.id(),
                folder.toString());
    }

    /** Barman's list; the programs may write warnings before it. */
    static List<Backup> parse(String text) {
        int start = text.indexOf('{');
        if (start < 0) {
            throw new StartFailure("The list of backups is none: " + lastLine(text) + ".");
        }
        try {
            List<Backup> backups = new ArrayList<>();
            for (JsonNode each :
                    JsonMapper.builder().build().readTree(text.substring(start)).path("backups_list")) {
                if (each.path("status").asText().equals("DONE")) {
                    backups.add(new Backup(
                            each.path("backup_id").asText(),
                            time(each.path("begin_time").asText()),
                            // written without its fraction: only the next second is surely after it
                            time(each.path("end_time").asText()).plusSeconds(1),
                            each.path("begin_wal").asText()));
                }
            }
            backups.sort(Comparator.comparing(Backup::endedAt));
            return backups;
        } catch (JsonProcessingException | DateTimeException e) {
            throw new StartFailure("The list of backups is none: " + e.getMessage() + ".", e);
        }
    }

    /** As C's ctime(3) writes it, in the zone that the programs run in. */
    private static Instant time(String text) {
        return LocalDateTime.parse(text.replaceAll(" +", " "), TIME).toInstant(ZoneOffset.UTC);
    }

    private String command(String program) {
        return "'" + directory.resolve("run") + "' " + program + " --endpoint-url " + store.endpoint() + " "
                + store.url() + " " + BackupStore.SERVER;
    }

    private String run(String failure, String... words) {
        List<String> command = new ArrayList<>(List.of(directory.resolve("run").toString()));
        command.addAll(List.of(words));
        LocalProcess.Output output = LocalProcess.run(LIMIT, account.wrap(command));
        if (!output.succeeded()) {
            throw new StartFailure(failure + ": " + lastLine(output.text()) + ".");
        }
        return output.text();
    }

    private static String lastLine(String text) {
        List<String> lines =
                text.lines().filter(line -> !line.isBlank()).map(String::strip).toList();
        return lines.isEmpty() ? "no word of why" : lines.get(lines.size() - 1);
    }

    private void write(String name, String permissions, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)));
        Files.writeString(file, text);
    }
}
