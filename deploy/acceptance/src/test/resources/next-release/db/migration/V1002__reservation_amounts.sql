-- Phase: expand. Safe: the trigger gives token_count what tokens has, which is never negative; the rows are not read here.

ALTER TABLE usage_reservations ADD CONSTRAINT usage_reservations_token_count_check
    CHECK (token_count >= 0 AND speech_seconds >= 0) NOT VALID;
