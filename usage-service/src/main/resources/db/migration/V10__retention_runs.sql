-- Phase: expand. Safe while the service runs: a new table, which nobody uses before this has committed.

CREATE TABLE retention_runs (
    table_name   text        NOT NULL,
    run_on       date        NOT NULL,
    deleted_rows bigint      NOT NULL,
    began_at     timestamptz NOT NULL,
    finished_at  timestamptz,
    CONSTRAINT retention_runs_pkey PRIMARY KEY (table_name, run_on)
);

COMMENT ON TABLE retention_runs IS 'What was deleted by the retention schedule: one row a table and day. Written with the deletions, in the same transactions.';
COMMENT ON COLUMN retention_runs.table_name IS 'The table of this schema that the rows were deleted from.';
COMMENT ON COLUMN retention_runs.run_on IS 'The day, in UTC.';
COMMENT ON COLUMN retention_runs.deleted_rows IS 'How many rows went that day.';
COMMENT ON COLUMN retention_runs.began_at IS 'When the day''s first run began with the table.';
COMMENT ON COLUMN retention_runs.finished_at IS 'The run that found no more rows past their period began then; null while some are left.';
