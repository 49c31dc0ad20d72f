-- Phase: expand. Safe.
ALTER TABLE words ADD COLUMN;
