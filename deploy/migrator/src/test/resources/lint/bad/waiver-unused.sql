-- Phase: expand. Safe.
-- waive: lock-table reason=the table is empty until=2026-12-31
ALTER TABLE words ADD COLUMN letters bigint;
