-- Phase: expand. Safe.
BEGIN;
ALTER TABLE words ADD COLUMN letters bigint;
COMMIT;
