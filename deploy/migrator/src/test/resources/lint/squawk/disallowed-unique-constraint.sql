-- Phase: expand. Safe.
ALTER TABLE words ADD CONSTRAINT words_word_key UNIQUE (word);
