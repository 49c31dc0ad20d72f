package daftar.identity.session;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** How presenting a refresh token ended. */
sealed interface Refreshed {

    /** The session goes on: these are its present token and whom it is for. */
    record Renewed(UUID userId, List<String> roles, RefreshToken token, Instant expiresAt) implements Refreshed {}

    /** The token is worth nothing, or nothing any longer. */
    record Refused() implements Refreshed {}
}
