-- Phase: expand. Safe.
ALTER TABLE words DROP COLUMN word;
