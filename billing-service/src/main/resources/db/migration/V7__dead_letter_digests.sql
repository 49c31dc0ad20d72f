-- Phase: expand. Safe: a column without a default, which takes its brief lock and rewrites nothing. A release that does not
-- know it goes on writing without it.

ALTER TABLE dead_letters ADD COLUMN digest bytea;

COMMENT ON COLUMN dead_letters.digest IS 'SHA-256 of what the record holds: tells it from another of the same place in a topic that was made anew. Null for those of before there were digests.';
COMMENT ON COLUMN dead_letter_redrives.outcome IS 'applied, or the reason why it had no effect this time either; discarded where somebody said that it never will.';
