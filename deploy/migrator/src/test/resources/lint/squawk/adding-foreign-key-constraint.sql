-- Phase: expand. Safe.
ALTER TABLE notes ADD CONSTRAINT notes_word_id_fkey FOREIGN KEY (word_id) REFERENCES words (id);
