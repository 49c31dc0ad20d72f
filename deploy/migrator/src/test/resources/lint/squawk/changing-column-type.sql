-- Phase: expand. Safe.
ALTER TABLE words ALTER COLUMN letters TYPE bigint;
