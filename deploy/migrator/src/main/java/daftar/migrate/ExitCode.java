package daftar.migrate;

/** How a run of the migrator ended, for whoever started the process; the numbers are a promise. */
public enum ExitCode {
    /** Everything that was asked for is done, or was done before. */
    DONE(0),
    /** A script or a back-fill failed; what came before it stays, and what comes after it was not run. */
    FAILED(1),
    /** The command line or the environment makes no sense; nothing was connected to. */
    USAGE(2),
    /** A guard, or the gate before a contract script, refused; what came before it stays. */
    REFUSED(3),
    /** A lock was not to be had within all attempts; what came before it stays. */
    LOCKED(4),
    /** Another migrator runs on the slice. */
    BUSY(5),
    /** Of {@code --status} alone: something is pending. */
    PENDING(7);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    /** The process's exit status. */
    public int number() {
        return number;
    }
}
