package daftar.migrate;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;

/** Notes how long each statement of a script takes. */
final class StatementTimes implements Callback {
    private static final int WORDS = 5;

    private final List<Report.RunStatement> statements;
    private long began;

    StatementTimes(List<Report.RunStatement> statements) {
        this.statements = statements;
    }

    @Override
    public boolean supports(Event event, Context context) {
        return event == Event.BEFORE_EACH_MIGRATE_STATEMENT || event == Event.AFTER_EACH_MIGRATE_STATEMENT;
    }

    @Override
    public boolean canHandleInTransaction(Event event, Context context) {
        return true;
    }

    @Override
    public void handle(Event event, Context context) {
        if (event == Event.BEFORE_EACH_MIGRATE_STATEMENT) {
            began = System.nanoTime();
        } else {
            double seconds = (System.nanoTime() - began) / 1e9;
            statements.add(
                    new Report.RunStatement(firstWords(context.getStatement().getSql()), seconds));
        }
    }

    @Override
    public String getCallbackName() {
        return "times of statements";
    }

    /** Enough to find it in the script; what may hold data comes later in a statement. */
    private static String firstWords(String sql) {
        String code = sql.lines()
                .map(String::strip)
                .filter(line -> !line.startsWith("--"))
                .collect(Collectors.joining(" "));
        return Stream.of(code.split("\\s+")).limit(WORDS).collect(Collectors.joining(" "));
    }
}
