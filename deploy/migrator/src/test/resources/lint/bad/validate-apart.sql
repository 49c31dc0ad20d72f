-- Phase: expand. Safe.
ALTER TABLE words ADD CONSTRAINT words_short CHECK (length(word) < 99) NOT VALID;
ALTER TABLE words VALIDATE CONSTRAINT words_short;
