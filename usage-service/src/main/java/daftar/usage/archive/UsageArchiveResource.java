package daftar.usage.archive;

import com.fasterxml.jackson.annotation.JsonFormat;
import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import daftar.kit.problem.Problem;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.annotation.Nullable;
import jakarta.inject.Inject;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** The archive over HTTP, for operators. */
@Path("/v1/usage-archives")
@Tag(name = "usage archive", description = "Months of usage that have left the database")
class UsageArchiveResource {

    private static final int LARGEST_PAGE = 500;
    private static final LocalDate AFTER_ALL = LocalDate.of(9999, 1, 1);
    private static final int EARLIEST_YEAR = 2000;
    private static final int LATEST_YEAR = 2199;

    /**
     * What to archive.
     *
     * @param month that one alone, if it is due; null for all that are
     */
    record Wanted(
            @Nullable @Schema(type = SchemaType.STRING, nullable = true, examples = "2024-05")
            String month) {}

    /**
     * Whether a run began.
     *
     * @param started false where another one is under way
     */
    record Run(boolean started) {}

    /**
     * One part of the archive.
     *
     * @param part from 1; late events of an archived month make a further part
     * @param state the last step that is done
     * @param attempt from 1; how often the part was exported
     * @param rows of the last export, null before it, as are the sums
     * @param bytes of its files
     * @param failure why the last step failed; null when none has since the one before succeeded
     */
    record ArchivePart(
            @Schema(examples = "2024-05") String month,
            int part,

            @Schema(enumeration = {"sealed", "uploaded", "verified", "detached", "dropped"})
            String state,

            int attempt,
            @Nullable Long rows,
            @Nullable Long tokensUsed,
            @Nullable Long speechSeconds,

            @Nullable
            @JsonFormat(shape = JsonFormat.Shape.STRING)
            @Schema(type = SchemaType.STRING, nullable = true, examples = "12.001250")
            BigDecimal costUsd,

            @Nullable Instant earliest,
            @Nullable Instant latest,
            @Nullable Long bytes,
            @Nullable String failure,
            Instant changedAt) {

        static ArchivePart of(Part part) {
            Manifest manifest = part.manifest();
            Totals totals = manifest == null ? null : manifest.totals();
            return new ArchivePart(
                    YearMonth.from(part.month()).toString(),
                    part.number(),
                    part.state().column(),
                    part.attempt(),
                    totals == null ? null : totals.rows(),
                    totals == null ? null : totals.tokensUsed(),
                    totals == null ? null : totals.speechSeconds(),
                    totals == null ? null : totals.costUsd(),
                    totals == null || totals.earliest() == null
                            ? null
                            : totals.earliest().toInstant(ZoneOffset.UTC),
                    totals == null || totals.latest() == null
                            ? null
                            : totals.latest().toInstant(ZoneOffset.UTC),
                    manifest == null ? null : manifest.bytes(),
                    part.failure(),
                    part.changedAt().toInstant());
        }
    }

    private final Archiver archiver;
    private final Restorations restorations;
    private final UsageArchives archives;
    private final Pool primary;

    @Inject
    UsageArchiveResource(Archiver archiver, Restorations restorations, UsageArchives archives, Pool primary) {
        this.archiver = archiver;
        this.restorations = restorations;
        this.archives = archives;
        this.primary = primary;
    }

    @POST
    @ResponseStatus(202)
    @Access(Kind.ADMINISTRATOR)
    @Operation(
            summary = "Archive the months that are due",
            description = "Goes on by itself; the list tells how far it is. Takes up what earlier runs left undone. "
                    + "Harmless to repeat.")
    @APIResponse(
            responseCode = "202",
            description = "Whether a run began",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = Run.class)))
    @APIResponse(responseCode = "400", description = "The body cannot be read")
    @APIResponse(responseCode = "409", description = "This instance does not archive")
    @APIResponse(responseCode = "422", description = "The month is none")
    public Uni<Run> run(@NotNull Wanted wanted) {
        return archiver.start(wanted.month() == null ? null : month(wanted.month()))
                .map(Run::new);
    }

    @GET
    @Access({Kind.ADMINISTRATOR, Kind.SUPPORT})
    @Operation(summary = "List the archive's parts, newest month first")
    @APIResponse(responseCode = "200", description = "A page of parts")
    @APIResponse(responseCode = "400", description = "The cursor cannot be read")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public Uni<Page<ArchivePart>> list(
            @Parameter(description = "next_cursor of the page before") @QueryParam("cursor") String cursor,
            @QueryParam("limit") @DefaultValue("100") @Min(1) @Max(LARGEST_PAGE) int limit) {
        Cursor after = cursor == null ? null : Cursor.parse(cursor);
        LocalDate month = after == null ? AFTER_ALL : LocalDate.ofInstant(after.time(), ZoneOffset.UTC);
        int part = after == null ? 0 : (int) after.id().getLeastSignificantBits();
        return primary.withConnection(connection -> archives.before(connection, month, part, limit + 1))
                .map(parts -> Page.of(parts, limit, UsageArchiveResource::cursor))
                .map(page ->
                        new Page<>(page.items().stream().map(ArchivePart::of).toList(), page.nextCursor()));
    }

    @POST
    @Path("/{month}/restorations")
    @Access(Kind.ADMINISTRATOR)
    @Operation(
            summary = "Bring a month back to be looked at",
            description = "Into the table usage_logs_restored, beside the log: nothing counts twice. Rows of erased "
                    + "persons are not among them. Harmless to repeat.")
    @APIResponse(responseCode = "200", description = "How much was restored")
    @APIResponse(responseCode = "404", description = "Nothing of the month is archived")
    @APIResponse(responseCode = "409", description = "This instance cannot read the archive")
    @APIResponse(responseCode = "422", description = "The month is none")
    public Uni<Restorations.Restoration> restore(@Parameter(example = "2024-05") @PathParam("month") String month) {
        return restorations.restore(month(month));
    }

    @DELETE
    @Path("/{month}/restorations")
    @Access(Kind.ADMINISTRATOR)
    @Operation(summary = "Delete what was restored of a month", description = "The archive keeps it.")
    @APIResponse(responseCode = "204", description = "There is no copy")
    @APIResponse(responseCode = "422", description = "The month is none")
    public Uni<Void> forget(@Parameter(example = "2024-05") @PathParam("month") String month) {
        return restorations.forget(month(month));
    }

    private static Cursor cursor(Part part) {
        return new Cursor(part.month().atStartOfDay().toInstant(ZoneOffset.UTC), new UUID(0, part.number()));
    }

    private static LocalDate month(String text) {
        try {
            YearMonth month = YearMonth.parse(text);
            if (month.getYear() >= EARLIEST_YEAR && month.getYear() <= LATEST_YEAR) {
                return month.atDay(1);
            }
        } catch (DateTimeException none) {
            // answered below, as a month of another age
        }
        throw Problem.INVALID_INPUT.because(
                "See errors for what is wrong and where.",
                List.of(new Problem.FieldError("/month", "must be a month of 2000 to 2199, as in 2024-05")));
    }
}
