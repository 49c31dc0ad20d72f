-- Phase: expand. Safe: built concurrently, beside readers and writers. A BRIN index is some pages large and costs a write next
-- to nothing; it leads retention to the oldest totals, which otherwise would be looked for in all of them every night.

CREATE INDEX CONCURRENTLY usage_totals_usage_date ON usage_totals USING brin (usage_date);
