package daftar.migrate;

/** A run ended before its end. The message is a sentence or two for a person: what stands in the way, and the remedy. */
public final class MigrationStopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;

    MigrationStopped(ExitCode exitCode, String sentence) {
        super(sentence);
        this.exitCode = exitCode;
    }

    MigrationStopped(ExitCode exitCode, String sentence, Throwable cause) {
        super(sentence, cause);
        this.exitCode = exitCode;
    }

    /** What the process should say to whoever started it. */
    public ExitCode exitCode() {
        return exitCode;
    }
}
