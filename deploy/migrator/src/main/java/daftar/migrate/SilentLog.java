package daftar.migrate;

import org.flywaydb.core.api.logging.Log;
import org.flywaydb.core.api.logging.LogCreator;

/** Keeps Flyway from writing to whatever logger it finds: what it has to say stands in the report. */
final class SilentLog implements Log, LogCreator {
    @Override
    public Log createLogger(Class<?> source) {
        return this;
    }

    @Override
    @SuppressWarnings("deprecation")
    public boolean isDebugEnabled() {
        return false;
    }

    @Override
    public void debug(String message) {}

    @Override
    public void info(String message) {}

    @Override
    public void warn(String message) {}

    @Override
    public void error(String message) {}

    @Override
    public void error(String message, Exception e) {}

    @Override
    public void notice(String message) {}
}
