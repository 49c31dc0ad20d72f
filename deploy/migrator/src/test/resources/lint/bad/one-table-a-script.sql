-- Phase: expand. Safe.
ALTER TABLE words ADD COLUMN letters bigint;
ALTER TABLE letters ADD COLUMN words bigint;
