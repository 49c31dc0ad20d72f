-- Phase: expand. Safe.
LOCK TABLE words IN ACCESS EXCLUSIVE MODE;
