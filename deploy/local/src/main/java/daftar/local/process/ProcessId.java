package daftar.local.process;

import daftar.local.StartFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Names one process for ever: the kernel hands pids out again, so the pid alone could name a stranger after a crash or a
 * reboot.
 *
 * @param pid the process id
 * @param startTicks clock ticks between the machine's boot and the process's start (proc(5), stat field 22)
 * @param boot the machine's boot id
 */
record ProcessId(long pid, long startTicks, String boot) {
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /** Reads the identity of a process that runs now; empty when there is none or it is a zombie. */
    static Optional<ProcessId> of(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // the program's name, in parentheses, may hold spaces and parentheses itself
            String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            if (afterName[0].equals("Z") || afterName[0].equals("X")) {
                return Optional.empty();
            }
            return Optional.of(new ProcessId(
                    pid,
                    Long.parseLong(afterName[19]),
                    Files.readString(BOOT_ID).strip()));
        } catch (IOException e) {
            // a process that ends while its entry is read fails with ESRCH instead of "no such file"
            return Optional.empty();
        }
    }

    /** Whether this very process still runs. */
    boolean isAlive() {
        return of(pid).filter(this::equals).isPresent();
    }

    void write(Path pidFile) {
        try {
            Files.createDirectories(pidFile.toAbsolutePath().getParent());
            Path fresh = pidFile.resolveSibling(pidFile.getFileName() + ".new");
            Files.writeString(fresh, pid + " " + startTicks + " " + boot + "\n");
            Files.move(fresh, pidFile, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + pidFile + ": make its folder writable.", e);
        }
    }

    static Optional<ProcessId> read(Path pidFile) {
        try {
            String[] words = Files.readString(pidFile).strip().split(" ", -1);
            return words.length == 3
                    ? Optional.of(new ProcessId(Long.parseLong(words[0]), Long.parseLong(words[1]), words[2]))
                    : Optional.empty();
        } catch (NoSuchFileException | NumberFormatException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
