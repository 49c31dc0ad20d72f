package daftar.usage.quota;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.StreamSupport;

/** Questions to {@code usage_balances}. */
@ApplicationScoped
public class Balances {

    /** Two may hold for a moment in which an end is known later than what came after it: the newer one counts. */
    private static final String PRESENT = """
            SELECT b.user_id,
                   b.subscription_id,
                   b.plan_name,
                   b.period_start,
                   b.period_end,
                   b.ends_at,
                   b.usage_limit,
                   b.included_tokens,
                   b.used_tokens,
                   b.reserved_tokens,
                   b.included_speech_seconds,
                   b.used_speech_seconds,
                   b.reserved_speech_seconds,
                   b.complete
            FROM usage_balances AS b
            WHERE b.user_id = $1
              AND b.period_end > $2
              AND b.period_start <= $2
              AND b.ends_at > $2
            ORDER BY b.sequence DESC
            LIMIT 1
            """;

    /** The balance of the period that the time lies in; empty where nothing is allowed then. */
    public Uni<Optional<Balance>> present(SqlConnection connection, UUID userId, Instant time) {
        return connection
                .preparedQuery(PRESENT)
                .execute(Tuple.of(userId, time.atOffset(ZoneOffset.UTC)))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(Balance::read)
                        .findFirst());
    }
}
