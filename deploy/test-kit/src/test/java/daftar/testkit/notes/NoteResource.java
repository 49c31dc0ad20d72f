package daftar.testkit.notes;

import static daftar.kit.access.Caller.Kind.ADMINISTRATOR;
import static daftar.kit.access.Caller.Kind.ANYONE;
import static daftar.kit.access.Caller.Kind.GUARDIAN;
import static daftar.kit.access.Caller.Kind.PERSON;
import static daftar.kit.access.Caller.Kind.SERVICE;
import static daftar.kit.access.Caller.Kind.SUPPORT;

import daftar.kit.access.Access;
import daftar.kit.access.Caller;
import daftar.kit.outbox.Outbox;
import daftar.kit.page.Page.Cursor;
import daftar.kit.position.Reads;
import daftar.kit.position.Writes;
import daftar.kit.request.Idempotency;
import io.smallrye.mutiny.Uni;
import io.vertx.core.VertxException;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jboss.resteasy.reactive.RestPath;

/** The smallest service that uses the whole kit. */
@Path("/v1")
public class NoteResource {

    public record NewNote(
            @NotNull UUID id,
            @NotNull UUID userId,
            @NotBlank @Size(max = 20) String text,
            Instant writtenAt,
            @Valid Origin origin) {}

    public record Origin(@NotBlank String device) {}

    public record Text(@NotBlank @Size(max = 20) String text) {}

    public record Written(UUID id) {}

    public record Count(long notes) {}

    private final Reads reads;
    private final Writes writes;
    private final Caller.Current caller;
    private final Idempotency idempotency;
    private final Outbox outbox;

    NoteResource(Reads reads, Writes writes, Caller.Current caller, Idempotency idempotency, Outbox outbox) {
        this.outbox = outbox;
        this.idempotency = idempotency;
        this.reads = reads;
        this.writes = writes;
        this.caller = caller;
    }

    @POST
    @Path("/notes")
    @Access(value = SERVICE, scope = "notes:write")
    public Uni<Count> write(@Valid @NotNull NewNote note) {
        return writes.writeSql(connection -> connection
                .preparedQuery("INSERT INTO notes (id, user_id, text) VALUES ($1, $2, $3)")
                .execute(Tuple.of(note.id(), note.userId(), note.text()))
                .map(rows -> new Count(rows.rowCount())));
    }

    @POST
    @Path("/users/{user_id}/notes")
    @Access(PERSON)
    public Uni<Written> writeOnce(
            @RestPath("user_id") UUID userId,
            @HeaderParam(Idempotency.HEADER) String idempotencyKey,
            @Valid @NotNull Text text) {
        return idempotency.once(
                idempotencyKey,
                text,
                Written.class,
                connection -> connection
                        .preparedQuery("INSERT INTO notes (id, user_id, text) VALUES (gen_random_uuid(), $1, $2)"
                                + " RETURNING id")
                        .execute(Tuple.of(userId, text.text()))
                        .map(rows -> new Written(rows.iterator().next().getUUID("id"))));
    }

    @GET
    @Path("/users/{user_id}/notes")
    @Access(
            value = {PERSON, GUARDIAN, SERVICE, SUPPORT, ADMINISTRATOR},
            scope = "notes:read")
    public Uni<Count> count(@RestPath("user_id") UUID userId, @QueryParam("limit") @Max(10) int limit) {
        return reads.read(connection -> connection
                .preparedQuery("SELECT count(*) AS notes FROM notes WHERE user_id = $1")
                .execute(Tuple.of(userId))
                .map(rows -> new Count(rows.iterator().next().getLong("notes"))));
    }

    /** Counts for a long time on the replica, and at once on the primary. */
    @GET
    @Path("/slow")
    @Access(ANYONE)
    public Uni<Count> slow() {
        return reads.read(connection -> connection
                .preparedQuery("SELECT count(*) AS notes FROM notes,"
                        + " pg_sleep(CASE WHEN pg_is_in_recovery() THEN 30 ELSE 0 END)")
                .execute()
                .map(rows -> new Count(rows.iterator().next().getLong("notes"))));
    }

    @POST
    @Path("/users/{user_id}/events")
    @Access(PERSON)
    public Uni<Void> publish(@RestPath("user_id") UUID userId) {
        var event = new Outbox.Event("user-events", userId, "daftar.notes.written.v1", Instant.now(), new Count(1));
        return writes.writeSql(connection -> outbox.append(connection, List.of(event)));
    }

    @GET
    @Path("/me")
    @Access(PERSON)
    public Uni<String> me() {
        return Uni.createFrom().item(caller.get().userId().toString());
    }

    @GET
    @Path("/broken")
    @Access(ANYONE)
    public Uni<Count> broken() {
        return reads.read(connection -> connection
                .preparedQuery("SELECT no_such_column FROM notes")
                .execute()
                .map(rows -> new Count(0)));
    }

    /** Ends its own session, as a server that dies does. */
    @POST
    @Path("/terminated")
    @Access(ANYONE)
    public Uni<Count> terminated() {
        return writes.writeSql(connection -> connection
                .query("SELECT pg_terminate_backend(pg_backend_pid())")
                .execute()
                .map(rows -> new Count(0)));
    }

    /** What the client says of a statement whose connection is gone. */
    @GET
    @Path("/lost")
    @Access(ANYONE)
    public Uni<Count> lost() {
        return Uni.createFrom().failure(new VertxException("Connection was closed", true));
    }

    @GET
    @Path("/cursor")
    @Access(ANYONE)
    public List<String> cursor(@QueryParam("cursor") String cursor) {
        return List.of(Cursor.parse(cursor).toString());
    }

    @GET
    @Path("/without-rule")
    public Uni<String> withoutRule() {
        return Uni.createFrom().item("nobody may read this");
    }
}
