-- Phase: expand. Safe.
DELETE FROM words WHERE word = '';
