package daftar.quarantine;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import daftar.kit.position.Reads;
import daftar.kit.problem.Problem;
import io.smallrye.mutiny.Uni;
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
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Dead letters over HTTP: to look at, and to try again once their cause is gone ({@link Trials}). */
@Path("/v1/dead-letters")
@Tag(name = "dead letters", description = "Records that had no effect, and trials to let them have it")
class DeadLetterResource {

    private static final String TEXT = "[^\\x00]*";

    record Letter(
            long id,
            String topic,
            int partition,
            long offset,
            String reason,
            Instant recordedAt,
            @Nullable String lastOutcome,
            @Nullable Instant lastRedrivenAt) {}

    /**
     * How many letters there are of one topic and reason.
     *
     * @param waiting those that were neither applied by a trial nor discarded
     */
    record Count(
            String topic, String reason, long letters, long waiting, Instant firstRecordedAt, Instant lastRecordedAt) {}

    record Content(@Nullable String key, @Nullable String value, List<Header> headers) {}

    record Header(String name, @Nullable String value) {}

    record Redrive(
            @NotBlank @Size(max = 500) @Pattern(regexp = TEXT)
            String reason) {}

    record Redrives(
            @NotBlank @Size(max = 249) @Pattern(regexp = TEXT)
            String topic,

            @Nullable @Size(max = 500) @Pattern(regexp = TEXT)
            String reasonPrefix,

            @Nullable @Min(0) Long afterId,
            @Nullable @Min(1) @Max(1000) Integer limit,

            @NotBlank @Size(max = 500) @Pattern(regexp = TEXT)
            String reason) {}

    private final Reads reads;
    private final Trials trials;

    @Inject
    DeadLetterResource(Reads reads, Trials trials) {
        this.reads = reads;
        this.trials = trials;
    }

    @GET
    @Access({Kind.SUPPORT, Kind.ADMINISTRATOR})
    @Operation(
            summary = "List dead letters, the newest first",
            description = "Without their bytes, which may be about a person.")
    @APIResponse(responseCode = "200", description = "A page of dead letters, each with the outcome of its last trial")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public Uni<Page<Letter>> list(
            @Parameter(description = "only this topic's") @QueryParam("topic") @Size(max = 249) @Pattern(regexp = TEXT)
                    String topic,
            @Parameter(description = "only those whose reason begins so")
                    @QueryParam("reason_prefix")
                    @Size(max = 500)
                    @Pattern(regexp = TEXT)
                    String reasonPrefix,
            @Parameter(description = "true: only those that were neither applied nor discarded; false: only the others")
                    @QueryParam("waiting")
                    Boolean waiting,
            @Parameter(description = "RFC 3339, inclusive") @QueryParam("recorded_from") OffsetDateTime recordedFrom,
            @Parameter(description = "RFC 3339, exclusive") @QueryParam("recorded_to") OffsetDateTime recordedTo,
            @QueryParam("cursor") String cursor,
            @QueryParam("limit") @DefaultValue("50") @Min(1) @Max(500) int limit) {
        long before =
                cursor == null ? Long.MAX_VALUE : Cursor.parse(cursor).id().getLeastSignificantBits();
        Tuple parameters = Tuple.from(new Object[] {
            before,
            limit + 1,
            topic,
            reasonPrefix == null ? "" : reasonPrefix,
            recordable("recorded_from", recordedFrom),
            recordable("recorded_to", recordedTo),
            waiting
        });
        return reads.read(connection ->
                        connection.preparedQuery(LetterQueries.LIST).execute(parameters))
                .map(rows -> Page.of(
                        list(rows, DeadLetterResource::letter),
                        limit,
                        letter -> new Cursor(letter.recordedAt(), new UUID(0, letter.id()))));
    }

    @GET
    @Path("/counts")
    @Access({Kind.SUPPORT, Kind.ADMINISTRATOR})
    @Operation(
            summary = "Count dead letters by topic and reason",
            description = "Those with the most that wait first; at most 1,000 reasons.")
    @APIResponse(responseCode = "200", description = "Of each topic and reason: how many there are, and how many wait")
    public Uni<List<Count>> counts() {
        return reads.read(connection ->
                        connection.preparedQuery(LetterQueries.COUNTS).execute())
                .map(rows -> list(rows, DeadLetterResource::count));
    }

    @GET
    @Path("/{id}")
    @Access(Kind.ADMINISTRATOR)
    @Operation(summary = "Read one dead letter's bytes", description = "In Base64.")
    @APIResponse(responseCode = "200", description = "Key, value and headers as they came")
    @APIResponse(responseCode = "404", description = "There is no such dead letter")
    public Uni<Content> one(@PathParam("id") long id) {
        return reads.read(connection ->
                        connection.preparedQuery(LetterQueries.ONE).execute(Tuple.of(id)))
                .map(rows -> only(list(rows, DeadLetterResource::content)));
    }

