package daftar.kit.inbox;

/** An event that can never have an effect as it stands. Its message is the reason, without personal data. */
public final class Rejection extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Rejects the event with a reason that an operator can act upon. */
    public Rejection(String reason) {
        super(reason, null, false, false);
    }
}
