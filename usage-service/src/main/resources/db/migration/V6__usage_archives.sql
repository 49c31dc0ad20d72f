-- Phase: expand. Safe: new tables that nobody uses yet, two functions, and one function replaced by another with the same
-- signature and the same answers for every month that has not been archived. No lock but on the catalogue.

CREATE TABLE usage_archives (
    month             date        NOT NULL,
    part              integer     NOT NULL,
    partition_name    text        NOT NULL,
    state             text        NOT NULL,
    attempt           integer     NOT NULL,
    manifest          jsonb,
    verified_manifest jsonb,
    failure           text,
    sealed_at         timestamptz NOT NULL,
    detached_at       timestamptz,
    changed_at        timestamptz NOT NULL,
    CONSTRAINT usage_archives_pkey PRIMARY KEY (month, part),
    CONSTRAINT usage_archives_month_check CHECK (extract(day FROM month) = 1),
    CONSTRAINT usage_archives_state_check CHECK (state IN ('sealed', 'uploaded', 'verified', 'detached', 'dropped'))
);

COMMENT ON TABLE usage_archives IS 'Which rows of usage_logs have gone, or are going, to the archive: one row a part, a month''s partition as it was once. Late events make the partition anew, and so a further part.';
COMMENT ON COLUMN usage_archives.month IS 'The first day of the month of UTC.';
COMMENT ON COLUMN usage_archives.part IS 'From 1; the parts of a month have no row in common.';
COMMENT ON COLUMN usage_archives.partition_name IS 'The table that holds the rows until the state is dropped.';
COMMENT ON COLUMN usage_archives.state IS 'What is done: sealed (chosen), uploaded (files and manifest are stored), verified (read back and equal to the rows), detached (from usage_logs), dropped.';
COMMENT ON COLUMN usage_archives.attempt IS 'From 1; grows when the part is exported again: the files were damaged, or a late event came in meanwhile. Part of the files'' names.';
COMMENT ON COLUMN usage_archives.manifest IS 'What was uploaded last: files with their SHA-256, rows and sums.';
COMMENT ON COLUMN usage_archives.verified_manifest IS 'What was verified last: what questions and restorations read. Null until then.';
COMMENT ON COLUMN usage_archives.failure IS 'Why the last attempt failed, null while none has; holds no personal data.';
COMMENT ON COLUMN usage_archives.sealed_at IS 'When the archive of the part began.';
COMMENT ON COLUMN usage_archives.detached_at IS 'When the rows left usage_logs; from then on they cannot change but by erasure.';
COMMENT ON COLUMN usage_archives.changed_at IS 'When the row changed last.';

CREATE TABLE usage_archive_keys (
    key_id       uuid        NOT NULL,
    user_id      uuid,
    wrapped_key  bytea,
    created_at   timestamptz NOT NULL,
    destroyed_at timestamptz,
    CONSTRAINT usage_archive_keys_pkey PRIMARY KEY (key_id),
    CONSTRAINT usage_archive_keys_user_id_key UNIQUE (user_id),
    CONSTRAINT usage_archive_keys_destroyed_check
        CHECK ((destroyed_at IS NULL) = (user_id IS NOT NULL) AND (destroyed_at IS NULL) = (wrapped_key IS NOT NULL))
);

COMMENT ON TABLE usage_archive_keys IS 'Each user''s key of the archive: what the files hold of a user is encrypted with it. Without it the rows are unreadable, for ever, and lead to nobody.';
COMMENT ON COLUMN usage_archive_keys.key_id IS 'Stands in the files instead of the user. Random.';
COMMENT ON COLUMN usage_archive_keys.user_id IS 'gdpr: identifier; whose key it is, all zeros for rows without a user; erase: destroy_usage_archive_key()';
COMMENT ON COLUMN usage_archive_keys.wrapped_key IS 'gdpr: pseudonymous; the AES-256 key, itself encrypted with the key-encryption key from the environment; erase: destroy_usage_archive_key()';
COMMENT ON COLUMN usage_archive_keys.created_at IS 'When it was made.';
COMMENT ON COLUMN usage_archive_keys.destroyed_at IS 'When it was destroyed; tells rows that are erased from rows whose key is lost.';

CREATE TABLE usage_logs_restored (
    id             uuid           NOT NULL,
    user_id        uuid,
    session_id     uuid           NOT NULL,
    service_name   varchar(50)    NOT NULL,
    tokens_used    integer,
    speech_seconds integer,
    "timestamp"    timestamp      NOT NULL,
    cost_usd       numeric(10, 6),
    metadata       jsonb,
    model          text,
    input_tokens   integer,
    output_tokens  integer,
    CONSTRAINT usage_logs_restored_pkey PRIMARY KEY (id, "timestamp")
);

CREATE INDEX usage_logs_restored_timestamp ON usage_logs_restored ("timestamp");
CREATE INDEX usage_logs_restored_user_id ON usage_logs_restored (user_id);

