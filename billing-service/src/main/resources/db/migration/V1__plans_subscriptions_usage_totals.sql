-- Phase: expand. Safe: it creates tables that nobody uses yet. Outside the slice it touches identity.users alone, with
-- the foreign keys' brief lock (SHARE ROW EXCLUSIVE: readers go on, writers wait for the moment).

CREATE TABLE plans (
    plan_name               varchar(100)   NOT NULL,
    billing_cycle           varchar(20)    NOT NULL,
    amount_egp              numeric(10, 2) NOT NULL,
    included_tokens         bigint         NOT NULL,
    included_speech_seconds bigint         NOT NULL,
    active                  boolean        NOT NULL DEFAULT true,
    CONSTRAINT plans_pkey PRIMARY KEY (plan_name, billing_cycle),
    CONSTRAINT plans_billing_cycle_known CHECK (billing_cycle IN ('monthly', 'yearly')),
    CONSTRAINT plans_amounts_not_negative
        CHECK (amount_egp >= 0 AND included_tokens >= 0 AND included_speech_seconds >= 0)
);

COMMENT ON TABLE plans IS 'What can be subscribed to. A change concerns later subscriptions alone: each keeps what it was started with.';
COMMENT ON COLUMN plans.amount_egp IS 'Price of one cycle in Egyptian pounds.';
COMMENT ON COLUMN plans.included_tokens IS 'Tokens that one cycle includes.';
COMMENT ON COLUMN plans.included_speech_seconds IS 'Seconds of speech that one cycle includes.';
COMMENT ON COLUMN plans.active IS 'Whether it can be subscribed to now.';

-- Amounts and allowances are configuration; these are examples to begin with.
INSERT INTO plans (plan_name, billing_cycle, amount_egp, included_tokens, included_speech_seconds)
VALUES ('free', 'monthly', 0.00, 50000, 600),
       ('basic', 'monthly', 199.00, 1000000, 18000),
       ('basic', 'yearly', 1990.00, 12000000, 216000),
       ('plus', 'monthly', 399.00, 4000000, 72000),
       ('plus', 'yearly', 3990.00, 48000000, 864000);

CREATE TABLE subscriptions (
    id                      uuid           NOT NULL DEFAULT gen_random_uuid(),
    user_id                 uuid,
    plan_name               varchar(100)   NOT NULL,
    status                  varchar(20)    DEFAULT 'active',
    billing_cycle           varchar(20)    NOT NULL,
    amount_egp              numeric(10, 2) NOT NULL,
    started_at              timestamp      DEFAULT now(),
    next_billing_date       timestamp,
    paymob_subscription_id  varchar(255),
    version                 bigint         NOT NULL DEFAULT 0,
    anchor_date             date           NOT NULL DEFAULT (now() AT TIME ZONE 'Africa/Cairo')::date,
    time_zone               text           NOT NULL DEFAULT 'Africa/Cairo',
    included_tokens         bigint         NOT NULL DEFAULT 0,
    included_speech_seconds bigint         NOT NULL DEFAULT 0,
    cancel_at_period_end    boolean        NOT NULL DEFAULT false,
    ends_at                 timestamptz,
    canceled_at             timestamptz,
    CONSTRAINT subscriptions_pkey PRIMARY KEY (id),
    CONSTRAINT subscriptions_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id)
);

CREATE INDEX idx_subscriptions_user_status ON subscriptions (user_id, status);
CREATE UNIQUE INDEX subscriptions_one_live_per_user ON subscriptions (user_id) WHERE status = 'active';
-- what the roll-over looks for
CREATE INDEX subscriptions_due ON subscriptions (next_billing_date) WHERE status = 'active';
CREATE INDEX subscriptions_ending ON subscriptions (ends_at) WHERE status = 'active';

