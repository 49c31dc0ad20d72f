package daftar.billing.subscription;

import io.vertx.mutiny.sqlclient.Row;
import jakarta.annotation.Nullable;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/** A row of {@code subscriptions}: which columns are asked for, and how they are read and written. */
final class SubscriptionRow {

    /** Of the table under the name s. */
    static final String COLUMNS = """
            s.id, s.user_id, s.plan_name, s.status, s.billing_cycle, s.amount_egp::text AS amount_egp, s.started_at,
            s.next_billing_date, s.anchor_date, s.time_zone, s.included_tokens, s.included_speech_seconds,
            s.usage_limit, s.cancel_at_period_end, s.ends_at, s.canceled_at, s.version
            """;

    private SubscriptionRow() {}

    static Subscription read(Row row) {
        return new Subscription(
                row.getUUID("id"),
                row.getUUID("user_id"),
                row.getString("plan_name"),
                row.getString("status"),
                row.getString("billing_cycle"),
                new BigDecimal(row.getString("amount_egp")),
                instant(row.getLocalDateTime("started_at")),
                instant(row.getLocalDateTime("next_billing_date")),
                row.getLocalDate("anchor_date"),
                row.getString("time_zone"),
                row.getLong("included_tokens"),
                row.getLong("included_speech_seconds"),
                row.getString("usage_limit"),
                row.getBoolean("cancel_at_period_end"),
                instant(row.getOffsetDateTime("ends_at")),
                instant(row.getOffsetDateTime("canceled_at")),
                row.getLong("version"));
    }

    /** The schema document's columns are timestamps without zone that hold UTC. */
    static LocalDateTime utc(@Nullable Instant time) {
        return time == null ? null : LocalDateTime.ofInstant(time, ZoneOffset.UTC);
    }

    static OffsetDateTime offset(@Nullable Instant time) {
        return time == null ? null : time.atOffset(ZoneOffset.UTC);
    }

    private static Instant instant(@Nullable LocalDateTime utc) {
        return utc == null ? null : utc.toInstant(ZoneOffset.UTC);
    }

    private static Instant instant(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }
}
