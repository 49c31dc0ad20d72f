package daftar.identity.user;

import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import jakarta.annotation.Nullable;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.UUID;

/** A person, as the API shows them. */
record UserView(
        UUID id,
        String email,
        @Nullable String phone,
        Instant createdAt,
        @Nullable Instant lastLogin,
        String status,
        @Nullable Map<String, Object> profile) {

    /** A representation and the version that it shows, which becomes its ETag. */
    record Versioned(UserView view, long version) {}

    static Versioned of(User user) {
        UserView view = new UserView(
                user.id,
                user.email,
                user.phone,
                utc(user.createdAt),
                utc(user.lastLogin),
                user.status,
                members(user.profile));
        return new Versioned(view, user.version);
    }

    static Versioned of(Row row) {
        UserView view = new UserView(
                row.getUUID("id"),
                row.getString("email"),
                row.getString("phone"),
                utc(row.getLocalDateTime("created_at")),
                utc(row.getLocalDateTime("last_login")),
                row.getString("status"),
                members(row.getJsonObject("profile")));
        return new Versioned(view, row.getLong("version"));
    }

    @Nullable
    private static Instant utc(@Nullable LocalDateTime time) {
        return time == null ? null : time.toInstant(ZoneOffset.UTC);
    }

    @Nullable
    private static Map<String, Object> members(@Nullable JsonObject profile) {
        return profile == null ? null : profile.getMap();
    }
}
