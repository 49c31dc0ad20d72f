package daftar.kit.request;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import daftar.kit.access.Caller;
import daftar.kit.position.Writes;
import daftar.kit.problem.Problem;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lets a request be repeated without a second effect, by the header {@code Idempotency-Key}
 * (draft-ietf-httpapi-idempotency-key-header-07).
 *
 * <p>The answer is committed with the effect, so that neither is ever there without the other. A
 * repetition within a day is given the same answer; one that comes while the first is at work, 409; the
 * key of another request, 422. A request that failed has changed nothing and may be sent again.
 */
@ApplicationScoped
public class Idempotency {

    /** The header; as a quoted string, as the draft has it, or bare, as most clients send it. */
    public static final String HEADER = "Idempotency-Key";

    private static final Pattern FORM =
            Pattern.compile("\"([\\x21\\x23-\\x5B\\x5D-\\x7E]{1,255})\"|([\\x21\\x23-\\x5B\\x5D-\\x7E]{1,255})");

    private static final Duration LIFE = Duration.ofDays(1);

    private static final String LOCK = """
            SELECT pg_try_advisory_xact_lock(hashtextextended('idempotency_keys ' || $1 || ' ' || $2, 0)) AS mine
            """;

    private static final String FIND = """
            SELECT i.fingerprint, i.answer::text AS answer
            FROM idempotency_keys AS i
            WHERE i.caller = $1
              AND i.key = $2
            """;

    private static final String KEEP = """
            INSERT INTO idempotency_keys (caller, key, fingerprint, answer, recorded_at)
            VALUES ($1, $2, $3, $4::text::jsonb, $5)
            """;

    private static final String FORGET = """
            DELETE FROM idempotency_keys
            WHERE recorded_at < $1
            """;

    /** Answers are written and read by the same mapper; the API's own would not read all that it writes. */
    private static final JsonMapper JSON =
            JsonMapper.builder().findAndAddModules().build();

    private final Writes writes;
    private final Pool primary;
    private final Caller.Current caller;
    private final CurrentVertxRequest http;
    private final Clock clock;

    @Inject
    Idempotency(Writes writes, Pool primary, Caller.Current caller, CurrentVertxRequest http, Clock clock) {
        this.writes = writes;
        this.primary = primary;
        this.caller = caller;
        this.http = http;
        this.clock = clock;
    }

    /**
     * Has the effect in one transaction, unless the key says that it was had: then its result is given
     * again.
     *
     * @param key the header's value; null where the caller does without
     * @param body the request's body, which must be the same with the same key
     * @param type of the result, which is kept as JSON
     */
    public <T> Uni<T> once(@Nullable String key, Object body, Class<T> type, Function<SqlConnection, Uni<T>> effect) {
        if (key == null) {
            return writes.writeSql(effect);
        }
        Tuple id = Tuple.of(nameOf(caller.get()), read(key));
        String fingerprint = fingerprint(body);
        return writes.writeSql(connection -> connection
                .preparedQuery(LOCK)
                .execute(id)
                .invoke(rows -> {
                    if (!rows.iterator().next().getBoolean("mine")) {
                        throw Problem.REQUEST_IN_PROGRESS.because(
                                "The first request with this Idempotency-Key is at work.");
                    }
                })
                .chain(() -> connection.preparedQuery(FIND).execute(id))
                .flatMap(rows -> rows.size() == 0
                        ? effect.apply(connection).call(result -> keep(connection, id, fingerprint, result))
                        : Uni.createFrom().item(() -> answer(rows.iterator().next(), fingerprint, type))));
    }

    @Scheduled(
            every = "{daftar.idempotency.forget-every}",
            delayed = "{daftar.idempotency.forget-every}",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> forget() {
        return primary.preparedQuery(FORGET)
                .execute(Tuple.of(clock.instant().minus(LIFE).atOffset(ZoneOffset.UTC)))
                .replaceWithVoid();
    }

    private Uni<?> keep(SqlConnection connection, Tuple id, String fingerprint, Object result) {
        return connection
                .preparedQuery(KEEP)
                .execute(Tuple.of(
                        id.getString(0),
                        id.getString(1),
                        fingerprint,
                        json(result),
                        clock.instant().atOffset(ZoneOffset.UTC)));
    }

    private static <T> T answer(Row row, String fingerprint, Class<T> type) {
        if (!row.getString("fingerprint").equals(fingerprint)) {
            throw Problem.IDEMPOTENCY_KEY_REUSED.because("This Idempotency-Key was sent with another request.");
        }
        try {
            return JSON.readValue(row.getString("answer"), type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a kept answer is no longer understood", e);
        }
    }

    private static String read(String header) {
        Matcher matcher = FORM.matcher(header);
        if (!matcher.matches()) {
            throw Problem.MALFORMED_REQUEST.because("Idempotency-Key must be 1 to 255 visible ASCII characters.");
        }
        return matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    }

    private static String nameOf(Caller caller) {
        if (caller.userId() != null) {
            return caller.userId().toString();
        }
        return caller.clientId() != null ? "client " + caller.clientId() : "anonymous";
    }

    private String fingerprint(Object body) {
        HttpServerRequest request = http.getCurrent().request();
        String text = request.method() + " " + request.path() + "\n" + json(body);
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot be written as JSON", e);
        }
    }
}
