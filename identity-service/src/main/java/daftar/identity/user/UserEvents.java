package daftar.identity.user;

import daftar.kit.outbox.Outbox;
import java.time.Instant;
import java.util.UUID;

/**
 * What the other services hear of persons on topic {@code user-events}: that there is one, and in which
 * state. Nothing by which a person could be known or reached leaves the slice.
 */
final class UserEvents {

    static final String TOPIC = "user-events";
    static final String REGISTERED = "daftar.identity.user-registered.v1";
    static final String CHANGED = "daftar.identity.user-changed.v1";

    private UserEvents() {}

    /** A person is there. */
    record UserRegistered(UUID userId, String status, Instant createdAt) {}

    /**
     * Something of a person changed.
     *
     * @param version counts the changes: an older one says nothing new
     */
    record UserChanged(UUID userId, String status, long version) {}

    static Outbox.Event registered(UserView user) {
        return new Outbox.Event(
                TOPIC,
                user.id(),
                REGISTERED,
                user.createdAt(),
                new UserRegistered(user.id(), user.status(), user.createdAt()));
    }

    static Outbox.Event changed(User user, Instant now) {
        return new Outbox.Event(TOPIC, user.id, CHANGED, now, new UserChanged(user.id, user.status, user.version));
    }
}
