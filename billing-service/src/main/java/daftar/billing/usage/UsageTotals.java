package daftar.billing.usage;

import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.inbox.Effect.Received;
import io.cloudevents.CloudEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Adds a batch of events to {@code usage_totals}, each id once and for ever.
 *
 * <p>One statement, hence one transaction: an event's key appears with its share of the total or not at
 * all. All keys are inserted before any total is touched, both in their order, so that two consumers wait
 * for each other and never in a circle.
 */
@ApplicationScoped
class UsageTotals {

    /**
     * Takes one array a column; answers with the ids whose user does not exist. {@code (id IN (...)) IS
     * TRUE} stays a lookup, where a bare {@code IN} may become a join whose method depends on a guess of
     * the arrays' length.
     */
    static final String ADD = """
            WITH event AS MATERIALIZED (
                SELECT e.id,
                       e.user_id,
                       e.usage_date,
                       e.service_name,
                       e.tokens_used,
                       e.speech_seconds,
                       EXISTS (SELECT FROM identity.users AS u WHERE u.id = e.user_id) AS user_known
                FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::int[], $6::int[])
                    AS e (id, user_id, usage_date, service_name, tokens_used, speech_seconds)
            ),
            fresh AS (
                INSERT INTO usage_event_keys (id)
                SELECT e.id
                FROM event AS e
                WHERE e.user_known
                ORDER BY e.id
                ON CONFLICT (id) DO NOTHING
                RETURNING id
            ),
            added AS (
                INSERT INTO usage_totals AS t (user_id, usage_date, service_name, events, tokens_used, speech_seconds)
                SELECT e.user_id,
                       e.usage_date,
                       e.service_name,
                       count(*),
                       sum(e.tokens_used),
                       sum(e.speech_seconds)
                FROM event AS e
                WHERE (e.id IN (SELECT f.id FROM fresh AS f)) IS TRUE
                GROUP BY e.user_id, e.usage_date, e.service_name
                ORDER BY e.user_id, e.usage_date, e.service_name
                ON CONFLICT (user_id, usage_date, service_name) DO UPDATE
                SET events = t.events + excluded.events,
                    tokens_used = t.tokens_used + excluded.tokens_used,
                    speech_seconds = t.speech_seconds + excluded.speech_seconds
            )
            SELECT e.id
            FROM event AS e
            WHERE NOT e.user_known
            """;

    private static final String UNKNOWN_USER = "unknown user";

    private final Pool primary;
    private final AcceptedWindow window;
    private final ZoneId zone;

    @Inject
    UsageTotals(Pool primary, AcceptedWindow window, @ConfigProperty(name = "daftar.billing.time-zone") ZoneId zone) {
        this.primary = primary;
        this.window = window;
        this.zone = zone;
    }

    UsageRecorded read(CloudEvent event) {
        UsageRecorded usage = UsageRecorded.read(event);
        window.accept(usage.timestamp());
        return usage;
    }

    Uni<List<DeadLetter>> apply(List<Received<UsageRecorded>> batch) {
        Map<UUID, UsageRecorded> firsts = new LinkedHashMap<>(batch.size() * 2);
        for (Received<UsageRecorded> received : batch) {
            firsts.putIfAbsent(received.event().id(), received.event());
        }
        return primary.preparedQuery(ADD)
                .execute(columns(firsts.values()))
                .map(UsageTotals::ids)
                .map(unknown -> deadLetters(batch, unknown));
    }

    private Tuple columns(Collection<UsageRecorded> events) {
        return Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple()
                .addArrayOfUUID(column(events, UsageRecorded::id, UUID[]::new))
                .addArrayOfUUID(column(events, UsageRecorded::userId, UUID[]::new))
                .addArrayOfLocalDate(
                        column(events, event -> event.timestamp().atZone(zone).toLocalDate(), LocalDate[]::new))
                .addArrayOfString(column(events, UsageRecorded::serviceName, String[]::new))
                .addArrayOfInteger(column(events, UsageRecorded::tokensUsed, Integer[]::new))
                .addArrayOfInteger(column(events, UsageRecorded::speechSeconds, Integer[]::new)));
    }

    private static <T> T[] column(
            Collection<UsageRecorded> events, Function<UsageRecorded, T> value, IntFunction<T[]> array) {
        return events.stream().map(value).toArray(array);
    }

    private static Set<UUID> ids(RowSet<Row> rows) {
        Set<UUID> ids = new HashSet<>();
        rows.forEach(row -> ids.add(row.getUUID("id")));
        return ids;
    }

    private static List<DeadLetter> deadLetters(List<Received<UsageRecorded>> batch, Set<UUID> unknown) {
        return batch.stream()
                .filter(received -> unknown.contains(received.event().id()))
                .map(received -> new DeadLetter(received.record(), UNKNOWN_USER))
                .toList();
    }
}
