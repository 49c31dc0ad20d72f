-- Phase: expand. Safe under load: a column with a constant default, which PostgreSQL adds without rewriting the table; its
-- check is true of the default. plans has a handful of rows. A release that does not know the column goes on as before.

ALTER TABLE plans
    ADD COLUMN usage_limit text NOT NULL DEFAULT 'hard'
        CONSTRAINT plans_usage_limit_known CHECK (usage_limit IN ('hard', 'soft'));

COMMENT ON COLUMN plans.usage_limit IS 'hard: no more can be reserved than is included; soft: reservations are counted, not refused.';
