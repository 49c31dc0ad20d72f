package daftar.usage.ingest;

import static daftar.usage.ingest.UsageEvents.await;
import static daftar.usage.ingest.UsageEvents.record;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Topics;
import daftar.usage.price.PricesOfTests;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an event costs: as its producer says, else by the price book. Each test has a service and a model of its own. */
@QuarkusTest
@WithTestResource(TestStack.class)
class CostTest {

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final String service = "s" + user;
    private final MeterRegistry meters;
    private final PricesOfTests prices;

    @Inject
    CostTest(MeterRegistry meters, PricesOfTests prices) {
        this.meters = meters;
        this.prices = prices;
    }

    @BeforeEach
    void price() {
        price("a", "input_token", "2.50", "2026-01-01T00:00:00Z");
        price("a", "output_token", "10", "2026-01-01T00:00:00Z");
        price("a", "output_token", "20", "2026-01-02T00:00:00Z");
        price(null, "token", "4", "2026-01-01T00:00:00Z");
        prices.read();
    }

    @AfterEach
    void forget() {
        stack.execute("usage_owner", "DELETE FROM prices WHERE service_name = ?", service);
        prices.read();
    }

    @Test
    void aCostThatIsNotReportedIsComputedByThePriceOfTheEventsTime() {
        send(List.of(
                event("\"model\":\"a\",\"input_tokens\":1000,\"output_tokens\":100", "2026-01-01T23:59:59.999999Z")));
        send(List.of(event("\"model\":\"a\",\"input_tokens\":1000,\"output_tokens\":100", "2026-01-02T00:00:00Z")));
        send(List.of(event("\"tokens_used\":10", "2026-01-02T00:00:01Z")));

        await().until(() -> rows().size() == 3);
        assertEquals(
                List.of(
                        Map.of("tokens_used", 1100, "cost_usd", new BigDecimal("0.003500")),
                        Map.of("tokens_used", 1100, "cost_usd", new BigDecimal("0.004500")),
                        Map.of("tokens_used", 10, "cost_usd", new BigDecimal("0.000040"))),
                rows());
        assertEquals(
                Map.of("model", "a", "input_tokens", 1000, "output_tokens", 100),
                stack.query("usage_owner", """
                                SELECT model, input_tokens, output_tokens FROM usage_logs
                                WHERE user_id = ? ORDER BY "timestamp" LIMIT 1""", user).get(0));
        assertEquals(
                new BigDecimal("0.008040"),
                stack.query("usage_owner", """
                                SELECT sum(cost_usd) AS cost_usd FROM usage_rollups
                                WHERE user_id = ? AND bucket_minutes = 1440""", user).get(0).get("cost_usd"));
    }

    @Test
    void aRepetitionAfterAChangeOfPriceIsADuplicate() {
        ProducerRecord<byte[], byte[]> event = event("\"tokens_used\":10", "2026-01-03T00:00:00Z");
        send(List.of(event));
        await().until(() -> rows().size() == 1);
        price(null, "token", "8", "2026-01-02T00:00:00Z");
        prices.read();

        send(List.of(event));
        send(List.of(event("\"tokens_used\":10", "2026-01-03T00:00:01Z")));

        await().until(() -> rows().size() == 2);
        assertEquals(new BigDecimal("0.000040"), rows().get(0).get("cost_usd"));
        assertEquals(new BigDecimal("0.000080"), rows().get(1).get("cost_usd"));
        assertEquals(
                0,
                stack.number(
                        "usage_owner",
                        "SELECT count(*) FROM dead_letters WHERE key = ?",
                        UsageEvents.utf8(user.toString())));
    }

    @Test
    void aReportedCostCountsAndItsDriftIsKeptOnceHoweverOftenTheEventComes() {
        double before = meters.counter(UsageIngest.PRICE_DRIFTS).count();
        ProducerRecord<byte[], byte[]> drifted =
                event("\"tokens_used\":1000,\"cost_usd\":\"0.005\"", "2026-01-01T00:00:00Z");

        send(List.of(drifted, drifted));
        await().until(() -> rows().size() == 1);
        send(List.of(drifted, event("\"tokens_used\":1000,\"cost_usd\":\"0.004039\"", "2026-01-01T00:00:01Z")));

        await().until(() -> rows().size() == 2);
        assertEquals(new BigDecimal("0.005000"), rows().get(0).get("cost_usd"));
        assertEquals(
                List.of(Map.of(
                        "reported_cost_usd", new BigDecimal("0.005000"),
                        "computed_cost_usd", new BigDecimal("0.004000"),
                        "usd_per_million", new BigDecimal("4.000000"))),
                stack.query("usage_owner", """
                        SELECT d.reported_cost_usd, d.computed_cost_usd, p.usd_per_million
                        FROM usage_price_drifts AS d JOIN prices AS p ON p.id = ANY (d.price_ids)
                        WHERE d.user_id = ?""", user));
        assertEquals(before + 1, meters.counter(UsageIngest.PRICE_DRIFTS).count());
    }

    @Test
    void anEventWithoutAPriceCountsWithNoCostAndIsCountedAsSuchOnce() {
        double before = meters.counter(UsageIngest.UNPRICED).count();
        ProducerRecord<byte[], byte[]> unpriced = event("\"speech_seconds\":3", "2026-01-01T00:00:00Z");

        send(List.of(unpriced, unpriced));
        await().until(() -> rows().size() == 1);
        send(List.of(unpriced, event("\"speech_seconds\":3,\"cost_usd\":\"0.1\"", "2026-01-01T00:00:01Z")));

        await().until(() -> rows().size() == 2);
        assertEquals(new BigDecimal("0.000000"), rows().get(0).get("cost_usd"));
        assertEquals(before + 1, meters.counter(UsageIngest.UNPRICED).count());
    }

    @Test
    void aCostThatNoRowCanHoldIsADeadLetterAndTheOthersCount() {
        price(null, "token", "999999", "2026-01-02T00:00:00Z");
        prices.read();

        send(List.of(
                event("\"tokens_used\":2000000000", "2026-01-03T00:00:00Z"),
                event("\"tokens_used\":1", "2026-01-03T00:00:01Z")));

        await().until(() -> stack.number(
                        "usage_owner",
                        "SELECT count(*) FROM dead_letters WHERE key = ?",
                        UsageEvents.utf8(user.toString()))
                == 1);
        await().until(() -> rows().size() == 1);
        assertEquals(new BigDecimal("0.999999"), rows().get(0).get("cost_usd"));
    }

    private List<Map<String, Object>> rows() {
        return stack.query(
                "usage_owner",
                "SELECT tokens_used, cost_usd FROM usage_logs WHERE user_id = ? ORDER BY \"timestamp\"",
                user);
    }

    private void price(String model, String unit, String usdPerMillion, String from) {
        stack.execute(
                "usage_owner",
                "INSERT INTO prices VALUES (gen_random_uuid(), ?, ?, ?, ?::numeric, ?::timestamptz, 'test', now())",
                service,
                model,
                unit,
                usdPerMillion,
                from);
    }

    private ProducerRecord<byte[], byte[]> event(String fields, String time) {
        return record(3, UUID.randomUUID().toString(), user, """
                {"user_id":"%s","session_id":"%s","service_name":"%s",%s,"timestamp":"%s"}""".formatted(user, user, service, fields, time));
    }

    private void send(List<ProducerRecord<byte[], byte[]>> records) {
        try (Topics topics = new Topics(stack)) {
            topics.send(records);
        }
    }
}
