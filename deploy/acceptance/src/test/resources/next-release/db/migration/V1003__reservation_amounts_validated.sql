-- Phase: expand. Safe: reads the rows under SHARE UPDATE EXCLUSIVE.
-- statement-timeout: 30min; every row is read

ALTER TABLE usage_reservations VALIDATE CONSTRAINT usage_reservations_token_count_check;
