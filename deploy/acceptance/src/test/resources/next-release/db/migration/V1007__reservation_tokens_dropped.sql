-- Phase: contract. Safe: no release from 1.1 on reads or writes tokens, and token_count is filled. The check of both
-- amounts goes with the column; V1002 has its successor.
-- requires-app: >= 1.1
-- requires-backfill: usage_reservations_token_count

DROP TRIGGER usage_reservations_token_count_follows ON usage_reservations;
DROP FUNCTION usage_reservations_token_count_follows();
ALTER TABLE usage_reservations DROP COLUMN tokens;
