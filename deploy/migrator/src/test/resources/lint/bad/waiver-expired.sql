-- Phase: expand. Safe.
-- waive: lock-table reason=the table is empty until=2026-01-31
LOCK TABLE words;
