package daftar.usage.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.inbox.Effect.Rejection;
import daftar.usage.ingest.Judgement.Item;
import daftar.usage.ingest.Judgement.Outgoing;
import daftar.usage.ingest.Judgement.Result;
import daftar.usage.ingest.PostedEvent.Refused;
import daftar.usage.ingest.PostedEvent.Valid;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class JudgementTest {

    private static final UUID USER = UUID.randomUUID();
    private static final UUID OTHER = UUID.randomUUID();
    private static final UUID ONE = UUID.randomUUID();
    private static final UUID TWO = UUID.randomUUID();
    private static final UUID SAYS = UUID.randomUUID();
    private static final UUID SAYS_ELSE = UUID.randomUUID();

    private final Map<UUID, UUID> counted = new HashMap<>();

    @Test
    void whatHasNotCountedIsAccepted() {
        assertEquals(List.of(Result.ACCEPTED, Result.ACCEPTED), results(event(ONE, SAYS), event(TWO, SAYS)));
    }

    @Test
    void whatHasCountedIsADuplicateOrAConflict() {
        counted.put(ONE, SAYS);

        assertEquals(List.of(Result.DUPLICATE, Result.CONFLICT), results(event(ONE, SAYS), event(ONE, SAYS_ELSE)));
    }

    @Test
    void ofWhatCountedBeforeThereWereDigestsNobodyKnowsWhatItSaid() {
        counted.put(ONE, null);

        assertEquals(List.of(Result.DUPLICATE), results(event(ONE, SAYS)));
    }

    @Test
    void theFirstOfARequestIsAcceptedAndWhatFollowsIsHeldAgainstIt() {
        assertEquals(
                List.of(Result.ACCEPTED, Result.DUPLICATE, Result.CONFLICT),
                results(event(ONE, SAYS), event(ONE, SAYS), event(ONE, SAYS_ELSE)));
    }

    @Test
    void anEventOfAnUnknownUserDoesNotStandInAnothersWay() {
        UUID unknown = UUID.randomUUID();

        assertEquals(
                List.of(Result.REJECTED, Result.ACCEPTED), results(event(ONE, SAYS, unknown), event(ONE, SAYS_ELSE)));
    }

    @Test
    void whatIsAcceptedAndConflictsGoToTheTopicAndNothingElse() {
        counted.put(TWO, SAYS);

        Judgement judgement = judge(
                event(ONE, SAYS),
                event(ONE, SAYS),
                event(TWO, SAYS),
                event(TWO, SAYS_ELSE),
                new Refused("x", new Rejection("tokens_used", "is wrong")));

        assertEquals(
                List.of(SAYS, SAYS_ELSE),
                judgement.outgoing().stream()
                        .map(outgoing -> outgoing.event().event().digest())
                        .toList());
        assertEquals(
                new Item("x", Result.REJECTED, "tokens_used is wrong", "/4/data/tokens_used"),
                judgement.items().get(4));
    }

    /** Else the consumer could meet the conflict first, and count it. */
    @Test
    void aConflictWithinARequestFollowsTheAcceptedOneIntoItsPartition() {
        Judgement judgement = judge(event(ONE, SAYS, USER), event(ONE, SAYS_ELSE, OTHER));

        assertEquals(
                List.of(USER, USER),
                judgement.outgoing().stream().map(Outgoing::keyedBy).toList());
    }

    private List<Result> results(PostedEvent... events) {
        return judge(events).items().stream().map(Item::result).toList();
    }

    private Judgement judge(PostedEvent... events) {
        return Judgement.of(Arrays.asList(events), counted, Set.of(USER, OTHER), true);
    }

    private static Valid event(UUID id, UUID digest) {
        return event(id, digest, USER);
    }

    private static Valid event(UUID id, UUID digest, UUID user) {
        UsageRecorded usage = new UsageRecorded(
                id, user, user, "tutor", null, 1, null, null, 0, Instant.EPOCH, BigDecimal.ZERO, null, null, digest);
        return new Valid(id.toString(), usage, null);
    }
}
