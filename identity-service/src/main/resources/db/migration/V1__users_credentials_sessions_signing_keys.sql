-- Phase: expand. Safe while the service runs: it only creates tables, which nobody reads before this has committed.
-- Runs as identity_owner with search_path identity. The default privileges give identity_app SELECT, INSERT, UPDATE and
-- DELETE on every table made here; what the application has no need of is taken back at the end.

CREATE TABLE users (
    id         UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    email      VARCHAR(255) UNIQUE NOT NULL,
    phone      VARCHAR(20),
    created_at TIMESTAMP DEFAULT NOW(),
    last_login TIMESTAMP,
    status     VARCHAR(20) DEFAULT 'active',
    profile    JSONB,
    version    bigint NOT NULL DEFAULT 0
);

CREATE INDEX idx_users_email ON users (email);
CREATE UNIQUE INDEX users_email_lower_uq ON users (lower(email));

COMMENT ON TABLE users IS 'Who a person is. Every other table of the platform refers to users(id) and to nothing else here.';
COMMENT ON COLUMN users.id IS 'gdpr: pseudonym; refers to the person everywhere; keep, it means nothing once the rest is erased';
COMMENT ON COLUMN users.email IS 'gdpr: contact; login and mail to the person; overwrite on erasure. Stored in lower case';
COMMENT ON COLUMN users.phone IS 'gdpr: contact; calls and messages to the person; set null on erasure. E.164';
COMMENT ON COLUMN users.created_at IS 'gdpr: activity; age of the account; keep. UTC';
COMMENT ON COLUMN users.last_login IS 'gdpr: activity; detection of unused accounts; set null on erasure. UTC';
COMMENT ON COLUMN users.status IS 'active, or what later work adds';
COMMENT ON COLUMN users.profile IS 'gdpr: profile; what the apps show and adapt to (name, country, locale); set null on erasure';
COMMENT ON COLUMN users.version IS 'Counts the changes of what the person sees; the ETag is made of it';

CREATE TABLE credentials (
    user_id       uuid        NOT NULL,
    password_hash text        NOT NULL,
    changed_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT credentials_pk PRIMARY KEY (user_id),
    CONSTRAINT credentials_user_fk FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT credentials_password_hash_phc CHECK (password_hash LIKE '$argon2id$%')
);

COMMENT ON TABLE credentials IS 'How a person proves who they are: one password each.';
COMMENT ON COLUMN credentials.user_id IS 'gdpr: pseudonym; owner of the credential; delete the row on erasure';
COMMENT ON COLUMN credentials.password_hash IS 'gdpr: credential; verification of a password; delete the row on erasure. PHC string, Argon2id';
COMMENT ON COLUMN credentials.changed_at IS 'gdpr: activity; age of the hash; delete the row on erasure';

CREATE TABLE staff_roles (
    user_id    uuid        NOT NULL,
    role       text        NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT staff_roles_pk PRIMARY KEY (user_id, role),
    CONSTRAINT staff_roles_user_fk FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT staff_roles_role CHECK (role IN ('support', 'administrator'))
);

COMMENT ON TABLE staff_roles IS 'What members of staff may do beyond their own account.';
COMMENT ON COLUMN staff_roles.user_id IS 'gdpr: pseudonym; member of staff; delete the row on erasure';
COMMENT ON COLUMN staff_roles.role IS 'gdpr: employment; rights of staff; delete the row on erasure';
COMMENT ON COLUMN staff_roles.granted_at IS 'gdpr: employment; when the right was given; delete the row on erasure';

CREATE TABLE sessions (
    id             uuid        NOT NULL,
    user_id        uuid        NOT NULL,
    secret         bytea       NOT NULL,
    generation     integer     NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL,
    rotated_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    revoked_at     timestamptz,
    revoked_reason text,
    CONSTRAINT sessions_pk PRIMARY KEY (id),
    CONSTRAINT sessions_user_fk FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT sessions_secret_length CHECK (octet_length(secret) = 32),
    CONSTRAINT sessions_generation CHECK (generation >= 0),
    CONSTRAINT sessions_revoked_reason CHECK (revoked_reason IN ('logout', 'reuse')),
    CONSTRAINT sessions_revoked CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);

CREATE INDEX sessions_user_ix ON sessions (user_id);
CREATE INDEX sessions_expires_at_ix ON sessions (expires_at);

COMMENT ON TABLE sessions IS 'A login and its chain of refresh tokens: one row a login. No token can be made from a row without the server''s key.';
COMMENT ON COLUMN sessions.id IS 'gdpr: pseudonym; one login; delete the row on erasure';
COMMENT ON COLUMN sessions.user_id IS 'gdpr: pseudonym; who logged in; delete the row on erasure';
COMMENT ON COLUMN sessions.secret IS 'gdpr: credential; one of two inputs of the refresh tokens; delete the row on erasure';
COMMENT ON COLUMN sessions.generation IS 'The only generation of refresh token that may be exchanged';
COMMENT ON COLUMN sessions.created_at IS 'gdpr: activity; when the person logged in; delete the row on erasure';
COMMENT ON COLUMN sessions.rotated_at IS 'gdpr: activity; when the present generation was made; delete the row on erasure';
COMMENT ON COLUMN sessions.expires_at IS 'When the login ends unless it is refreshed before';
COMMENT ON COLUMN sessions.revoked_at IS 'gdpr: activity; end of the login; delete the row on erasure';
COMMENT ON COLUMN sessions.revoked_reason IS 'logout, or reuse: an old refresh token was presented again';

CREATE TABLE signing_keys (
    kid                   text        NOT NULL,
    public_jwk            jsonb       NOT NULL,
    private_key_encrypted bytea       NOT NULL,
    created_at            timestamptz NOT NULL,
    active_from           timestamptz NOT NULL,
    retire_at             timestamptz NOT NULL,
    CONSTRAINT signing_keys_pk PRIMARY KEY (kid),
    CONSTRAINT signing_keys_times CHECK (created_at <= active_from AND active_from < retire_at)
);

COMMENT ON TABLE signing_keys IS 'The keys that access tokens are signed with. A row is published for as long as it exists.';
COMMENT ON COLUMN signing_keys.kid IS 'RFC 7638 thumbprint of the public key';
COMMENT ON COLUMN signing_keys.public_jwk IS 'As published';
COMMENT ON COLUMN signing_keys.private_key_encrypted IS 'AES-256-GCM: nonce, then ciphertext of the PKCS #8 form, with the kid as associated data';
COMMENT ON COLUMN signing_keys.active_from IS 'The key with the latest active_from that has come is the one that signs';
COMMENT ON COLUMN signing_keys.retire_at IS 'When a successor is to take over';

-- The foreign keys of the other slices need this much of the schema, and get no more.
GRANT REFERENCES (id), SELECT (id) ON users TO consent_owner, analytics_owner, usage_owner, billing_owner;
GRANT SELECT (id) ON users TO consent_app, analytics_app, usage_app, billing_app;

REVOKE INSERT, UPDATE, DELETE ON flyway_schema_history FROM identity_app;
REVOKE DELETE ON users, credentials FROM identity_app;
REVOKE UPDATE, DELETE ON staff_roles FROM identity_app;
REVOKE UPDATE ON signing_keys FROM identity_app;
