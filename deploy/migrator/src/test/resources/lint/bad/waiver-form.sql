-- Phase: expand. Safe.
-- waive: lock-table until=2026-12-31
-- squawk-ignore require-concurrent-index-creation
ALTER TABLE words ADD COLUMN letters bigint;
