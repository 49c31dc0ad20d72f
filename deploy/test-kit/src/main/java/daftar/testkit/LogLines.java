package daftar.testkit;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;

/** What the service under test logs while this is open, with what every line carries besides its message. */
public final class LogLines extends Handler implements AutoCloseable {

    /** One line: its message, and its fields such as {@code traceId}. */
    public record Line(String message, Map<String, String> fields) {}

    private static final PatternFormatter TEXT = new PatternFormatter("%s");

    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private final Logger root = Logger.getLogger("");

    /** Begins to listen. */
    public LogLines() {
        root.addHandler(this);
    }

    /** The lines so far whose message contains the text. */
    public List<Line> with(String text) {
        return lines.stream().filter(line -> line.message().contains(text)).toList();
    }

    @Override
    public void publish(LogRecord record) {
        ExtLogRecord line = ExtLogRecord.wrap(record);
        lines.add(new Line(TEXT.format(line), line.getMdcCopy()));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        root.removeHandler(this);
    }
}
