package daftar.usage.quota;

import daftar.kit.inbox.Effect;
import daftar.usage.alert.ThresholdCrossing;
import io.cloudevents.CloudEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Keeps the allowances that billing tells of: a row of {@code usage_balances} for each period of a subscription, the next
 * one's ahead of its beginning, so that a lesson at midnight finds it.
 *
 * <p>An event holds the subscription's whole state. One whose sequence is not above all that is known of its subscription
 * changes nothing, so events may come late, out of order and again. What a subscription's end cuts off can no longer be
 * reserved; usage goes on being counted in it.
 */
@ApplicationScoped
class Allowances implements Effect<Allowance> {

    /** Two instances may hold the same partition for a moment: a user's events wait for each other. */
    private static final String LOCK = """
            SELECT pg_advisory_xact_lock(hashtextextended('usage_balances ' || l.user_id, 0))
            FROM (SELECT DISTINCT e.user_id FROM unnest($1::uuid[]) AS e (user_id) ORDER BY e.user_id) AS l
            """;

    /**
     * A new balance is incomplete until {@link BalanceCompletion} has been there, and so is one whose period turns out
     * to be another.
     */
    private static final String KEEP = """
            WITH event AS (
                SELECT e.user_id, e.period_end, e.subscription_id, e.period_start, e.ends_at, e.plan_name,
                       e.usage_limit, e.included_tokens, e.included_speech_seconds, e.sequence
                FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::timestamptz[], $5::timestamptz[],
                            $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[])
                    AS e (user_id, period_end, subscription_id, period_start, ends_at, plan_name, usage_limit,
                          included_tokens, included_speech_seconds, sequence)
                WHERE NOT EXISTS (
                    SELECT
                    FROM usage_balances AS b
                    WHERE b.user_id = e.user_id
                      AND b.subscription_id = e.subscription_id
                      AND b.sequence >= e.sequence)
            ),
            moved AS (
                INSERT INTO usage_balances AS b (user_id, period_end, subscription_id, period_start, ends_at, plan_name,
                                                 usage_limit, included_tokens, included_speech_seconds, sequence)
                SELECT e.user_id, e.period_end, e.subscription_id, e.period_start, e.ends_at, e.plan_name,
                       e.usage_limit, e.included_tokens, e.included_speech_seconds, e.sequence
                FROM event AS e
                ORDER BY e.user_id, e.period_end, e.subscription_id
                ON CONFLICT (user_id, period_end, subscription_id) DO UPDATE
                SET period_start = excluded.period_start,
                    ends_at = excluded.ends_at,
                    plan_name = excluded.plan_name,
                    usage_limit = excluded.usage_limit,
                    included_tokens = excluded.included_tokens,
                    included_speech_seconds = excluded.included_speech_seconds,
                    sequence = excluded.sequence,
                    complete = b.complete AND b.period_start = excluded.period_start
            """ + BalanceUpdate.RETURNING_MOVED + "),\n" + ThresholdCrossing.OF_MOVED + """
            SELECT count(*) AS kept FROM moved
            """;

    /** The subscription's other periods, such as the next one of a subscription that was cancelled since. */
    private static final String CUT_SHORT = """
            WITH cut AS MATERIALIZED (
                SELECT b.user_id, b.period_end, b.subscription_id, e.over_at
                FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[])
                    AS e (user_id, subscription_id, over_at, sequence)
                JOIN usage_balances AS b
                  ON b.user_id = e.user_id
                 AND b.subscription_id = e.subscription_id
                 AND b.ends_at > e.over_at
                WHERE NOT EXISTS (
                    SELECT
                    FROM usage_balances AS n
                    WHERE n.user_id = e.user_id
                      AND n.subscription_id = e.subscription_id
                      AND n.sequence > e.sequence)
                ORDER BY 1, 2, 3
                FOR UPDATE OF b
            )
            UPDATE usage_balances AS b
            SET ends_at = greatest(b.period_start, c.over_at)
            FROM cut AS c
            WHERE b.user_id = c.user_id
              AND b.period_end = c.period_end
              AND b.subscription_id = c.subscription_id
            """;

