package daftar.billing.subscription;

import static daftar.billing.subscription.SubscriptionRow.offset;
import static daftar.billing.subscription.SubscriptionRow.utc;

import daftar.billing.subscription.SubscriptionEvents.Change;
import daftar.kit.outbox.Outbox;
import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import daftar.kit.position.Reads;
import daftar.kit.problem.DatabaseFailure;
import daftar.kit.problem.Problem;
import daftar.kit.request.EntityTag;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The rows of {@code subscriptions}. */
@ApplicationScoped
public class Subscriptions {

    /** One that is over makes room, whether or not the roll-over has come by. */
    private static final String END_OVER = """
            UPDATE subscriptions AS s
            SET status = 'canceled', canceled_at = s.ends_at, version = s.version + 1
            WHERE s.user_id = $1
              AND s.status = 'active'
              AND s.ends_at <= $2
            RETURNING\s""" + SubscriptionRow.COLUMNS;

    private static final String START = """
            INSERT INTO subscriptions AS s (id, user_id, plan_name, status, billing_cycle, amount_egp, started_at,
                                            next_billing_date, anchor_date, time_zone, included_tokens,
                                            included_speech_seconds, usage_limit)
            SELECT gen_random_uuid(), $1, p.plan_name, 'active', p.billing_cycle, p.amount_egp, $4, $5, $6, $7,
                   p.included_tokens, p.included_speech_seconds, p.usage_limit
            FROM plans AS p
            WHERE p.plan_name = $2
              AND p.billing_cycle = $3
              AND p.active
            RETURNING\s""" + SubscriptionRow.COLUMNS;

    private static final String OF_USER = "SELECT " + SubscriptionRow.COLUMNS + """
            FROM subscriptions AS s
            WHERE s.user_id = $1
              AND ($2::timestamp IS NULL OR (s.started_at, s.id) < ($2, $3))
            ORDER BY s.started_at DESC, s.id DESC
            LIMIT $4
            """;

    private static final String LIVE = "SELECT " + SubscriptionRow.COLUMNS + """
            FROM subscriptions AS s
            WHERE s.user_id = $1
              AND s.status = 'active'
            """;

    private static final String ONE = "SELECT " + SubscriptionRow.COLUMNS + """
            FROM subscriptions AS s
            WHERE s.id = $1
              AND s.user_id = $2
            """;

    private static final String LOCK = "SELECT " + SubscriptionRow.COLUMNS + """
            FROM subscriptions AS s
            WHERE s.id = $1
              AND s.user_id = $2
            FOR UPDATE OF s
            """;

    private static final String CANCEL = """
            UPDATE subscriptions AS s
            SET status = $2, next_billing_date = $3, cancel_at_period_end = $4, ends_at = $5, canceled_at = $6,
                version = s.version + 1
            WHERE s.id = $1
            RETURNING\s""" + SubscriptionRow.COLUMNS;

    private static final String ONE_LIVE = "subscriptions_one_live_per_user";

    private final Reads reads;
    private final Outbox outbox;
    private final ZoneId zone;

    @Inject
    Subscriptions(Reads reads, Outbox outbox, @ConfigProperty(name = "daftar.billing.time-zone") ZoneId zone) {
        this.reads = reads;
        this.outbox = outbox;
        this.zone = zone;
    }

    /**
     * Starts a subscription on the local day of {@code now}, in the transaction of the connection.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 409 when one is live; 422 for an unknown plan or user
     */
    Uni<Subscription> start(SqlConnection connection, UUID userId, NewSubscription wanted, Instant time) {
        Instant now = time.truncatedTo(ChronoUnit.MICROS);
        return connection
                .preparedQuery(END_OVER)
                .execute(Tuple.of(userId, now.atOffset(ZoneOffset.UTC)))
                .map(rows -> SubscriptionEvents.changed(rows, Change.CANCELED, now))
                .flatMap(ended -> insert(connection, userId, wanted, now)
                        .call(started -> outbox.append(connection, with(ended, started, now))))
                .onFailure(failure -> DatabaseFailure.brokenConstraint(failure)
                        .filter(ONE_LIVE::equals)
                        .isPresent())
                .transform(failure -> Problem.CONFLICT.because("This user has a live subscription: cancel it first."));
    }

