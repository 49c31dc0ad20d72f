-- Phase: expand. Safe: a new table; two columns without a default, which take their brief lock and rewrite nothing. A
-- release that does not know them goes on writing; what it writes in the meantime is added up by the rebuild
-- (OPERATIONS.md), as is what was written before.

CREATE TABLE usage_rollups (
    user_id        uuid           NOT NULL,
    bucket_minutes smallint       NOT NULL,
    bucket_start   timestamp      NOT NULL,
    service_name   varchar(50)    NOT NULL,
    events         bigint         NOT NULL,
    tokens_used    bigint         NOT NULL,
    speech_seconds bigint         NOT NULL,
    cost_usd       numeric(20, 6) NOT NULL,
    CONSTRAINT usage_rollups_pkey PRIMARY KEY (user_id, bucket_minutes, bucket_start, service_name),
    CONSTRAINT usage_rollups_bucket_minutes_check CHECK (bucket_minutes IN (1, 60, 1440))
) WITH (fillfactor = 80); -- room beside a row for its next version: most are changed soon after they were made

COMMENT ON TABLE usage_rollups IS 'usage_logs added up by user and service, in minutes, hours and days of UTC. Written with the rows, in the same statement; outlives them.';
COMMENT ON COLUMN usage_rollups.user_id IS 'gdpr: identifier; whose use it was; erase: delete the row';
COMMENT ON COLUMN usage_rollups.bucket_minutes IS 'How long the bucket is: 1, 60 or 1440 minutes.';
COMMENT ON COLUMN usage_rollups.bucket_start IS 'gdpr: behaviour; when, in UTC; erased with the row';
COMMENT ON COLUMN usage_rollups.service_name IS 'gdpr: behaviour; which service was used; erased with the row';
COMMENT ON COLUMN usage_rollups.events IS 'gdpr: behaviour; how many events were added up; erased with the row';
COMMENT ON COLUMN usage_rollups.tokens_used IS 'gdpr: behaviour; how much was used; erased with the row';
COMMENT ON COLUMN usage_rollups.speech_seconds IS 'gdpr: behaviour; how much was used; erased with the row';
COMMENT ON COLUMN usage_rollups.cost_usd IS 'gdpr: behaviour; what it cost the platform, in US dollars; erased with the row';

ALTER TABLE usage_event_keys ADD COLUMN digest uuid;

COMMENT ON COLUMN usage_event_keys.digest IS 'Of what the event said: another event with the id and another digest is a conflict. Null for events that counted before there were digests.';
