-- Phase: expand. Safe while the service runs: it only makes new tables, which nobody uses before this has committed. A
-- release that does not know them goes on counting usage; the nightly comparison adds what it left out of the balances.

CREATE TABLE usage_balances (
    user_id                 uuid         NOT NULL,
    period_end              timestamptz  NOT NULL,
    subscription_id         uuid         NOT NULL,
    period_start            timestamptz  NOT NULL,
    ends_at                 timestamptz  NOT NULL,
    plan_name               varchar(100) NOT NULL,
    usage_limit             text         NOT NULL,
    included_tokens         bigint       NOT NULL,
    included_speech_seconds bigint       NOT NULL,
    used_tokens             bigint       NOT NULL DEFAULT 0,
    used_speech_seconds     bigint       NOT NULL DEFAULT 0,
    reserved_tokens         bigint       NOT NULL DEFAULT 0,
    reserved_speech_seconds bigint       NOT NULL DEFAULT 0,
    sequence                bigint       NOT NULL,
    complete                boolean      NOT NULL DEFAULT false,
    -- by the end first: of all the periods of a user, those that a time of today lies in or before are at one end
    CONSTRAINT usage_balances_pkey PRIMARY KEY (user_id, period_end, subscription_id),
    CONSTRAINT usage_balances_period_check CHECK (period_start < period_end AND ends_at BETWEEN period_start AND period_end),
    -- usage is added up by the minute, so a period that began within one could not be told from the one before
    CONSTRAINT usage_balances_whole_minutes_check CHECK (
        period_start = date_trunc('minute', period_start, 'UTC') AND period_end = date_trunc('minute', period_end, 'UTC')),
    CONSTRAINT usage_balances_usage_limit_check CHECK (usage_limit IN ('hard', 'soft')),
    CONSTRAINT usage_balances_included_check CHECK (
        included_tokens BETWEEN 0 AND 1000000000000000 AND included_speech_seconds BETWEEN 0 AND 1000000000000000)
) WITH (fillfactor = 50); -- every batch changes the balances of its users: room for the next versions beside a row, no index is touched

CREATE INDEX usage_balances_incomplete ON usage_balances (user_id) WHERE NOT complete;

COMMENT ON TABLE usage_balances IS 'What each user may use in a period of a subscription, what of it is used and what is reserved. Written with the rows of usage_logs, in the same statement.';
COMMENT ON COLUMN usage_balances.user_id IS 'gdpr: identifier; whose allowance it is; erase: delete the row';
COMMENT ON COLUMN usage_balances.period_end IS 'gdpr: contract; first instant after the period, a whole minute; erased with the row';
COMMENT ON COLUMN usage_balances.subscription_id IS 'gdpr: pseudonymous; billing''s subscription that includes it; erased with the row';
COMMENT ON COLUMN usage_balances.period_start IS 'gdpr: contract; first instant of the period, a whole minute; erased with the row';
COMMENT ON COLUMN usage_balances.ends_at IS 'gdpr: contract; until when something can be reserved: the period''s end, or when the subscription was over; erased with the row';
COMMENT ON COLUMN usage_balances.plan_name IS 'gdpr: contract; what was subscribed to; erased with the row';
COMMENT ON COLUMN usage_balances.usage_limit IS 'hard: no reservation beyond what is included; soft: reservations are counted, not refused.';
COMMENT ON COLUMN usage_balances.included_tokens IS 'Tokens that the period includes.';
COMMENT ON COLUMN usage_balances.included_speech_seconds IS 'Seconds of speech that the period includes.';
COMMENT ON COLUMN usage_balances.used_tokens IS 'gdpr: behaviour; what usage_rollups hold from period_start to period_end; erased with the row';
COMMENT ON COLUMN usage_balances.used_speech_seconds IS 'gdpr: behaviour; the same in seconds of speech; erased with the row';
COMMENT ON COLUMN usage_balances.reserved_tokens IS 'gdpr: behaviour; what reservations hold that are neither counted nor over; erased with the row';
COMMENT ON COLUMN usage_balances.reserved_speech_seconds IS 'gdpr: behaviour; the same in seconds of speech; erased with the row';
COMMENT ON COLUMN usage_balances.sequence IS 'Of the event that it comes from: an older one, delivered late, changes nothing.';
COMMENT ON COLUMN usage_balances.complete IS 'Whether used holds what was counted before the row was there; until then nothing can be reserved.';