    private static List<Outbox.Event> with(List<Outbox.Event> ended, Subscription started, Instant now) {
        return Stream.concat(ended.stream(), Stream.of(SubscriptionEvents.changed(started, Change.STARTED, now)))
                .toList();
    }

    private Uni<Subscription> insert(SqlConnection connection, UUID userId, NewSubscription wanted, Instant now) {
        LocalDate anchor = now.atZone(zone).toLocalDate();
        return connection
                .preparedQuery(START)
                .execute(Tuple.from(new Object[] {
                    userId,
                    wanted.planName(),
                    wanted.billingCycle().wireName(),
                    utc(now),
                    utc(new BillingCalendar(anchor, wanted.billingCycle(), zone)
                            .periodAt(now)
                            .endsAt()),
                    anchor,
                    zone.getId()
                }))
                .map(rows -> first(rows)
                        .orElseThrow(() -> Problem.UNKNOWN_REFERENCE.because(
                                "There is no such plan.",
                                List.of(new Problem.FieldError(
                                        "/plan_name", "must be a plan of /v1/plans in this cycle")))));
    }

    /** A user's subscriptions, the newest first. */
    Uni<Page<Subscription>> page(UUID userId, @Nullable Cursor after, int limit, Instant now) {
        Tuple parameters = Tuple.from(new Object[] {
            userId, after == null ? null : utc(after.time()), after == null ? null : after.id(), limit + 1
        });
        return reads.read(connection -> connection.preparedQuery(OF_USER).execute(parameters))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> SubscriptionRow.read(row).asOf(now))
                        .toList())
                .map(found -> Page.of(found, limit, last -> new Cursor(last.startedAt(), last.id())));
    }

    /** One of the user's subscriptions. */
    Uni<Optional<Subscription>> find(UUID userId, UUID id, Instant now) {
        return reads.read(connection -> connection.preparedQuery(ONE).execute(Tuple.of(id, userId)))
                .map(rows -> first(rows).map(found -> found.asOf(now)));
    }

    /** The user's live subscription on this connection, as of now. */
    public Uni<Optional<Subscription>> live(SqlConnection connection, UUID userId, Instant now) {
        return connection
                .preparedQuery(LIVE)
                .execute(Tuple.of(userId))
                .map(rows -> first(rows).map(found -> found.asOf(now)).filter(Subscription::isActive));
    }

    /**
     * Cancels, in the transaction of the connection; a repetition changes nothing.
     *
     * @param ifMatch the version that the caller saw, null where any will do
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 404 when the user has no such subscription, 412 when it
     *     is another version
     */
    Uni<Subscription> cancel(
            SqlConnection connection,
            UUID userId,
            UUID id,
            @Nullable String ifMatch,
            boolean atPeriodEnd,
            Instant time) {
        Instant now = time.truncatedTo(ChronoUnit.MICROS);
        return connection.preparedQuery(LOCK).execute(Tuple.of(id, userId)).chain(rows -> {
            Subscription before =
                    first(rows).orElseThrow(() -> Problem.NOT_FOUND.because("This user has no such subscription."));
            EntityTag.check(ifMatch, before.asOf(now).tagged().tag());
            Subscription after = before.cancel(atPeriodEnd, now);
            return after.equals(before)
                    ? Uni.createFrom().item(after)
                    : update(connection, after)
                            .call(changed -> outbox.append(
                                    connection,
                                    List.of(SubscriptionEvents.changed(changed, Change.ofCancellation(changed), now))));
        });
    }

    private static Uni<Subscription> update(SqlConnection connection, Subscription changed) {
        return connection
                .preparedQuery(CANCEL)
                .execute(Tuple.from(new Object[] {
                    changed.id(),
                    changed.status(),
                    utc(changed.nextBillingDate()),
                    changed.cancelAtPeriodEnd(),
                    offset(changed.endsAt()),
                    offset(changed.canceledAt())
                }))
                .map(rows -> SubscriptionRow.read(rows.iterator().next()));
    }

    private static Optional<Subscription> first(RowSet<Row> rows) {
        return StreamSupport.stream(rows.spliterator(), false)
                .map(SubscriptionRow::read)
                .findFirst();
    }
}
