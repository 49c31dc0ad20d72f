-- Phase: expand. Safe.
ALTER TABLE words ADD CONSTRAINT words_apart EXCLUDE USING gist (word WITH =);
