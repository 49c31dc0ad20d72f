-- Phase: expand. Safe.
CREATE TABLE words_rest PARTITION OF words DEFAULT;
