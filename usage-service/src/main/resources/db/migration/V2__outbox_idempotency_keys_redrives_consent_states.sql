-- Phase: expand. Safe while the service runs: it only makes new tables, which nobody uses before this has
-- committed.

CREATE TABLE outbox (
    id          bigint      GENERATED ALWAYS AS IDENTITY,
    event_id    uuid        NOT NULL,
    topic       text        NOT NULL,
    key         text        NOT NULL,
    type        text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    data        jsonb,
    traceparent text,
    CONSTRAINT outbox_pkey PRIMARY KEY (id)
);

COMMENT ON TABLE outbox IS 'Events that are committed and not yet published; a row lives until the broker has it, usually for milliseconds.';
COMMENT ON COLUMN outbox.id IS 'Grows in commit order for each topic and key, not over all; the event''s extension sequence.';
COMMENT ON COLUMN outbox.event_id IS 'The event''s id, by which consumers tell repetitions.';
COMMENT ON COLUMN outbox.topic IS 'Where it goes.';
COMMENT ON COLUMN outbox.key IS 'gdpr: identifier; the record''s key, a user''s id; gone once published';
COMMENT ON COLUMN outbox.type IS 'The event''s type, daftar.<service>.<fact>.v1; for a tombstone that of the state it ends.';
COMMENT ON COLUMN outbox.occurred_at IS 'gdpr: behaviour; the event''s time; gone once published';
COMMENT ON COLUMN outbox.data IS 'gdpr: behaviour; the event''s data, null for a tombstone; gone once published';
COMMENT ON COLUMN outbox.traceparent IS 'The trace that wrote it (W3C Trace Context), null outside of one.';

CREATE TABLE idempotency_keys (
    caller      text        NOT NULL,
    key         text        NOT NULL,
    fingerprint text        NOT NULL,
    answer      jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key)
);

CREATE INDEX idempotency_keys_recorded_at ON idempotency_keys (recorded_at);

COMMENT ON TABLE idempotency_keys IS 'What requests with an Idempotency-Key were answered, for a repetition within a day.';
COMMENT ON COLUMN idempotency_keys.caller IS 'gdpr: identifier; who sent it, so that keys of different callers never meet; deleted after a day';
COMMENT ON COLUMN idempotency_keys.key IS 'The header''s value.';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of method, path and body: the same key with another request is refused.';
COMMENT ON COLUMN idempotency_keys.answer IS 'gdpr: behaviour; the answer as it was given; deleted after a day';
COMMENT ON COLUMN idempotency_keys.recorded_at IS 'When it was given; the age that deletes it.';

CREATE TABLE dead_letter_redrives (
    id             bigint      GENERATED ALWAYS AS IDENTITY,
    dead_letter_id bigint      NOT NULL,
    actor          text        NOT NULL,
    reason         text        NOT NULL,
    outcome        text        NOT NULL,
    redriven_at    timestamptz NOT NULL,
    CONSTRAINT dead_letter_redrives_pkey PRIMARY KEY (id),
    CONSTRAINT dead_letter_redrives_dead_letter_id_fkey
        FOREIGN KEY (dead_letter_id) REFERENCES dead_letters (id) ON DELETE CASCADE
);

CREATE INDEX dead_letter_redrives_dead_letter_id ON dead_letter_redrives (dead_letter_id);

COMMENT ON TABLE dead_letter_redrives IS 'Who tried a dead letter again, why, and what came of it. Appended to, never changed.';
COMMENT ON COLUMN dead_letter_redrives.dead_letter_id IS 'The record; its erasure takes the trials along.';
COMMENT ON COLUMN dead_letter_redrives.actor IS 'gdpr: identifier; who asked for it, a member of staff or a service; kept as proof';
COMMENT ON COLUMN dead_letter_redrives.reason IS 'Why, in the words of who asked.';
COMMENT ON COLUMN dead_letter_redrives.outcome IS 'applied, or the reason why it had no effect this time either.';
COMMENT ON COLUMN dead_letter_redrives.redriven_at IS 'When.';

CREATE TABLE consent_states (
    user_id             uuid        NOT NULL,
    consent_type        text        NOT NULL,
    consent_given       boolean     NOT NULL,
    guardian_email_hash text        NOT NULL,
    decided_at          timestamptz NOT NULL,
    sequence            bigint      NOT NULL,
    CONSTRAINT consent_states_pkey PRIMARY KEY (user_id, consent_type)
);

COMMENT ON TABLE consent_states IS 'Copy of the state of topic consent-events: what each child''s guardian decided last. Without a row nothing is allowed.';
COMMENT ON COLUMN consent_states.user_id IS 'gdpr: pseudonym; the child; the topic''s tombstone deletes the row';
COMMENT ON COLUMN consent_states.consent_type IS 'gdpr: consent; what the decision is about; deleted with the row';
COMMENT ON COLUMN consent_states.consent_given IS 'gdpr: consent; true allows, false refuses or withdraws; deleted with the row';
COMMENT ON COLUMN consent_states.guardian_email_hash IS 'gdpr: pseudonym; SHA-256, hexadecimal, of the guardian''s e-mail address in lower case; deleted with the row';
COMMENT ON COLUMN consent_states.decided_at IS 'gdpr: consent; when it was decided; deleted with the row';
COMMENT ON COLUMN consent_states.sequence IS 'Of the event that it comes from: an older one, delivered late, changes nothing.';

-- The application appends, reads and deletes; what was written is never changed.
REVOKE UPDATE ON outbox FROM usage_app;
REVOKE UPDATE ON idempotency_keys FROM usage_app;
REVOKE UPDATE, DELETE ON dead_letter_redrives FROM usage_app;
