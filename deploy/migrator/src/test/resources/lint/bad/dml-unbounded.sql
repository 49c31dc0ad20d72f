-- Phase: expand. Safe.
UPDATE words SET word = lower(word);
