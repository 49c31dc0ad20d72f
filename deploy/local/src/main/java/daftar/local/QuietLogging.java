package daftar.local;

import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Keeps the libraries' own chatter off the terminal; named by {@code java.util.logging.config.class}. */
public final class QuietLogging {
    /** Configures the log manager that instantiates it. */
    public QuietLogging() {
        Logger root = Logger.getLogger("");
        root.setLevel(Level.WARNING);
        root.addHandler(new ConsoleHandler());
        // a client that meets a starting broker warns about what is being waited for anyway
        KAFKA.setLevel(Level.SEVERE);
    }

    /** Held, because the log manager itself holds loggers weakly. */
    private static final Logger KAFKA = Logger.getLogger("org.apache.kafka");
}
