-- Phase: expand. Safe while the service runs: new tables, which nobody uses before this has committed, and three columns
-- without a default, which take their brief lock on usage_logs and its partitions and rewrite nothing. A release that
-- does not know them goes on writing.

CREATE TABLE prices (
    id              uuid           NOT NULL,
    service_name    varchar(50)    NOT NULL,
    model           text,
    unit            text           NOT NULL,
    usd_per_million numeric(12, 6) NOT NULL,
    effective_from  timestamptz    NOT NULL,
    actor           text           NOT NULL,
    recorded_at     timestamptz    NOT NULL,
    CONSTRAINT prices_pkey PRIMARY KEY (id),
    -- A version ends where the next begins, so versions cannot overlap; null is one model among the others: the default.
    CONSTRAINT prices_version_key UNIQUE NULLS NOT DISTINCT (service_name, model, unit, effective_from),
    CONSTRAINT prices_unit_known CHECK (unit IN ('input_token', 'output_token', 'token', 'speech_second')),
    CONSTRAINT prices_not_negative CHECK (usd_per_million >= 0)
);

CREATE INDEX prices_effective_from ON prices (effective_from, id);

COMMENT ON TABLE prices IS 'What a service''s units cost the platform, by version. Appended to, never changed: a change of price is a later version.';
COMMENT ON COLUMN prices.model IS 'The language or speech model; null is the service''s price for any model that has none of its own.';
COMMENT ON COLUMN prices.unit IS 'input_token, output_token, token (input and output not told apart) or speech_second.';
COMMENT ON COLUMN prices.usd_per_million IS 'US dollars for a million units.';
COMMENT ON COLUMN prices.effective_from IS 'Events from this moment on are rated by it, until the next version begins.';
COMMENT ON COLUMN prices.actor IS 'gdpr: identifier; who recorded it, a member of staff; kept as proof';
COMMENT ON COLUMN prices.recorded_at IS 'When it was recorded; earlier than effective_from.';

CREATE TABLE usage_price_drifts (
    event_id          uuid           NOT NULL,
    user_id           uuid           NOT NULL,
    reported_cost_usd numeric(10, 6) NOT NULL,
    computed_cost_usd numeric(20, 6) NOT NULL,
    price_ids         uuid[]         NOT NULL,
    recorded_at       timestamptz    NOT NULL DEFAULT now(),
    CONSTRAINT usage_price_drifts_pkey PRIMARY KEY (event_id)
);

CREATE INDEX usage_price_drifts_user_id ON usage_price_drifts (user_id);

COMMENT ON TABLE usage_price_drifts IS 'Events whose reported cost is not what the price book makes of them. The reported one counted.';
COMMENT ON COLUMN usage_price_drifts.event_id IS 'gdpr: pseudonymous; the event in usage_logs; erased with the row';
COMMENT ON COLUMN usage_price_drifts.user_id IS 'gdpr: identifier; whose use it was; erase: delete the row';
COMMENT ON COLUMN usage_price_drifts.reported_cost_usd IS 'gdpr: behaviour; what the producer said, in US dollars; erased with the row';
COMMENT ON COLUMN usage_price_drifts.computed_cost_usd IS 'gdpr: behaviour; what the prices make of it, in US dollars; erased with the row';
COMMENT ON COLUMN usage_price_drifts.price_ids IS 'The versions in prices that it was computed with.';
COMMENT ON COLUMN usage_price_drifts.recorded_at IS 'When it was counted.';

CREATE TABLE usage_corrections (
    id             uuid           NOT NULL,
    event_id       uuid           NOT NULL,
    user_id        uuid           NOT NULL,
    kind           text           NOT NULL,
    service_name   varchar(50)    NOT NULL,
    "timestamp"    timestamp      NOT NULL,
    events         integer        NOT NULL,
    tokens_used    integer        NOT NULL,
    speech_seconds integer        NOT NULL,
    cost_usd       numeric(10, 6) NOT NULL,
    actor          text           NOT NULL,
    reason         text           NOT NULL,
    recorded_at    timestamptz    NOT NULL,
    CONSTRAINT usage_corrections_pkey PRIMARY KEY (id),
    CONSTRAINT usage_corrections_kind_known
        CHECK ((kind = 'void' AND events = -1) OR (kind = 'adjust' AND events = 0))
);

CREATE UNIQUE INDEX usage_corrections_one_void ON usage_corrections (event_id) WHERE kind = 'void';
CREATE INDEX usage_corrections_event_id ON usage_corrections (event_id);
CREATE INDEX usage_corrections_user_id ON usage_corrections (user_id, recorded_at, id);
CREATE INDEX usage_corrections_timestamp ON usage_corrections ("timestamp"); -- what the roll-ups' repair reads

COMMENT ON TABLE usage_corrections IS 'What was put right after it had counted. Appended to: the rows of usage_logs stay, and rows plus corrections are the roll-ups.';
COMMENT ON COLUMN usage_corrections.id IS 'gdpr: pseudonymous; the correction and its event; erased with the row';
COMMENT ON COLUMN usage_corrections.event_id IS 'gdpr: pseudonymous; the corrected event in usage_logs; erased with the row';
COMMENT ON COLUMN usage_corrections.user_id IS 'gdpr: identifier; whose use it was; erase: delete the row';
COMMENT ON COLUMN usage_corrections.kind IS 'void: the event counts as if it had never been; adjust: it counts with other amounts.';
COMMENT ON COLUMN usage_corrections.service_name IS 'gdpr: behaviour; the event''s; erased with the row';
COMMENT ON COLUMN usage_corrections."timestamp" IS 'gdpr: behaviour; the event''s, in UTC: the time that the change counts at; erased with the row';
COMMENT ON COLUMN usage_corrections.events IS 'What is added to the number of events: -1 or 0.';
COMMENT ON COLUMN usage_corrections.tokens_used IS 'gdpr: behaviour; what is added, usually negative; erased with the row';
COMMENT ON COLUMN usage_corrections.speech_seconds IS 'gdpr: behaviour; what is added, usually negative; erased with the row';
COMMENT ON COLUMN usage_corrections.cost_usd IS 'gdpr: behaviour; what is added in US dollars, usually negative; erased with the row';
COMMENT ON COLUMN usage_corrections.actor IS 'gdpr: identifier; who corrected it, a member of staff; kept for as long as the row';
COMMENT ON COLUMN usage_corrections.reason IS 'Why, in the words of who did; no personal data.';
COMMENT ON COLUMN usage_corrections.recorded_at IS 'When it was corrected.';

ALTER TABLE usage_logs
    ADD COLUMN model text,
    ADD COLUMN input_tokens integer,
    ADD COLUMN output_tokens integer;

COMMENT ON COLUMN usage_logs.model IS 'gdpr: behaviour; which language or speech model was used, null where the event names none; erased with the row';
COMMENT ON COLUMN usage_logs.input_tokens IS 'gdpr: behaviour; the part of tokens_used that the model read, null where the event does not tell; erased with the row';
COMMENT ON COLUMN usage_logs.output_tokens IS 'gdpr: behaviour; the part of tokens_used that the model wrote, null where the event does not tell; erased with the row';

-- The application appends; it changes no price, drift or correction.
REVOKE UPDATE, DELETE ON prices FROM usage_app;
REVOKE UPDATE ON usage_price_drifts FROM usage_app;
REVOKE UPDATE ON usage_corrections FROM usage_app;