COMMENT ON TABLE subscriptions IS 'Who subscribed to what, from when, and at which price.';
COMMENT ON COLUMN subscriptions.user_id IS 'gdpr: identifier; who subscribed; erase: set null where the law wants the record kept, else delete the row';
COMMENT ON COLUMN subscriptions.plan_name IS 'gdpr: contract; what was subscribed to; erased with the row';
COMMENT ON COLUMN subscriptions.status IS 'gdpr: contract; active or canceled; erased with the row';
COMMENT ON COLUMN subscriptions.amount_egp IS 'gdpr: contract; price of one cycle in Egyptian pounds as agreed at the start; erased with the row';
COMMENT ON COLUMN subscriptions.started_at IS 'gdpr: contract; when it started, in UTC; erased with the row';
COMMENT ON COLUMN subscriptions.next_billing_date IS 'gdpr: contract; when the next period starts, in UTC; null once none follows; erased with the row';
COMMENT ON COLUMN subscriptions.paymob_subscription_id IS 'gdpr: identifier; the payment provider''s id; erase: set null';
COMMENT ON COLUMN subscriptions.version IS 'Counts the changes of the row.';
COMMENT ON COLUMN subscriptions.anchor_date IS 'gdpr: contract; first local day of the first period, which all later periods are counted from; erased with the row';
COMMENT ON COLUMN subscriptions.time_zone IS 'gdpr: location; IANA zone of the periods'' days; erased with the row';
COMMENT ON COLUMN subscriptions.included_tokens IS 'Tokens that one cycle includes, as agreed at the start.';
COMMENT ON COLUMN subscriptions.included_speech_seconds IS 'Seconds of speech that one cycle includes, as agreed at the start.';
COMMENT ON COLUMN subscriptions.cancel_at_period_end IS 'gdpr: contract; whether it was cancelled to the end of its period; erased with the row';
COMMENT ON COLUMN subscriptions.ends_at IS 'gdpr: contract; when the last period ends; erased with the row';
COMMENT ON COLUMN subscriptions.canceled_at IS 'gdpr: contract; when it ended; erased with the row';

CREATE TABLE usage_totals (
    user_id        uuid           NOT NULL,
    usage_date     date           NOT NULL,
    service_name   varchar(50)    NOT NULL,
    events         bigint         NOT NULL,
    tokens_used    bigint         NOT NULL,
    speech_seconds bigint         NOT NULL,
    cost_usd       numeric(20, 6) NOT NULL,
    CONSTRAINT usage_totals_pkey PRIMARY KEY (user_id, usage_date, service_name),
    CONSTRAINT usage_totals_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id)
) WITH (fillfactor = 70); -- today's rows change with every batch: room for updates beside them keeps the index still

COMMENT ON TABLE usage_totals IS 'What each user used on each local day of the billing zone, by service. Periods are runs of whole days, so a total never moves.';
COMMENT ON COLUMN usage_totals.user_id IS 'gdpr: identifier; whose use it was; erase: delete the row';
COMMENT ON COLUMN usage_totals.usage_date IS 'gdpr: behaviour; the local day; erased with the row';
COMMENT ON COLUMN usage_totals.service_name IS 'gdpr: behaviour; which service was used; erased with the row';
COMMENT ON COLUMN usage_totals.events IS 'gdpr: behaviour; how often; erased with the row';
COMMENT ON COLUMN usage_totals.tokens_used IS 'gdpr: behaviour; how much; erased with the row';
COMMENT ON COLUMN usage_totals.speech_seconds IS 'gdpr: behaviour; how much; erased with the row';
COMMENT ON COLUMN usage_totals.cost_usd IS 'gdpr: behaviour; what it cost the platform in US dollars; erased with the row';

CREATE TABLE usage_event_keys (
    id          uuid        NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT usage_event_keys_pkey PRIMARY KEY (id)
);

COMMENT ON TABLE usage_event_keys IS 'Ids of all usage events that were ever added up: an id counts once, for ever.';
COMMENT ON COLUMN usage_event_keys.id IS 'The event''s id. Leads to no person in this slice.';
COMMENT ON COLUMN usage_event_keys.recorded_at IS 'When it was added up.';

CREATE TABLE dead_letters (
    id          bigint      GENERATED ALWAYS AS IDENTITY,
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    "offset"    bigint      NOT NULL,
    key         bytea,
    value       bytea,
    headers     jsonb       NOT NULL,
    reason      text        NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dead_letters_pkey PRIMARY KEY (id),
    CONSTRAINT dead_letters_record_key UNIQUE (topic, partition, "offset")
);

COMMENT ON TABLE dead_letters IS 'Records that had no effect, as they came, each with the reason.';
COMMENT ON COLUMN dead_letters.key IS 'gdpr: identifier; the record''s key, usually a user''s id; erase: delete the row';
COMMENT ON COLUMN dead_letters.value IS 'gdpr: behaviour; the record''s bytes; erase: delete the row';
COMMENT ON COLUMN dead_letters.headers IS 'gdpr: behaviour; the record''s headers; erase: delete the row';
COMMENT ON COLUMN dead_letters.reason IS 'Why it had no effect; holds no personal data.';

-- The catalogue is changed by migrations; ended subscriptions and keys are never taken away by the application.
REVOKE INSERT, UPDATE, DELETE ON plans FROM billing_app;
REVOKE DELETE ON subscriptions FROM billing_app;
REVOKE UPDATE, DELETE ON usage_event_keys FROM billing_app;
REVOKE UPDATE ON dead_letters FROM billing_app;
REVOKE INSERT, UPDATE, DELETE ON flyway_schema_history FROM billing_app;
