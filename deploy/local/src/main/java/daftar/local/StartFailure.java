package daftar.local;

/** A part could not start or stop. The message is one sentence for the person at the terminal and names the remedy. */
public final class StartFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A failure that the sentence explains whole. */
    public StartFailure(String sentence) {
        super(sentence);
    }

    /** A failure whose cause is worth keeping. */
    public StartFailure(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