    @POST
    @Path("/{id}/redrives")
    @Access(Kind.ADMINISTRATOR)
    @Operation(summary = "Try one dead letter again", description = "A repetition has no second effect.")
    @APIResponse(responseCode = "200", description = "applied, or the reason why it had no effect this time either")
    @APIResponse(responseCode = "404", description = "There is no such dead letter")
    @APIResponse(responseCode = "422", description = "The body breaks a rule, or this service does not take the topic")
    public Uni<Trials.Outcome> redrive(@PathParam("id") long id, @NotNull @Valid Redrive redrive) {
        return trials.redrive(LetterQueries.ONE, Tuple.of(id), redrive.reason()).map(DeadLetterResource::only);
    }

    @POST
    @Path("/redrives")
    @Access(Kind.ADMINISTRATOR)
    @Operation(
            summary = "Try a topic's dead letters again",
            description =
                    "Those that wait: neither applied yet nor discarded, the oldest first, at most limit (100 when "
                            + "absent), where reason_prefix is given only those whose reason begins so. To go on, "
                            + "repeat it with the last id as after_id until nothing comes back.")
    @APIResponse(responseCode = "200", description = "Of each: applied, or why it had no effect this time either")
    @APIResponse(responseCode = "422", description = "The body breaks a rule, or this service does not take the topic")
    public Uni<List<Trials.Outcome>> redriveAll(@NotNull @Valid Redrives redrives) {
        trials.requireTaken(redrives.topic());
        return trials.redrive(LetterQueries.WAITING_RECORDS, waiting(redrives), redrives.reason());
    }

    @POST
    @Path("/{id}/discards")
    @Access(Kind.ADMINISTRATOR)
    @Operation(
            summary = "Say that one dead letter will never count",
            description =
                    "It is kept, with who said so and why, and waits no longer. A repetition has no second effect.")
    @APIResponse(responseCode = "200", description = "discarded; or applied, when a trial has applied it before")
    @APIResponse(responseCode = "404", description = "There is no such dead letter")
    @APIResponse(responseCode = "422", description = "The body breaks a rule")
    public Uni<Trials.Outcome> discard(@PathParam("id") long id, @NotNull @Valid Redrive discard) {
        return trials.discard(LetterQueries.DISCARD_ONE, Tuple.of(id), discard.reason())
                .map(DeadLetterResource::only);
    }

    @POST
    @Path("/discards")
    @Access(Kind.ADMINISTRATOR)
    @Operation(
            summary = "Say of a topic's waiting dead letters that they will never count",
            description = "Which ones, and how to go on, is said as for trials.")
    @APIResponse(responseCode = "200", description = "Those that were discarded")
    @APIResponse(responseCode = "422", description = "The body breaks a rule, or this service does not take the topic")
    public Uni<List<Trials.Outcome>> discardAll(@NotNull @Valid Redrives discards) {
        trials.requireTaken(discards.topic());
        return trials.discard(LetterQueries.DISCARD_WAITING, waiting(discards), discards.reason());
    }

    private static Tuple waiting(Redrives which) {
        return Tuple.of(
                which.topic(),
                which.reasonPrefix() == null ? "" : which.reasonPrefix(),
                which.afterId() == null ? 0L : which.afterId(),
                which.limit() == null ? 100 : which.limit());
    }

    /** PostgreSQL's times end long before Java's do. */
    @Nullable
    private static OffsetDateTime recordable(String name, @Nullable OffsetDateTime time) {
        if (time != null && (time.getYear() < 2000 || time.getYear() > 2199)) {
            throw Problem.INVALID_INPUT.because(
                    "See errors for what is wrong and where.",
                    List.of(new Problem.FieldError("/" + name, "must lie in the years 2000 to 2199")));
        }
        return time;
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

    private static Count count(Row row) {
        return new Count(
                row.getString("topic"),
                row.getString("reason"),
                row.getLong("letters"),
                row.getLong("waiting"),
                row.get(OffsetDateTime.class, "first_recorded_at").toInstant(),
                row.get(OffsetDateTime.class, "last_recorded_at").toInstant());
    }

    private static Content content(Row row) {
        ConsumerRecord<byte[], byte[]> record = StoredRecord.record(row);
        List<Header> headers = StreamSupport.stream(record.headers().spliterator(), false)
                .map(header -> new Header(header.key(), StoredRecord.base64(header.value())))
                .toList();
        return new Content(StoredRecord.base64(record.key()), StoredRecord.base64(record.value()), headers);
    }
}
