package daftar.usage.ingest;

import daftar.kit.problem.Problem;
import daftar.kit.problem.Problem.FieldError;
import daftar.kit.request.Correlation;
import daftar.kit.telemetry.Traces;
import daftar.usage.ingest.Judgement.Item;
import daftar.usage.ingest.Judgement.Outgoing;
import daftar.usage.ingest.Judgement.Result;
import daftar.usage.ingest.PostedEvent.Valid;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Takes the events of a request into topic {@code usage-events}. They count where all others do, in the topic's consumer:
 * what is said here of duplicates and conflicts is what was known a moment ago, and its word is the last.
 */
@Startup // its meters are there from the beginning
@ApplicationScoped
class PostedEvents {

    /** Events of requests; tag {@code result}. */
    static final String POSTED = "daftar_usage_events_posted_total";

    private static final Logger LOG = Logger.getLogger(PostedEvents.class);

    private static final String USERS = """
            SELECT u.id
            FROM identity.users AS u
            WHERE u.id = ANY ($1::uuid[])
            """;

    private final UsageEventsEffect effect;
    private final UsageEventsProducer producer;
    private final Pool primary;
    private final MeterRegistry meters;

    @Inject
    PostedEvents(UsageEventsEffect effect, UsageEventsProducer producer, Pool primary, MeterRegistry meters) {
        this.effect = effect;
        this.producer = producer;
        this.primary = primary;
        this.meters = meters;
        for (Result result : Result.values()) {
            meters.counter(POSTED, "result", result.wireName());
        }
    }

    /**
     * Completes once the broker has whatever is accepted.
     *
     * @param batch whether the body is to be an array of events, or one event
     */
    Uni<List<Item>> take(byte[] body, boolean batch) {
        Context request = Vertx.currentContext();
        Executor back = request == null ? Runnable::run : step -> request.runOnContext(ignored -> step.run());
        String traceparent = Traces.traceparent();
        String correlationId = String.valueOf(MDC.get(Correlation.FIELD));
        return Uni.createFrom()
                .item(() -> PostedBody.read(body, batch, effect))
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                .emitOn(back)
                .chain(events -> judge(events, batch))
                .call(judgement -> send(judgement.outgoing().stream()
                                .map(event -> record(event, traceparent, correlationId))
                                .toList())
                        .emitOn(back))
                .map(Judgement::items)
                .invoke(this::count)
                .invoke(PostedEvents::refuseWhereAllAreRejected);
    }

    private Uni<Judgement> judge(List<PostedEvent> events, boolean batch) {
        List<UsageRecorded> valid = events.stream()
                .filter(Valid.class::isInstance)
                .map(event -> ((Valid) event).event())
                .toList();
        if (valid.isEmpty()) {
            return Uni.createFrom().item(Judgement.of(events, Map.of(), Set.of(), batch));
        }
        return primary.withConnection(connection -> Uni.combine()
                .all()
                .unis(
                        rows(connection, UsageInsert.DIGESTS, valid, UsageRecorded::id),
                        rows(connection, USERS, valid, UsageRecorded::userId))
                .with((counted, users) -> Judgement.of(events, digests(counted), ids(users), batch)));
    }

    private static Uni<RowSet<Row>> rows(
            SqlConnection connection, String sql, List<UsageRecorded> events, Function<UsageRecorded, UUID> id) {
        UUID[] ids = events.stream().map(id).distinct().toArray(UUID[]::new);
        return connection
                .preparedQuery(sql)
                .execute(Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple().addArrayOfUUID(ids)));
    }

    private static Map<UUID, UUID> digests(RowSet<Row> rows) {
        Map<UUID, UUID> digests = new HashMap<>();
        rows.forEach(row -> digests.put(row.getUUID("id"), row.getUUID("digest")));
        return digests;
    }

    private static Set<UUID> ids(RowSet<Row> rows) {
        Set<UUID> ids = new HashSet<>();
        rows.forEach(row -> ids.add(row.getUUID("id")));
        return ids;
    }

    private Uni<Void> send(List<ProducerRecord<byte[], byte[]>> records) {
        return records.isEmpty()
                ? Uni.createFrom().voidItem()
                : producer.send(records)
                        .onFailure(KafkaException.class)
                        .invoke(failure -> LOG.warnf(
                                "events were not sent: %s", failure.getClass().getSimpleName()))
                        .onFailure(KafkaException.class)
                        .transform(failure -> Problem.UNAVAILABLE.because(
                                "Not all events may have been taken. Send the same again in a moment."));
    }

    private static ProducerRecord<byte[], byte[]> record(
            Outgoing outgoing, @Nullable String traceparent, String correlationId) {
        ProducerRecord<byte[], byte[]> read = outgoing.event().record();
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                read.topic(), null, utf8(outgoing.keyedBy().toString()), read.value(), read.headers());
        if (traceparent != null) {
            record.headers().add(Traces.HEADER, utf8(traceparent));
        }
        record.headers().add(Correlation.FIELD, utf8(correlationId));
        return record;
    }

    private void count(List<Item> items) {
        items.forEach(item ->
                meters.counter(POSTED, "result", item.result().wireName()).increment());
    }

    /** Such a request has changed nothing, and fails as any other that breaks a rule. */
    private static void refuseWhereAllAreRejected(List<Item> items) {
        if (items.stream().allMatch(item -> item.result() == Result.REJECTED)) {
            throw Problem.INVALID_INPUT.because(
                    "No event can be taken: see errors for what is wrong with each.",
                    items.stream()
                            .map(item -> new FieldError(item.pointer(), item.reason()))
                            .toList());
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
