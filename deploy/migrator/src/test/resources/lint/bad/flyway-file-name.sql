-- as: V2_words.sql
-- Phase: expand. Safe.
ALTER TABLE words ADD COLUMN letters bigint;
