package daftar.usage.quota;

import daftar.kit.inbox.Inbox;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** Takes topic {@code subscription-events}, one batch after the other. */
@Startup
@ApplicationScoped
class SubscriptionEventsConsumer {

    private final Inbox<Allowance> inbox;

    @Inject
    SubscriptionEventsConsumer(
            Allowances allowances,
            Pool primary,
            @Channel("subscription-events-dead-letters") MutinyEmitter<byte[]> deadLetters,
            MeterRegistry meters) {
        this.inbox = new Inbox<>(allowances, primary, deadLetters, meters);
    }

    @Incoming("subscription-events")
    Uni<Void> consume(ConsumerRecords<byte[], byte[]> batch) {
        return inbox.accept(batch);
    }
}
