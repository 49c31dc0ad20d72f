-- as: V2__released.sql
-- Phase: expand. Safe.
-- changed since
ALTER TABLE words ADD COLUMN letters bigint;
