-- Phase: expand. Safe.
SET LOCAL lock_timeout = '10min';
ALTER TABLE words ADD COLUMN letters bigint;