    /** A period of an allowance, which a balance's row is about. */
    private record Kept(Allowance allowance, Allowance.Period period) {

        List<Object> key() {
            return List.of(allowance.userId(), allowance.subscriptionId(), period.end());
        }

        static Kept newer(Kept one, Kept other) {
            return other.allowance.sequence() > one.allowance.sequence() ? other : one;
        }
    }

    private final Pool primary;
    private final BalanceCompletion completion;

    @Inject
    Allowances(Pool primary, BalanceCompletion completion) {
        this.primary = primary;
        this.completion = completion;
    }

    @Override
    public String topic() {
        return "subscription-events";
    }

    @Override
    public Allowance read(CloudEvent event) {
        return Allowance.read(event);
    }

    @Override
    public Uni<List<DeadLetter>> apply(List<Received<Allowance>> batch) {
        Map<List<Object>, Kept> periods = new LinkedHashMap<>();
        Map<UUID, Allowance> subscriptions = new LinkedHashMap<>();
        for (Received<Allowance> received : batch) {
            Allowance allowance = received.event();
            allowance
                    .periods()
                    .map(period -> new Kept(allowance, period))
                    .forEach(kept -> periods.merge(kept.key(), kept, Kept::newer));
            subscriptions.merge(
                    allowance.subscriptionId(),
                    allowance,
                    (one, other) -> other.sequence() > one.sequence() ? other : one);
        }
        List<Allowance> over = subscriptions.values().stream()
                .filter(allowance -> allowance.overAt() != null)
                .toList();
        return primary.withTransaction(connection -> keep(connection, periods.values(), over))
                .call(completion::completeSoon)
                .replaceWith(new ArrayList<>());
    }

    private static Uni<Void> keep(SqlConnection connection, Collection<Kept> periods, List<Allowance> over) {
        UUID[] users = column(periods, kept -> kept.allowance().userId(), UUID[]::new);
        return connection
                .preparedQuery(LOCK)
                .execute(Tuple.of(users))
                .chain(() -> connection.preparedQuery(KEEP).execute(columns(periods, users)))
                .chain(() -> connection.preparedQuery(CUT_SHORT).execute(ends(over)))
                .replaceWithVoid();
    }

    private static Tuple columns(Collection<Kept> periods, UUID[] users) {
        return Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple()
                .addArrayOfUUID(users)
                .addArrayOfOffsetDateTime(
                        column(periods, kept -> utc(kept.period().end()), OffsetDateTime[]::new))
                .addArrayOfUUID(column(periods, kept -> kept.allowance().subscriptionId(), UUID[]::new))
                .addArrayOfOffsetDateTime(
                        column(periods, kept -> utc(kept.period().start()), OffsetDateTime[]::new))
                .addArrayOfOffsetDateTime(
                        column(periods, kept -> utc(kept.allowance().endsAt(kept.period())), OffsetDateTime[]::new))
                .addArrayOfString(column(periods, kept -> kept.allowance().planName(), String[]::new))
                .addArrayOfString(column(periods, kept -> kept.allowance().usageLimit(), String[]::new))
                .addArrayOfLong(column(periods, kept -> kept.allowance().includedTokens(), Long[]::new))
                .addArrayOfLong(column(periods, kept -> kept.allowance().includedSpeechSeconds(), Long[]::new))
                .addArrayOfLong(column(periods, kept -> kept.allowance().sequence(), Long[]::new)));
    }

    private static Tuple ends(Collection<Allowance> over) {
        return Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple()
                .addArrayOfUUID(column(over, Allowance::userId, UUID[]::new))
                .addArrayOfUUID(column(over, Allowance::subscriptionId, UUID[]::new))
                .addArrayOfOffsetDateTime(column(over, allowance -> utc(allowance.overAt()), OffsetDateTime[]::new))
                .addArrayOfLong(column(over, Allowance::sequence, Long[]::new)));
    }

    private static <E, T> T[] column(Collection<E> rows, Function<E, T> value, IntFunction<T[]> array) {
        return rows.stream().map(value).toArray(array);
    }

    private static OffsetDateTime utc(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }
}
