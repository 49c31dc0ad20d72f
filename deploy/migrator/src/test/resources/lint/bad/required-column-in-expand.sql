-- Phase: expand. Safe.
ALTER TABLE words ADD COLUMN letters bigint NOT NULL;
