-- Phase: expand. Safe.
ALTER TABLE words DETACH PARTITION words_y2025m01;
