-- Phase: expand. Safe.
ALTER TABLE words ADD COLUMN letters bigint;
UPDATE words SET letters = length(word) WHERE letters IS NULL;
