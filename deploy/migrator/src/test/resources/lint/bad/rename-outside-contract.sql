-- Phase: expand. Safe.
ALTER TABLE words RENAME COLUMN word TO term;
