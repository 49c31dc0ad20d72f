-- Phase: expand. Safe while the service runs: it only makes new tables and a view, which nobody uses before this has
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

-- The same columns as the copies that other slices keep of topic consent-events, so one rule finds a child's guardian
-- here and there.
CREATE VIEW consent_states AS
SELECT DISTINCT ON (c.user_id, c.consent_type)
       c.user_id,
       c.consent_type::text AS consent_type,
       c.consent_given,
       encode(sha256(convert_to(lower(c.guardian_email), 'UTF8')), 'hex') AS guardian_email_hash,
       c.consent_timestamp AT TIME ZONE 'UTC' AS decided_at
FROM guardian_consents AS c
ORDER BY c.user_id, c.consent_type, c.consent_timestamp DESC, c.id DESC;

COMMENT ON VIEW consent_states IS 'The newest decision of each child and consent type.';
REVOKE INSERT, UPDATE, DELETE ON consent_states FROM consent_app;

-- The application appends, reads and deletes; what was written is never changed.
REVOKE UPDATE ON outbox FROM consent_app;
REVOKE UPDATE ON idempotency_keys FROM consent_app;
