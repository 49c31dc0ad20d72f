-- Phase: expand. Safe: it creates tables and functions that nobody uses yet. Outside the slice it touches identity.users
-- alone, with the foreign key's brief lock (SHARE ROW EXCLUSIVE: readers go on, writers wait for the moment).
--
-- usage_logs is the schema document's table with one difference: it is partitioned by month, so its key holds the
-- partition column too, which thereby cannot be null.

CREATE TABLE usage_logs (
    id             uuid          NOT NULL DEFAULT gen_random_uuid(),
    user_id        uuid,
    session_id     uuid          NOT NULL,
    service_name   varchar(50)   NOT NULL,
    tokens_used    integer       DEFAULT 0,
    speech_seconds integer       DEFAULT 0,
    "timestamp"    timestamp     NOT NULL DEFAULT now(),
    cost_usd       numeric(10, 6) DEFAULT 0.0,
    metadata       jsonb,
    CONSTRAINT usage_logs_pkey PRIMARY KEY (id, "timestamp"),
    CONSTRAINT usage_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id)
) PARTITION BY RANGE ("timestamp");

CREATE INDEX idx_usage_logs_user_timestamp ON usage_logs (user_id, "timestamp");

COMMENT ON TABLE usage_logs IS 'What each user used: one row an event of topic usage-events. Partitioned by calendar month in UTC.';
COMMENT ON COLUMN usage_logs.id IS 'gdpr: pseudonymous; the event''s id, tells events apart; erased with the row';
COMMENT ON COLUMN usage_logs.user_id IS 'gdpr: identifier; whose use it was; erase: delete the row';
COMMENT ON COLUMN usage_logs.session_id IS 'gdpr: pseudonymous; the tutoring session; erased with the row';
COMMENT ON COLUMN usage_logs.service_name IS 'gdpr: behaviour; which service was used; erased with the row';
COMMENT ON COLUMN usage_logs.tokens_used IS 'gdpr: behaviour; how much was used; erased with the row';
COMMENT ON COLUMN usage_logs.speech_seconds IS 'gdpr: behaviour; how much was used; erased with the row';
COMMENT ON COLUMN usage_logs."timestamp" IS 'gdpr: behaviour; when, in UTC; erased with the row';
COMMENT ON COLUMN usage_logs.cost_usd IS 'gdpr: behaviour; what it cost the platform, in US dollars; erased with the row';
COMMENT ON COLUMN usage_logs.metadata IS 'gdpr: behaviour; what the producer added, at most 8192 characters; erased with the row';

CREATE TABLE usage_event_keys (
    id          uuid        NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT usage_event_keys_pkey PRIMARY KEY (id)
);

COMMENT ON TABLE usage_event_keys IS 'Ids of all events that ever counted: an id counts once, whatever its time, and for ever. Outlives the rows of usage_logs.';
COMMENT ON COLUMN usage_event_keys.id IS 'The event''s id. Leads to no person once the row in usage_logs is gone.';
COMMENT ON COLUMN usage_event_keys.recorded_at IS 'When it counted.';

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
COMMENT ON COLUMN dead_letters.value IS 'gdpr: behaviour; the record''s bytes, may hold what usage_logs holds; erase: delete the row';
COMMENT ON COLUMN dead_letters.headers IS 'gdpr: behaviour; the record''s headers; erase: delete the row';
COMMENT ON COLUMN dead_letters.reason IS 'Why it had no effect; holds no personal data.';

-- Makes the partition of one month unless it is there. Attaching takes SHARE UPDATE EXCLUSIVE on usage_logs, which
-- neither readers nor writers wait for; CREATE TABLE ... PARTITION OF would take ACCESS EXCLUSIVE. The foreign key's
-- clone needs SHARE ROW EXCLUSIVE on identity.users for an instant, so the lock timeout is short: a log-in is not kept
-- waiting, and the caller tries again.
CREATE FUNCTION ensure_usage_logs_partition(month date) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = usage, pg_catalog, pg_temp
    SET lock_timeout = '1s'
AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
    next_month date := (date_trunc('month', month) + interval '1 month')::date;
    partition_name text := 'usage_logs_y' || to_char(first_day, 'YYYY') || 'm' || to_char(first_day, 'MM');
BEGIN
    IF month IS NULL OR month < DATE '2000-01-01' OR month > DATE '2199-12-31' THEN
        RAISE EXCEPTION 'month out of range' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass('usage.' || partition_name) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- One at a time: who waited here finds the partition made. It must look with a query's new snapshot:
    -- to_regclass would answer from the session's cache, which remembers that there was none, since waiting
    -- for an advisory lock, unlike a table's, takes in no invalidation.
    PERFORM pg_advisory_xact_lock(hashtextextended('usage.ensure_usage_logs_partition', 0));
    IF EXISTS (
        SELECT
        FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = 'usage'::regnamespace AND c.relname = partition_name
    ) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE usage.%I (LIKE usage.usage_logs INCLUDING ALL)', partition_name);
    EXECUTE format(
        'ALTER TABLE usage.usage_logs ATTACH PARTITION usage.%I FOR VALUES FROM (%L) TO (%L)',
        partition_name, first_day, next_month);
    -- rows are written through usage_logs alone
    EXECUTE format('REVOKE ALL ON usage.%I FROM usage_app', partition_name);
    EXECUTE format('GRANT SELECT ON usage.%I TO usage_app', partition_name);
    RETURN true;
END;
$$;

COMMENT ON FUNCTION ensure_usage_logs_partition(date) IS 'Makes the partition of usage_logs for the month of the date; true when it was missing.';
REVOKE ALL ON FUNCTION ensure_usage_logs_partition(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_usage_logs_partition(date) TO usage_app;

-- The application appends; it neither changes what was used nor forgets what counted.
REVOKE UPDATE ON usage_logs FROM usage_app;
REVOKE UPDATE, DELETE ON usage_event_keys FROM usage_app;
REVOKE UPDATE ON dead_letters FROM usage_app;
REVOKE INSERT, UPDATE, DELETE ON flyway_schema_history FROM usage_app;
