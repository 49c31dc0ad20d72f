package daftar.local.postgres;

import daftar.local.StartFailure;
import daftar.local.process.LocalProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Who PostgreSQL's processes run as. PostgreSQL refuses to run as root, so root hands them to an unprivileged account; when
 * the machine forbids changing the account (some containers), to a user namespace in which root is nobody.
 */
public sealed interface ServerAccount {
    /** The command with what makes it run under this account in front. */
    List<String> wrap(List<String> command);

    /** Gives the folder and all below it to the account. */
    void own(Path folder);

    /** The account of whoever runs this code, an ordinary user. */
    record Self() implements ServerAccount {
        @Override
        public List<String> wrap(List<String> command) {
            return command;
        }

        @Override
        public void own(Path folder) {
            // files made by this process are its own already
        }
    }

    /** Another account, entered with setpriv(1). */
    record Other(String user, String uid, String gid) implements ServerAccount {
        @Override
        public List<String> wrap(List<String> command) {
            List<String> whole = new ArrayList<>(
                    List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--inh-caps=-all"));
            whole.addAll(command);
            return whole;
        }

        @Override
        public void own(Path folder) {
            require(LocalProcess.run(
                    Duration.ofMinutes(1), List.of("chown", "-R", uid + ":" + gid, folder.toString())));
        }
    }

    /** A user namespace without a mapping, entered with unshare(1): root's files belong to nobody there. */
    record Namespace() implements ServerAccount {
        @Override
        public List<String> wrap(List<String> command) {
            List<String> whole = new ArrayList<>(List.of("unshare", "-U"));
            whole.addAll(command);
            return whole;
        }

        @Override
        public void own(Path folder) {
            // inside the namespace, root and nobody are the same
        }
    }

    /** The account that works on this machine. */
    static ServerAccount detect() {
        if (!isRoot()) {
            return new Self();
        }
        for (String user : List.of("postgres", "nobody")) {
            LocalProcess.Output uid = LocalProcess.run(Duration.ofSeconds(5), List.of("id", "-u", user));
            LocalProcess.Output gid = LocalProcess.run(Duration.ofSeconds(5), List.of("id", "-g", user));
            if (uid.succeeded() && gid.succeeded()) {
                Other other = new Other(user, uid.text().strip(), gid.text().strip());
                if (LocalProcess.run(Duration.ofSeconds(5), other.wrap(List.of("true")))
                        .succeeded()) {
                    return other;
                }
            }
        }
        if (LocalProcess.run(Duration.ofSeconds(5), new Namespace().wrap(List.of("true")))
                .succeeded()) {
            return new Namespace();
        }
        throw new StartFailure("PostgreSQL refuses to run as root and neither setpriv nor unshare works here: "
                + "run this as an ordinary user.");
    }

    /** Whether the account can enter the folder, or the nearest one above it that exists. */
    default boolean reaches(Path folder) {
        Path existing = folder.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        return LocalProcess.run(Duration.ofSeconds(5), wrap(List.of("test", "-x", existing.toString())))
                .succeeded();
    }

    /** Whether this code runs as root. */
    static boolean isRoot() {
        return LocalProcess.run(Duration.ofSeconds(5), List.of("id", "-u"))
                .text()
                .strip()
                .equals("0");
    }

    private static void require(LocalProcess.Output output) {
        if (!output.succeeded()) {
            throw new StartFailure("Cannot prepare PostgreSQL's folders: "
                    + output.text().strip() + "; make the data folder writable or name another one.");
        }
    }
}
