-- Phase: expand. Safe.
REINDEX INDEX CONCURRENTLY words_word;
