package daftar.kit.telemetry;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Nullable;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.header.Header;

/** Traces (W3C Trace Context) where no library carries them: through the outbox and through batches. */
public final class Traces {

    /** The header of requests and of Kafka records. */
    public static final String HEADER = "traceparent";

    private static final Pattern FORM = Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2}).*");

    /** OpenTelemetry keeps no more on one span. */
    private static final int MOST_LINKS = 128;

    private Traces() {}

    /** The present span as a {@code traceparent}, to be carried along with an event; null outside of one. */
    public static @Nullable String traceparent() {
        SpanContext span = Span.current().getSpanContext();
        String flags = span.getTraceFlags().asHex();
        return span.isValid() ? "00-" + span.getTraceId() + "-" + span.getSpanId() + "-" + flags : null;
    }

    /**
     * Works on a batch in one span; one for each record would cost more than it tells. Where all records
     * come from one trace the span belongs to it, else it begins a trace that links to theirs. Of a large batch the first
     * records are looked at alone.
     */
    @SuppressWarnings("MustBeClosedChecker") // closed when the work ends, which is after this method
    public static <T> Uni<T> consuming(ConsumerRecords<byte[], byte[]> batch, Supplier<Uni<T>> work) {
        return Uni.createFrom().deferred(() -> {
            Span span = begin(batch);
            Scope scope = span.makeCurrent();
            return work.get().onTermination().invoke(() -> {
                scope.close();
                span.end();
            });
        });
    }

    private static Span begin(ConsumerRecords<byte[], byte[]> batch) {
        Set<SpanContext> producers = new LinkedHashSet<>();
        for (ConsumerRecord<byte[], byte[]> record : (Iterable<ConsumerRecord<byte[], byte[]>>)
                StreamSupport.stream(batch.spliterator(), false).limit(MOST_LINKS)::iterator) {
            Header header = record.headers().lastHeader(HEADER);
            if (header != null && header.value() != null) {
                Matcher form = FORM.matcher(new String(header.value(), StandardCharsets.US_ASCII));
                if (form.matches()) {
                    TraceFlags flags = TraceFlags.fromHex(form.group(3), 0);
                    producers.add(SpanContext.createFromRemoteParent(
                            form.group(1), form.group(2), flags, TraceState.getDefault()));
                }
            }
        }
        SpanBuilder span = GlobalOpenTelemetry.getTracer("daftar")
                .spanBuilder("process " + batch.iterator().next().topic())
                .setSpanKind(SpanKind.CONSUMER)
                .setNoParent();
        producers.forEach(span::addLink);
        if (producers.stream().map(SpanContext::getTraceId).distinct().count() == 1) {
            span.setParent(Context.root().with(Span.wrap(producers.iterator().next())));
        }
        return span.startSpan();
    }

    /** Takes from spans what may point to a person; OpenTelemetry can overwrite attributes, not remove them. */
    @Singleton
    static class Discreet implements SpanProcessor {

        private static final List<AttributeKey<String>> PERSONAL = List.of(
                AttributeKey.stringKey("client.address"),
                AttributeKey.stringKey("url.full"),
                AttributeKey.stringKey("url.path"),
                AttributeKey.stringKey("url.query"),
                AttributeKey.stringKey("user_agent.original"));

        @Override
        public void onStart(Context parent, ReadWriteSpan span) {
            PERSONAL.stream().filter(key -> span.getAttribute(key) != null).forEach(key -> span.setAttribute(key, ""));
        }

        @Override
        public boolean isStartRequired() {
            return true;
        }

        @Override
        public void onEnd(ReadableSpan span) {}

        @Override
        public boolean isEndRequired() {
            return false;
        }
    }
}
