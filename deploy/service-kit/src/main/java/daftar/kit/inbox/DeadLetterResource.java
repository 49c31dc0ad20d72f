package daftar.kit.inbox;

import daftar.kit.access.Access;
import daftar.kit.access.Caller;
import daftar.kit.access.Caller.Kind;
import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import daftar.kit.position.Reads;
import daftar.kit.position.Writes;
import daftar.kit.problem.Problem;
import io.quarkus.arc.All;
import io.quarkus.resteasy.reactive.server.EndpointDisabled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/**
 * Dead letters over HTTP: to look at, and to try again once their cause is gone.
 *
 * <p>A trial runs the stored record through its topic's {@link Effect} in this process, not through the
 * topic, whose other consumers have had it. The effect de-duplicates as ever, so a trial may be repeated,
 * also after a crash between the effect and the row that tells of it.
 */
@Path("/v1/dead-letters")
@Tag(name = "dead letters", description = "Records that had no effect, and trials to let them have it")
@EndpointDisabled(name = "daftar.inbox", stringValue = "false")
class DeadLetterResource {

    private static final String LIST = """
            SELECT d.id, d.topic, d.partition, d."offset", d.reason, d.recorded_at, r.outcome, r.redriven_at
            FROM dead_letters AS d
            LEFT JOIN LATERAL (
                SELECT t.outcome, t.redriven_at FROM dead_letter_redrives AS t
                WHERE t.dead_letter_id = d.id ORDER BY t.id DESC LIMIT 1
            ) AS r ON true
            WHERE d.id < $1
            ORDER BY d.id DESC
            LIMIT $2
            """;

    private static final String RECORDS = """
            SELECT d.id, d.topic, d.partition, d."offset", d.key, d.value, d.headers
            FROM dead_letters AS d
            """;

    private static final String ONE = RECORDS + "WHERE d.id = $1";

    private static final String WAITING = RECORDS + """
            WHERE d.topic = $1
              AND starts_with(d.reason, $2)
              AND d.id > $3
              AND NOT EXISTS (
                  SELECT FROM dead_letter_redrives AS t WHERE t.dead_letter_id = d.id AND t.outcome = 'applied')
            ORDER BY d.id
            LIMIT $4
            """;

    private static final String TELL = """
            INSERT INTO dead_letter_redrives (dead_letter_id, actor, reason, outcome, redriven_at)
            SELECT r.dead_letter_id, $3, $4, r.outcome, $5
            FROM unnest($1::bigint[], $2::text[]) AS r (dead_letter_id, outcome)
            RETURNING dead_letter_id, outcome
            """;

    record Letter(
            long id,
            String topic,
            int partition,
            long offset,
            String reason,
            Instant recordedAt,
            @Nullable String lastOutcome,
            @Nullable Instant lastRedrivenAt) {}

    record Content(@Nullable String key, @Nullable String value, List<Header> headers) {}

    record Header(String name, @Nullable String value) {}

    record Redrive(
            @NotBlank @Size(max = 500) @Pattern(regexp = "[^\\x00]*")
            String reason) {}

    record Redrives(
            @NotBlank @Size(max = 249) @Pattern(regexp = "[^\\x00]*")
            String topic,

            @Nullable @Size(max = 500) @Pattern(regexp = "[^\\x00]*")
            String reasonPrefix,

            @Nullable @Min(0) Long afterId,
            @Nullable @Min(1) @Max(1000) Integer limit,

            @NotBlank @Size(max = 500) @Pattern(regexp = "[^\\x00]*")
            String reason) {}

    record Outcome(long id, String outcome) {}

    private final Map<String, Effect<?>> effects;
    private final Pool primary;
    private final Reads reads;
    private final Writes writes;
    private final Caller.Current caller;
    private final Clock clock;

    @Inject
    DeadLetterResource(
            @All List<Effect<?>> effects,
            Pool primary,
            Reads reads,
            Writes writes,
            Caller.Current caller,
            Clock clock) {
        this.effects = effects.stream().collect(Collectors.toMap(Effect::topic, Function.identity()));
        this.primary = primary;
        this.reads = reads;
        this.writes = writes;
        this.caller = caller;
        this.clock = clock;
    }

    @GET
    @Access({Kind.SUPPORT, Kind.ADMINISTRATOR})
    @Operation(
            summary = "List dead letters, the newest first",
            description = "Without their bytes, which may be about a person.")
    @APIResponse(responseCode = "200", description = "A page of dead letters, each with the outcome of its last trial")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public Uni<Page<Letter>> list(
            @QueryParam("cursor") String cursor, @QueryParam("limit") @DefaultValue("50") @Min(1) @Max(500) int limit) {
        long before =
                cursor == null ? Long.MAX_VALUE : Cursor.parse(cursor).id().getLeastSignificantBits();
        return reads.read(connection -> connection.preparedQuery(LIST).execute(Tuple.of(before, limit + 1)))
                .map(rows -> Page.of(
                        list(rows, DeadLetterResource::letter),
                        limit,
                        letter -> new Cursor(letter.recordedAt(), new UUID(0, letter.id()))));
    }

