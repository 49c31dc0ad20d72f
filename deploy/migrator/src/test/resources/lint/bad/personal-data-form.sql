-- Phase: expand. Safe.
COMMENT ON COLUMN words.word IS 'gdpr: what was said';
