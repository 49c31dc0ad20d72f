-- Phase: contract. Nobody uses it.
ALTER TABLE words DROP COLUMN word;
