package daftar.identity.session;

import jakarta.annotation.Nullable;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** How presenting a refresh token ended. */
sealed interface Refreshed {

    /** Whom a session is for; the address is null until they have proved that it is theirs. */
    record Person(UUID userId, List<String> roles, @Nullable String verifiedEmail) {

        @Override
        public String toString() {
            return "Person[" + userId + "]";
        }
    }

    /** The session goes on: these are its present token and whom it is for. */
    record Renewed(Person person, RefreshToken token, Instant expiresAt) implements Refreshed {}

    /** The token is worth nothing, or nothing any longer. */
    record Refused() implements Refreshed {}
}
