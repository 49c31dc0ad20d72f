-- Phase: expand. Safe.
TRUNCATE words;
