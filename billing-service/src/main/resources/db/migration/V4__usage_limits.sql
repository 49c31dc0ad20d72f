-- Phase: expand. Safe under load: two columns with a constant default, which PostgreSQL adds without rewriting the tables;
-- the brief ACCESS EXCLUSIVE lock is all. The checks come with the columns and are true of the default, so no row is
-- looked at for long: plans has a handful, and subscriptions is read once. A release that does not know the columns goes
-- on writing, and gets the default.

ALTER TABLE plans
    ADD COLUMN usage_limit text NOT NULL DEFAULT 'hard'
        CONSTRAINT plans_usage_limit_known CHECK (usage_limit IN ('hard', 'soft'));

COMMENT ON COLUMN plans.usage_limit IS 'hard: no more can be reserved than is included; soft: reservations are counted, not refused.';

ALTER TABLE subscriptions
    ADD COLUMN usage_limit text NOT NULL DEFAULT 'hard'
        CONSTRAINT subscriptions_usage_limit_known CHECK (usage_limit IN ('hard', 'soft'));

COMMENT ON COLUMN subscriptions.usage_limit IS 'hard or soft, as the plan had it at the start.';