    @GET
    @Path("/{id}")
    @Access(Kind.ADMINISTRATOR)
    @Operation(summary = "Read one dead letter's bytes", description = "In Base64.")
    @APIResponse(responseCode = "200", description = "Key, value and headers as they came")
    @APIResponse(responseCode = "404", description = "There is no such dead letter")
    public Uni<Content> one(@PathParam("id") long id) {
        return reads.read(connection -> connection.preparedQuery(ONE).execute(Tuple.of(id)))
                .map(rows -> only(list(rows, DeadLetterResource::content)));
    }

    @POST
    @Path("/{id}/redrives")
    @Access(Kind.ADMINISTRATOR)
    @Operation(summary = "Try one dead letter again", description = "A repetition has no second effect.")
    @APIResponse(responseCode = "200", description = "applied, or the reason why it had no effect this time either")
    @APIResponse(responseCode = "404", description = "There is no such dead letter")
    @APIResponse(responseCode = "422", description = "The body breaks a rule, or this service does not take the topic")
    public Uni<Outcome> redrive(@PathParam("id") long id, @NotNull @Valid Redrive redrive) {
        return primary.preparedQuery(ONE)
                .execute(Tuple.of(id))
                .chain(rows -> redrive(rows, redrive.reason()))
                .map(DeadLetterResource::only);
    }

    @POST
    @Path("/redrives")
    @Access(Kind.ADMINISTRATOR)
    @Operation(
            summary = "Try a topic's dead letters again",
            description = "Those that no trial has applied yet, the oldest first, at most limit (100 when "
                    + "absent), where reason_prefix is given only those whose reason begins so. To go on, "
                    + "repeat it with the last id as after_id until nothing comes back.")
    @APIResponse(responseCode = "200", description = "Of each: applied, or why it had no effect this time either")
    @APIResponse(responseCode = "422", description = "The body breaks a rule, or this service does not take the topic")
    public Uni<List<Outcome>> redriveAll(@NotNull @Valid Redrives redrives) {
        effectOf(redrives.topic());
        Tuple parameters = Tuple.of(
                redrives.topic(),
                redrives.reasonPrefix() == null ? "" : redrives.reasonPrefix(),
                redrives.afterId() == null ? 0 : redrives.afterId(),
                redrives.limit() == null ? 100 : redrives.limit());
        return primary.preparedQuery(WAITING).execute(parameters).chain(rows -> redrive(rows, redrives.reason()));
    }

    /** Lets records of one topic have their effect, in their order, then tells what came of it. */
    private Uni<List<Outcome>> redrive(RowSet<Row> rows, String reason) {
        // a record equals itself alone
        Map<ConsumerRecord<byte[], byte[]>, Long> ids = new LinkedHashMap<>();
        rows.forEach(row -> ids.put(DeadLetters.record(row), row.getLong("id")));
        if (ids.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        String actor = caller.get().userId().toString();
        String topic = ids.keySet().iterator().next().topic();
        return Inbox.attempt(effectOf(topic), ids.keySet(), false).chain(refused -> {
            Map<Long, String> outcomes = new TreeMap<>();
            ids.values().forEach(id -> outcomes.put(id, "applied"));
            refused.forEach(letter -> outcomes.put(ids.get(letter.record()), letter.reason()));
            Tuple told = Tuple.of(
                    outcomes.keySet().toArray(Long[]::new),
                    outcomes.values().toArray(String[]::new),
                    actor,
                    reason,
                    clock.instant().atOffset(ZoneOffset.UTC));
            return writes.writeSql(connection -> connection.preparedQuery(TELL).execute(told))
                    .map(rowsTold -> list(
                            rowsTold, row -> new Outcome(row.getLong("dead_letter_id"), row.getString("outcome"))));
        });
    }

    private Effect<?> effectOf(String topic) {
        if (!effects.containsKey(topic)) {
            throw Problem.UNKNOWN_REFERENCE.because("This service does not take that topic.");
        }
        return effects.get(topic);
    }

    private static <T> T only(List<T> found) {
        return found.stream().findFirst().orElseThrow(() -> Problem.NOT_FOUND.because("There is no such dead letter."));
    }

    private static <T> List<T> list(RowSet<Row> rows, Function<Row, T> read) {
        return StreamSupport.stream(rows.spliterator(), false).map(read).toList();
    }

    private static Letter letter(Row row) {
        OffsetDateTime redrivenAt = row.get(OffsetDateTime.class, "redriven_at");
        return new Letter(
                row.getLong("id"),
                row.getString("topic"),
                row.getInteger("partition"),
                row.getLong("offset"),
                row.getString("reason"),
                row.get(OffsetDateTime.class, "recorded_at").toInstant(),
                row.getString("outcome"),
                redrivenAt == null ? null : redrivenAt.toInstant());
    }

    private static Content content(Row row) {
        ConsumerRecord<byte[], byte[]> record = DeadLetters.record(row);
        List<Header> headers = StreamSupport.stream(record.headers().spliterator(), false)
                .map(header -> new Header(header.key(), DeadLetters.base64(header.value())))
                .toList();
        return new Content(DeadLetters.base64(record.key()), DeadLetters.base64(record.value()), headers);
    }
}
