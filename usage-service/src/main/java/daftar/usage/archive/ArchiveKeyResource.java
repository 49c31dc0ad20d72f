package daftar.usage.archive;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** A user's key of the archive over HTTP. */
@Path("/v1/users/{user_id}/usage/archive-key")
@Tag(name = "usage archive", description = "Months of usage that have left the database")
class ArchiveKeyResource {

    private final ArchiveKeys keys;

    @Inject
    ArchiveKeyResource(ArchiveKeys keys) {
        this.keys = keys;
    }

    @DELETE
    @Access(Kind.ADMINISTRATOR)
    @Operation(
            summary = "Destroy the user's key of the archive",
            description =
                    "What the archive holds of the user is unreadable from then on, for ever; restored copies are "
                            + "deleted. Everybody else's stays as it is. Cannot be undone.")
    @APIResponse(responseCode = "204", description = "There is no key")
    public Uni<Void> destroy(@PathParam("user_id") UUID userId) {
        return keys.destroy(userId).replaceWithVoid();
    }
}
