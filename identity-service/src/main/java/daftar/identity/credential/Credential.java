package daftar.identity.credential;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;

/** A row of {@code credentials}. */
@Entity
@Table(name = "credentials")
class Credential {

    @Id
    @Column(name = "user_id")
    UUID userId;

    @Column(name = "password_hash")
    String passwordHash;

    @Column(name = "changed_at")
    Instant changedAt;
}
