-- Phase: expand. Safe.
ALTER TABLE words ADD CONSTRAINT words_letters_positive CHECK (letters >= 0);
