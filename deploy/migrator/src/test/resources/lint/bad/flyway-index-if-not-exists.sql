-- Phase: expand. Safe.
CREATE INDEX CONCURRENTLY IF NOT EXISTS words_word ON words (word);
