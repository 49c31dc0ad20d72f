-- Phase: expand. Safe while the service runs: a default for new rows and a check that is not validated are changes of the
-- catalogue alone, with a brief lock. What is there is sums of what was never negative.
--
-- Costs belong to usage-service, which has the prices; billing no longer adds up what producers report. The release
-- before goes on writing the column, this one leaves it at its default. It is dropped by a contract migration once no
-- instance of that release runs.

ALTER TABLE usage_totals
    ALTER COLUMN cost_usd SET DEFAULT 0,
    ADD CONSTRAINT usage_totals_not_negative
        CHECK (events >= 0 AND tokens_used >= 0 AND speech_seconds >= 0) NOT VALID;

COMMENT ON COLUMN usage_totals.cost_usd IS 'gdpr: behaviour; no longer written nor read: costs are usage-service''s; erased with the row';
