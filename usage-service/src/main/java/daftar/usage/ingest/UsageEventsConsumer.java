package daftar.usage.ingest;

import daftar.kit.inbox.Inbox;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.eclipse.microprofile.reactive.messaging.Acknowledgment;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.eclipse.microprofile.reactive.messaging.Message;

/** Takes topic {@code usage-events}, one batch after the other; each is read and sent while the one before is written. */
@Startup
@ApplicationScoped
class UsageEventsConsumer {

    private final Inbox<UsageEvent> inbox;

    @Inject
    UsageEventsConsumer(
            UsageEventsEffect effect,
            Pool primary,
            @Channel("usage-events-dead-letters") MutinyEmitter<byte[]> deadLetters,
            MeterRegistry meters) {
        this.inbox = new Inbox<>(effect, primary, deadLetters, meters);
    }

    @Incoming("usage-events")
    @Acknowledgment(Acknowledgment.Strategy.MANUAL)
    Uni<Void> consume(Message<ConsumerRecords<byte[], byte[]>> batch) {
        return inbox.acceptAhead(batch);
    }
}