CREATE TABLE usage_reservations (
    id              uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    period_end      timestamptz NOT NULL,
    subscription_id uuid        NOT NULL,
    state           text        NOT NULL DEFAULT 'held',
    tokens          integer     NOT NULL,
    speech_seconds  integer     NOT NULL,
    session_id      uuid,
    service_name    varchar(50),
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    CONSTRAINT usage_reservations_pkey PRIMARY KEY (id),
    CONSTRAINT usage_reservations_state_check CHECK (state IN ('held', 'settling', 'settled', 'released', 'expired')),
    CONSTRAINT usage_reservations_amounts_check CHECK (tokens >= 0 AND speech_seconds >= 0)
);

CREATE INDEX usage_reservations_due ON usage_reservations (expires_at) WHERE state = 'held';
CREATE INDEX usage_reservations_reserved ON usage_reservations (user_id, period_end, subscription_id)
    WHERE state IN ('held', 'settling');
CREATE INDEX usage_reservations_closed ON usage_reservations (changed_at) WHERE state IN ('settled', 'released', 'expired');

COMMENT ON TABLE usage_reservations IS 'What was promised of a balance before it was used. Closed ones are deleted after some weeks.';
COMMENT ON COLUMN usage_reservations.id IS 'gdpr: pseudonymous; the reservation, and the id of the usage event that settles it; erased with the row';
COMMENT ON COLUMN usage_reservations.user_id IS 'gdpr: identifier; whose allowance it is of; erase: delete the row';
COMMENT ON COLUMN usage_reservations.period_end IS 'gdpr: contract; with user_id and subscription_id the balance that it is reserved in; erased with the row';
COMMENT ON COLUMN usage_reservations.subscription_id IS 'gdpr: pseudonymous; see period_end; erased with the row';
COMMENT ON COLUMN usage_reservations.state IS 'held, settling (the usage is known, its event under way), settled (its event has counted), released or expired.';
COMMENT ON COLUMN usage_reservations.tokens IS 'gdpr: behaviour; what is reserved; after a settlement what was used; erased with the row';
COMMENT ON COLUMN usage_reservations.speech_seconds IS 'gdpr: behaviour; the same in seconds of speech; erased with the row';
COMMENT ON COLUMN usage_reservations.session_id IS 'gdpr: pseudonymous; the tutoring session, null where it was not said; erased with the row';
COMMENT ON COLUMN usage_reservations.service_name IS 'gdpr: behaviour; which service will be used, null where it was not said; erased with the row';
COMMENT ON COLUMN usage_reservations.created_at IS 'gdpr: behaviour; when it was granted; erased with the row';
COMMENT ON COLUMN usage_reservations.expires_at IS 'gdpr: behaviour; when a hold that nobody settled ends; erased with the row';
COMMENT ON COLUMN usage_reservations.changed_at IS 'gdpr: behaviour; when it came into its state; erased with the row';

CREATE TABLE usage_alerts (
    user_id           uuid        NOT NULL,
    period_end        timestamptz NOT NULL,
    subscription_id   uuid        NOT NULL,
    meter             text        NOT NULL,
    threshold_percent smallint    NOT NULL,
    period_start      timestamptz NOT NULL,
    used              bigint      NOT NULL,
    included          bigint      NOT NULL,
    crossed_at        timestamptz NOT NULL DEFAULT now(),
    published_at      timestamptz,
    CONSTRAINT usage_alerts_pkey PRIMARY KEY (user_id, period_end, subscription_id, meter, threshold_percent),
    CONSTRAINT usage_alerts_meter_check CHECK (meter IN ('tokens', 'speech_seconds'))
);

CREATE INDEX usage_alerts_unpublished ON usage_alerts (crossed_at) WHERE published_at IS NULL;

COMMENT ON TABLE usage_alerts IS 'Thresholds of balances that were crossed, each once however often the balance falls and rises again; published on topic usage-alerts.';
COMMENT ON COLUMN usage_alerts.user_id IS 'gdpr: identifier; whose balance it is; erase: delete the row';
COMMENT ON COLUMN usage_alerts.period_end IS 'gdpr: contract; the balance''s period; erased with the row';
COMMENT ON COLUMN usage_alerts.subscription_id IS 'gdpr: pseudonymous; the balance''s subscription; erased with the row';
COMMENT ON COLUMN usage_alerts.meter IS 'tokens or speech_seconds.';
COMMENT ON COLUMN usage_alerts.threshold_percent IS 'Of what is included: 50, 80 or 100.';
COMMENT ON COLUMN usage_alerts.period_start IS 'gdpr: contract; the balance''s period; erased with the row';
COMMENT ON COLUMN usage_alerts.used IS 'gdpr: behaviour; what was used once it was crossed; erased with the row';
COMMENT ON COLUMN usage_alerts.included IS 'What the period included then.';
COMMENT ON COLUMN usage_alerts.crossed_at IS 'gdpr: behaviour; when it was found; erased with the row';
COMMENT ON COLUMN usage_alerts.published_at IS 'When its event was handed to the outbox; null until then.';
