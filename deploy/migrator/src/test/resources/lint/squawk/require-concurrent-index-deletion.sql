-- Phase: expand. Safe.
DROP INDEX words_word;
