-- Phase: expand. Safe under load: a column with a constant default, which PostgreSQL adds without rewriting the table. The
-- check comes with it and is true of the default; it reads the table once. A release that does not know the column goes on
-- writing, and gets the default.

ALTER TABLE subscriptions
    ADD COLUMN usage_limit text NOT NULL DEFAULT 'hard'
        CONSTRAINT subscriptions_usage_limit_known CHECK (usage_limit IN ('hard', 'soft'));

COMMENT ON COLUMN subscriptions.usage_limit IS 'hard or soft, as the plan had it at the start.';
