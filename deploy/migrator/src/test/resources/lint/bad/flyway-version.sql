-- as: V1__again.sql
-- Phase: expand. Safe.
ALTER TABLE words ADD COLUMN letters bigint;
