package daftar.usage.rollup;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.usage.log.TimeRange;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Repairs of the roll-ups over HTTP, for operators. */
@Path("/v1/usage-rollup-repairs")
@Tag(name = "usage", description = "What a user used")
class RollupRepairResource {

    private static final int MOST_DAYS = 31;
    private static final LocalDate EARLIEST = LocalDate.of(2000, 1, 1);
    private static final LocalDate LATEST = LocalDate.of(2200, 1, 1);

    /**
     * Which days of UTC.
     *
     * @param fromDay inclusive
     * @param toDay exclusive
     */
    record Days(@NotNull LocalDate fromDay, @NotNull LocalDate toDay) {}

    /**
     * What came of it.
     *
     * @param days that were compared
     * @param bucketsRepaired whose sums differed from the rows'; 0 proves that they were equal
     */
    record Repair(long days, long bucketsRepaired) {}

    private final RollupRepair repair;

    @Inject
    RollupRepairResource(RollupRepair repair) {
        this.repair = repair;
    }

    @POST
    @Access(Kind.ADMINISTRATOR)
    @Operation(
            summary = "Compare the roll-ups of some days with the rows, and repair what differs",
            description =
                    "At most 31 days of UTC. Harmless to repeat: a second answer of 0 proves that they are equal. "
                            + "Days whose rows have left the database keep what they have.")
    @APIResponse(responseCode = "200", description = "How much differed")
    @APIResponse(responseCode = "400", description = "The body cannot be read")
    @APIResponse(responseCode = "422", description = "The days are reversed, too many, or outside 2000 to 2199")
    public Uni<Repair> repair(@NotNull @Valid Days days) {
        long count = ChronoUnit.DAYS.between(days.fromDay(), days.toDay());
        if (count < 1 || count > MOST_DAYS) {
            throw TimeRange.invalid("to_day", "must be 1 to " + MOST_DAYS + " days after from_day");
        }
        if (days.fromDay().isBefore(EARLIEST) || days.toDay().isAfter(LATEST)) {
            throw TimeRange.invalid("from_day", "must lie in the years 2000 to 2199");
        }
        return repair.repair(days.fromDay(), days.toDay()).map(buckets -> new Repair(count, buckets));
    }
}
