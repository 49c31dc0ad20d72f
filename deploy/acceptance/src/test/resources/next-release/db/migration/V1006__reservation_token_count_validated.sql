-- Phase: contract. Safe: reads the rows under SHARE UPDATE EXCLUSIVE, which neither readers nor writers wait for.
-- requires-app: >= 1.1
-- statement-timeout: 30min; every row is read

ALTER TABLE usage_reservations VALIDATE CONSTRAINT usage_reservations_token_count_not_null;
