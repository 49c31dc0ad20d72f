-- Phase: expand. Safe.
ALTER TABLE words ADD COLUMN code uuid DEFAULT gen_random_uuid();
