-- Phase: expand. Safe.
ALTER TABLE words ALTER COLUMN letters SET NOT NULL;
