-- Phase: expand. Safe: built concurrently, beside readers and writers. A BRIN index is some pages large and costs a write next
-- to nothing; it leads retention to the oldest roll-ups, which otherwise would be looked for in all of them every night.

CREATE INDEX CONCURRENTLY usage_rollups_bucket_start ON usage_rollups USING brin (bucket_start);
