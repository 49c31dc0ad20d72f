-- Phase: expand. Safe.
CREATE INDEX CONCURRENTLY words_word ON words (word);
COMMENT ON INDEX words_word IS 'by word';
