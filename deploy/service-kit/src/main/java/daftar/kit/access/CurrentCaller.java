package daftar.kit.access;

import jakarta.enterprise.context.RequestScoped;

/** The caller of the request being served, as {@link AccessFilter} verified it. */
@RequestScoped
public class CurrentCaller {

    private Caller caller = Caller.NOBODY;

    void set(Caller verified) {
        this.caller = verified;
    }

    /** The caller; {@link Caller#NOBODY} on endpoints that everybody may call. */
    public Caller get() {
        return caller;
    }
}
