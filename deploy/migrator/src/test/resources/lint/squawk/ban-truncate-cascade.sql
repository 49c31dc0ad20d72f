-- Phase: expand. Safe.
TRUNCATE words CASCADE;
