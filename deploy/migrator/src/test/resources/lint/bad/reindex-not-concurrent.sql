-- Phase: expand. Safe.
REINDEX TABLE words;
