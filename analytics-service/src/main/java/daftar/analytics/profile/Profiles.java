package daftar.analytics.profile;

import daftar.analytics.streak.Streak;
import daftar.kit.position.Reads;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.StreamSupport;

/** The table {@code learning_profiles}, read. */
@ApplicationScoped
class Profiles {

    /**
     * A streak's last date lies at most 26 hours of travel (UTC-12 to UTC+14) before the last interaction;
     * two days hold it for certain.
     */
    private static final String COLUMNS = """
            SELECT p.id, p.user_id, p.subject, p.concept, p.mastery_score, p.last_interaction, p.total_interactions,
                   p.streak_days,
                   (SELECT max(i.local_date)
                    FROM interactions i
                    WHERE i.user_id = p.user_id AND i.subject = p.subject AND i.concept = p.concept
                      AND i.occurred_at >= (p.last_interaction AT TIME ZONE 'UTC') - interval '2 days') AS last_date,
                   (SELECT i.time_zone
                    FROM interactions i
                    WHERE i.user_id = $1
                    ORDER BY i.occurred_at DESC, i.id DESC
                    LIMIT 1) AS time_zone
            FROM learning_profiles p
            WHERE p.user_id = $1
            """;

    private static final String LIST = COLUMNS + """
              AND ($2::text IS NULL OR p.subject = $2)
              AND ($3::text IS NULL OR (p.subject, p.concept) > ($3, $4::text))
            ORDER BY p.subject, p.concept
            LIMIT $5
            """;

    private static final String ONE = COLUMNS + """
              AND p.subject = $2 AND p.concept = $3
            """;

    private final Reads reads;
    private final Clock clock;

    @Inject
    Profiles(Reads reads, Clock clock) {
        this.reads = reads;
        this.clock = clock;
    }

    /**
     * The learner's profiles in the order of subject and concept.
     *
     * @param subject only this subject; null for all
     * @param after where the page before it ended; null for the first
     */
    Uni<List<Profile>> list(UUID userId, @Nullable String subject, @Nullable Concept after, int limit) {
        Tuple parameters = Tuple.newInstance(io.vertx.sqlclient.Tuple.of(
                userId,
                subject,
                after == null ? null : after.subject(),
                after == null ? null : after.concept(),
                limit));
        return reads.read(connection -> query(connection, LIST, parameters));
    }

    /** The learner's profile of one concept. */
    Uni<Optional<Profile>> find(UUID userId, Concept concept) {
        Tuple parameters = Tuple.of(userId, concept.subject(), concept.concept());
        return reads.read(connection -> query(connection, ONE, parameters))
                .map(profiles -> profiles.stream().findFirst());
    }

    private Uni<List<Profile>> query(SqlConnection connection, String sql, Tuple parameters) {
        return connection.preparedQuery(sql).execute(parameters).map(this::profiles);
    }

    private List<Profile> profiles(RowSet<Row> rows) {
        return StreamSupport.stream(rows.spliterator(), false)
                .map(this::profile)
                .toList();
    }

    private Profile profile(Row row) {
        Streak streak = new Streak(row.getInteger("streak_days"), row.getLocalDate("last_date"));
        return new Profile(
                row.getUUID("id"),
                row.getUUID("user_id"),
                row.getString("subject"),
                row.getString("concept"),
                row.getDouble("mastery_score"),
                row.getLocalDateTime("last_interaction").toInstant(ZoneOffset.UTC),
                row.getInteger("total_interactions"),
                streak.days(),
                streak.daysAsOf(LocalDate.ofInstant(clock.instant(), ZoneId.of(row.getString("time_zone")))));
    }
}
