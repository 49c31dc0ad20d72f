-- Phase: expand. Safe.
CLUSTER words USING words_pkey;