COMMENT ON TABLE usage_logs_restored IS 'Rows that were brought back from the archive to be looked at: a copy, beside usage_logs and never part of it, so nothing counts twice.';
COMMENT ON COLUMN usage_logs_restored.id IS 'gdpr: pseudonymous; the event''s id; erased with the row';
COMMENT ON COLUMN usage_logs_restored.user_id IS 'gdpr: identifier; whose use it was; erase: destroy_usage_archive_key()';
COMMENT ON COLUMN usage_logs_restored.session_id IS 'gdpr: pseudonymous; the tutoring session; erased with the row';
COMMENT ON COLUMN usage_logs_restored.service_name IS 'gdpr: behaviour; which service was used; erased with the row';
COMMENT ON COLUMN usage_logs_restored.tokens_used IS 'gdpr: behaviour; how much was used; erased with the row';
COMMENT ON COLUMN usage_logs_restored.speech_seconds IS 'gdpr: behaviour; how much was used; erased with the row';
COMMENT ON COLUMN usage_logs_restored."timestamp" IS 'gdpr: behaviour; when, in UTC; erased with the row';
COMMENT ON COLUMN usage_logs_restored.cost_usd IS 'gdpr: behaviour; what it cost the platform, in US dollars; erased with the row';
COMMENT ON COLUMN usage_logs_restored.metadata IS 'gdpr: behaviour; what the producer added; erased with the row';
COMMENT ON COLUMN usage_logs_restored.model IS 'gdpr: behaviour; which model was used; erased with the row';
COMMENT ON COLUMN usage_logs_restored.input_tokens IS 'gdpr: behaviour; what the model read; erased with the row';
COMMENT ON COLUMN usage_logs_restored.output_tokens IS 'gdpr: behaviour; what the model wrote; erased with the row';

-- As in V1, but it asks whether a partition is attached for the month, not whether a table has its name: one that is
-- archived is detached first and dropped later. A late event in between gets a partition of another name. A detachment
-- that was broken off (kill -9 between its two transactions) would refuse the month's events and a new partition alike,
-- so who needs the month finishes it.
CREATE OR REPLACE FUNCTION ensure_usage_logs_partition(month date) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = usage, pg_catalog, pg_temp
    SET lock_timeout = '1s'
    SET datestyle = 'ISO, YMD'
AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
    next_month date := (date_trunc('month', month) + interval '1 month')::date;
    bound text := format('FOR VALUES FROM (%L) TO (%L)', first_day::timestamp, next_month::timestamp);
    first_name text := 'usage_logs_y' || to_char(first_day, 'YYYY') || 'm' || to_char(first_day, 'MM');
    partition_name text := first_name;
    present record;
    number integer := 1;
BEGIN
    IF month IS NULL OR month < DATE '2000-01-01' OR month > DATE '2199-12-31' THEN
        RAISE EXCEPTION 'month out of range' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Twice: only who finds no partition waits for the lock, and looks again once it has it, since another may have
    -- made it meanwhile. Queries take a new snapshot each; to_regclass would answer from the session's cache.
    FOR turn IN 1..2 LOOP
        SELECT c.relname, i.inhdetachpending
        INTO present
        FROM pg_catalog.pg_inherits AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'usage.usage_logs'::regclass AND pg_get_expr(c.relpartbound, c.oid) = bound;
        IF FOUND AND NOT present.inhdetachpending THEN
            RETURN false;
        END IF;
        IF turn = 1 THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('usage.ensure_usage_logs_partition', 0));
        END IF;
    END LOOP;
    IF present.inhdetachpending THEN
        EXECUTE format('ALTER TABLE usage.usage_logs DETACH PARTITION usage.%I FINALIZE', present.relname);
    END IF;
    WHILE EXISTS (
        SELECT
        FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = 'usage'::regnamespace AND c.relname = partition_name
    ) LOOP
        number := number + 1;
        partition_name := first_name || '_' || number;
    END LOOP;
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

-- What erasure calls. In one transaction: the key and what it leads to, the restored copies, and rows that have left
-- usage_logs and are not dropped yet, which no DELETE FROM usage_logs reaches.
CREATE FUNCTION destroy_usage_archive_key(erased_user_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = usage, pg_catalog, pg_temp
AS $$
DECLARE
    detached text;
    destroyed boolean;
BEGIN
    -- Who restores holds it shared, for a batch: then its rows are there to be deleted, or it finds the key gone.
    PERFORM pg_advisory_xact_lock(hashtextextended('usage.usage_logs_restored', 0));
    UPDATE usage_archive_keys
    SET user_id = NULL,
        wrapped_key = NULL,
        destroyed_at = now()
    WHERE user_id = erased_user_id;
    destroyed := FOUND;
    FOR detached IN
        SELECT c.relname
        FROM usage_archives AS a
        JOIN pg_catalog.pg_class AS c ON c.relnamespace = 'usage'::regnamespace AND c.relname = a.partition_name
        WHERE a.state <> 'dropped'
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid)
    LOOP
        EXECUTE format('DELETE FROM usage.%I WHERE user_id = $1', detached) USING erased_user_id;
    END LOOP;
    DELETE FROM usage_logs_restored WHERE user_id = erased_user_id;
    RETURN destroyed;
END;
$$;

COMMENT ON FUNCTION destroy_usage_archive_key(uuid) IS 'Makes what the archive holds of the user unreadable for ever, and deletes restored copies; true when there was a key. Harmless to repeat.';
REVOKE ALL ON FUNCTION destroy_usage_archive_key(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION destroy_usage_archive_key(uuid) TO usage_app;

-- The application reads what is archived; the archiver writes as the owner, since only the owner can detach and drop.
REVOKE INSERT, UPDATE, DELETE ON usage_archives FROM usage_app;
REVOKE INSERT, UPDATE, DELETE ON usage_archive_keys FROM usage_app;
REVOKE UPDATE ON usage_logs_restored FROM usage_app;
