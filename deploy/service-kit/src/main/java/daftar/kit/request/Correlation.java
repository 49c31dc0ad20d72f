package daftar.kit.request;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Gives every request an id that leads from an answer to the log lines of its making: the caller's own from
 * the header {@code X-Correlation-Id}, or a new one. Every answer has it, every problem document and every
 * log line, as {@code correlation_id}. Every refused request has a log line: who reports a problem document's id
 * is never told that nothing is known of it.
 */
@Singleton
public final class Correlation {

    /** The header of requests and answers. */
    public static final String HEADER = "X-Correlation-Id";

    /** Its name in log lines and problem documents. */
    public static final String FIELD = "correlation_id";

    private static final Logger LOG = Logger.getLogger(Correlation.class);

    /** Nothing else of a caller's gets into the logs. */
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    /** Before everything else, so that refusals have it too. */
    private static final int FIRST = 10_000;

    void register(@Observes Filters filters) {
        filters.register(Correlation::correlate, FIRST);
    }

    private static void correlate(RoutingContext request) {
        String given = request.request().getHeader(HEADER);
        String id = given != null && FORM.matcher(given).matches()
                ? given
                : UUID.randomUUID().toString();
        MDC.put(FIELD, id);
        request.response().putHeader(HEADER, id);
        request.addHeadersEndHandler(answered -> logRefusal(request));
        request.next();
    }

    /** Not the path, which may hold what the caller took for an id: an e-mail address, for one. */
    private static void logRefusal(RoutingContext request) {
        int status = request.response().getStatusCode();
        if (status >= 400) {
            LOG.infof("answered %d to %s", (Object) status, request.request().method());
        }
    }
}
