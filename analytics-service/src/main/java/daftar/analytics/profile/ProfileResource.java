package daftar.analytics.profile;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.kit.page.Page;
import daftar.kit.problem.Problem;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Learners' profiles over HTTP. */
@Path("/v1/users/{user_id}/profiles")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "profiles", description = "What a learner masters, one profile a concept")
class ProfileResource {

    private static final int LARGEST_PAGE = 100;
    private static final String NO_CONTROL_CHARACTERS = "[^\\p{Cc}\\p{Cs}]*";

    private final Profiles profiles;

    @Inject
    ProfileResource(Profiles profiles) {
        this.profiles = profiles;
    }

    @GET
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "profiles:read")
    @Operation(
            summary = "Read a learner's profiles, by subject and concept",
            description = "streak_days is as of last_interaction, current_streak_days as of now. A user of whom "
                    + "nothing is known has no profiles.")
    @APIResponse(responseCode = "200", description = "A page of profiles")
    @APIResponse(responseCode = "400", description = "The cursor is not one that a page ended with")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public Uni<Page<Profile>> list(
            @PathParam("user_id") UUID userId,
            @QueryParam("subject") @Size(min = 1, max = 100) @Pattern(regexp = NO_CONTROL_CHARACTERS) String subject,
            @QueryParam("cursor") String cursor,
            @QueryParam("limit") @DefaultValue("50") @Min(1) @Max(LARGEST_PAGE) int limit) {
        Concept after = cursor == null ? null : ProfileCursor.parse(cursor);
        return profiles.list(userId, subject, after, limit + 1).map(oneMore -> page(oneMore, limit));
    }

    @GET
    @Path("/{subject}/{concept}")
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "profiles:read")
    @Operation(summary = "Read a learner's profile of one concept")
    @APIResponse(responseCode = "200", description = "The profile")
    @APIResponse(responseCode = "404", description = "The learner has no interaction with this concept")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public Uni<Profile> one(
            @PathParam("user_id") UUID userId,
            @PathParam("subject") @Size(max = 100) @Pattern(regexp = NO_CONTROL_CHARACTERS) String subject,
            @PathParam("concept") @Size(max = 200) @Pattern(regexp = NO_CONTROL_CHARACTERS) String concept) {
        return profiles.find(userId, new Concept(subject, concept))
                .map(found -> found.orElseThrow(
                        () -> Problem.NOT_FOUND.because("The learner has no interaction with this concept.")));
    }

    private static Page<Profile> page(List<Profile> oneMore, int size) {
        if (oneMore.size() <= size) {
            return new Page<>(oneMore, null);
        }
        Profile last = oneMore.get(size - 1);
        return new Page<>(oneMore.subList(0, size), ProfileCursor.of(new Concept(last.subject(), last.concept())));
    }
}
