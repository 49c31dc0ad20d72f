-- Phase: contract. Safe: every release from 1.1 on writes it; the rows are not read here.
-- requires-app: >= 1.1
-- requires-backfill: usage_reservations_token_count

ALTER TABLE usage_reservations ADD CONSTRAINT usage_reservations_token_count_not_null NOT NULL token_count NOT VALID;
