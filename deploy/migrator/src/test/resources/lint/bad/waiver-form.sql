-- Phase: expand. Safe.
-- waive: lock-table until=2026-12-31
ALTER TABLE words ADD COLUMN letters bigint;
