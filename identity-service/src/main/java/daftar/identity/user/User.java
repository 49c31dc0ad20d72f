package daftar.identity.user;

import io.vertx.core.json.JsonObject;
import jakarta.annotation.Nullable;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.LocalDateTime;
import java.util.UUID;

/** A row of {@code users}; its times are in UTC. */
@Entity
@Table(name = "users")
class User {

    @Id
    UUID id;

    String email;

    @Nullable
    String phone;

    @Column(name = "created_at")
    LocalDateTime createdAt;

    @Nullable
    @Column(name = "last_login")
    LocalDateTime lastLogin;

    String status;

    @Nullable
    JsonObject profile;

    /** Counts the changes that are made here; a login, which only sets {@code last_login}, is none. */
    @Version
    long version;
}
