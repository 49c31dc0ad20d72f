-- The platform's roles, schemas and grants on one machine. Run by a superuser in database daftar, in one transaction, at
-- every start: it creates what is missing and brings the rest in line.
--
-- Handed over as settings of the transaction: daftar_password.<role> and daftar_limit.<line of connection-budget>.

REVOKE ALL ON DATABASE daftar FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DATABASE daftar SET timezone = 'UTC';

DO $$
DECLARE
    role_name  text;
    limit_line text;
BEGIN
    FOR role_name, limit_line IN
        SELECT slice || '_' || kind, slice || '_' || kind
        FROM unnest(ARRAY['identity', 'consent', 'analytics', 'usage', 'billing']) AS slice,
             unnest(ARRAY['owner', 'app']) AS kind
        UNION ALL
        VALUES ('daftar_monitor', 'monitor'), ('daftar_backup', 'backup')
    LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I', role_name);
        END IF;
        EXECUTE format(
            'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS INHERIT CONNECTION LIMIT %s PASSWORD %L',
            role_name,
            current_setting('daftar_limit.' || limit_line)::int,
            current_setting('daftar_password.' || role_name));
        EXECUTE format('GRANT CONNECT ON DATABASE daftar TO %I', role_name);
        EXECUTE format('ALTER ROLE %I SET timezone = %L', role_name, 'UTC');
    END LOOP;
END $$;

ALTER ROLE daftar_backup REPLICATION;
GRANT pg_monitor TO daftar_monitor;

-- who may stream the whole cluster may read it: the counts that restores are held against are taken by the same role
GRANT pg_monitor, pg_read_all_data TO daftar_backup;
-- the last of them Barman never calls here, but refuses to work without
GRANT EXECUTE ON FUNCTION
    pg_backup_start(text, boolean), pg_backup_stop(boolean), pg_switch_wal(), pg_create_restore_point(text)
    TO daftar_backup;

-- what restores are held against; no slice's, and nothing personal
CREATE SCHEMA IF NOT EXISTS backup;
GRANT USAGE ON SCHEMA backup TO daftar_backup;

CREATE TABLE IF NOT EXISTS backup.heartbeats (
    beat_at timestamptz NOT NULL,
    wal_lsn pg_lsn      NOT NULL,
    CONSTRAINT heartbeats_pkey PRIMARY KEY (beat_at)
);
COMMENT ON TABLE backup.heartbeats IS 'Commits whose time is known, every few seconds: by them a restore proves that it holds everything up to its moment and nothing after. Kept for three days.';
COMMENT ON COLUMN backup.heartbeats.beat_at IS 'When it was written';
COMMENT ON COLUMN backup.heartbeats.wal_lsn IS 'Where the log stood then: tells which archived segment holds it';

CREATE TABLE IF NOT EXISTS backup.censuses (
    taken_at     timestamptz NOT NULL,
    table_name   text        NOT NULL,
    totals       jsonb       NOT NULL,
    deleted_rows bigint      NOT NULL,
    CONSTRAINT censuses_pkey PRIMARY KEY (taken_at, table_name)
);
COMMENT ON TABLE backup.censuses IS 'Row counts and sums of the tables that only grow, every hour: a restore to a moment between two of them must lie between them. Kept for three days.';
COMMENT ON COLUMN backup.censuses.taken_at IS 'When it was counted';
COMMENT ON COLUMN backup.censuses.table_name IS 'Schema and table';
COMMENT ON COLUMN backup.censuses.totals IS 'rows, and the sum of each column that was added up';
COMMENT ON COLUMN backup.censuses.deleted_rows IS 'Rows deleted so far by the server''s count: where it differs between two, they are not compared';

GRANT SELECT, INSERT, DELETE ON backup.heartbeats, backup.censuses TO daftar_backup;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public;
GRANT USAGE ON SCHEMA public TO daftar_monitor;

-- Whoever rewrites a large table by accident (a type changed, a volatile default) locks it for as long as that takes:
-- refused, also for an owner, unless the session names the table. CLUSTER and VACUUM FULL fire no such event; the linter
-- refuses those. Event triggers are a superuser's to make.
CREATE OR REPLACE FUNCTION public.refuse_large_rewrite() RETURNS event_trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rewritten   regclass := pg_event_trigger_table_rewrite_oid();
    limit_bytes bigint := 16 * 1024 * 1024;
BEGIN
    IF pg_table_size(rewritten) > limit_bytes
        AND current_setting('daftar.rewrite_allowed', true) IS DISTINCT FROM rewritten::text
    THEN
        RAISE EXCEPTION '% has %, too much to be rewritten under an exclusive lock', rewritten,
            pg_size_pretty(pg_table_size(rewritten))
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('See MIGRATIONS.md for a shape that rewrites nothing, or SET LOCAL '
                      || 'daftar.rewrite_allowed = %L while nobody uses the table.', rewritten::text);
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_event_trigger WHERE evtname = 'refuse_large_rewrite') THEN
        CREATE EVENT TRIGGER refuse_large_rewrite ON table_rewrite
            EXECUTE FUNCTION public.refuse_large_rewrite();
    END IF;
END $$;

DO $$
DECLARE
    slice       text;
    owner       text;
    application text;
BEGIN
    FOREACH slice IN ARRAY ARRAY['identity', 'consent', 'analytics', 'usage', 'billing'] LOOP
        owner := slice || '_owner';
        application := slice || '_app';

        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', slice, owner);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', slice, application);

        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I '
            || 'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', owner, slice, application);
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I '
            || 'GRANT USAGE, SELECT ON SEQUENCES TO %I', owner, slice, application);
        -- PUBLIC's built-in right to run functions can only be taken away for all schemas of the role: a default for one
        -- schema adds to the global one and never takes from it
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC', owner);
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I '
            || 'GRANT EXECUTE ON FUNCTIONS TO %I', owner, slice, application);

        EXECUTE format('ALTER ROLE %I SET search_path = %I', application, slice);
        EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', application, '60s');
        EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', application, '5s');
        EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', application, '30s');

        EXECUTE format('ALTER ROLE %I SET search_path = %I', owner, slice);
        -- a migration that queues for a lock makes everybody else queue behind it: give up early and try again
        EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', owner, '1500ms');
        EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', owner, '0');
        -- the migrator's guards see transactions, replicas and base backups of others
        EXECUTE format('GRANT pg_read_all_stats TO %I', owner);

        -- users(id) alone is opened, by identity's own migration; without USAGE that grant would reach nothing
        IF slice <> 'identity' THEN
            EXECUTE format('GRANT USAGE ON SCHEMA identity TO %I, %I', owner, application);
        END IF;
    END LOOP;
END $$;
