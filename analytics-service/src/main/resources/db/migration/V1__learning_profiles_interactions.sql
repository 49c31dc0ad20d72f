-- Phase: expand. Safe while the service runs: it only creates tables, which nobody reads before this has committed.
-- Runs as analytics_owner with search_path analytics. The default privileges give analytics_app SELECT, INSERT, UPDATE and
-- DELETE on every table made here; what the application has no need of is taken back at the end.

CREATE TABLE learning_profiles (
    id                 UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id            UUID REFERENCES identity.users (id),
    subject            VARCHAR(100) NOT NULL,
    concept            VARCHAR(200) NOT NULL,
    mastery_score      FLOAT DEFAULT 0.0,
    last_interaction   TIMESTAMP DEFAULT NOW(),
    total_interactions INTEGER DEFAULT 0,
    streak_days        INTEGER DEFAULT 0,
    UNIQUE (user_id, subject, concept)
);

CREATE INDEX idx_learning_profiles_user_subject ON learning_profiles (user_id, subject);

COMMENT ON TABLE learning_profiles IS 'What a learner masters, one row a concept: a function of the interactions with it, in the order of (occurred_at, id).';
COMMENT ON COLUMN learning_profiles.id IS 'The profile; means nothing outside this table';
COMMENT ON COLUMN learning_profiles.user_id IS 'gdpr: pseudonym; the learner; delete the row on erasure';
COMMENT ON COLUMN learning_profiles.subject IS 'gdpr: learning; what the learner works at; delete the row on erasure';
COMMENT ON COLUMN learning_profiles.concept IS 'gdpr: learning; what the learner works at; delete the row on erasure';
COMMENT ON COLUMN learning_profiles.mastery_score IS 'gdpr: learning; probability that the concept is known, at last_interaction; delete the row on erasure';
COMMENT ON COLUMN learning_profiles.last_interaction IS 'gdpr: activity; occurred_at of the last interaction, UTC; delete the row on erasure';
COMMENT ON COLUMN learning_profiles.total_interactions IS 'gdpr: activity; number of interactions; delete the row on erasure';
COMMENT ON COLUMN learning_profiles.streak_days IS 'gdpr: activity; consecutive local dates with an interaction, at last_interaction; delete the row on erasure';

CREATE TABLE interactions (
    id          uuid        NOT NULL,
    user_id     uuid        NOT NULL,
    subject     text        NOT NULL,
    concept     text        NOT NULL,
    correct     boolean     NOT NULL,
    occurred_at timestamptz NOT NULL,
    time_zone   text        NOT NULL,
    local_date  date        NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT interactions_pk PRIMARY KEY (id),
    CONSTRAINT interactions_user_fk FOREIGN KEY (user_id) REFERENCES identity.users (id),
    CONSTRAINT interactions_subject_length CHECK (length(subject) BETWEEN 1 AND 100),
    CONSTRAINT interactions_concept_length CHECK (length(concept) BETWEEN 1 AND 200)
);

-- the replay of one concept, and its last interaction
CREATE INDEX interactions_user_concept_time ON interactions (user_id, subject, concept, occurred_at, id);
-- the learner's last time zone, whatever the concept
CREATE INDEX interactions_user_time ON interactions (user_id, occurred_at, id);

COMMENT ON TABLE interactions IS 'What a learner did, one row an answer, never changed. learning_profiles can be made anew from it.';
COMMENT ON COLUMN interactions.id IS 'Made by the sender; the same id counts once for ever';
COMMENT ON COLUMN interactions.user_id IS 'gdpr: pseudonym; the learner; delete the row on erasure';
COMMENT ON COLUMN interactions.subject IS 'gdpr: learning; what the learner worked at; delete the row on erasure';
COMMENT ON COLUMN interactions.concept IS 'gdpr: learning; what the learner worked at; delete the row on erasure';
COMMENT ON COLUMN interactions.correct IS 'gdpr: learning; whether the answer was right; delete the row on erasure';
COMMENT ON COLUMN interactions.occurred_at IS 'gdpr: activity; when it happened; delete the row on erasure';
COMMENT ON COLUMN interactions.time_zone IS 'gdpr: location; IANA zone of the learner at that moment, for the local date; delete the row on erasure';
COMMENT ON COLUMN interactions.local_date IS 'gdpr: activity; the learner''s date at that moment, fixed when it was recorded; delete the row on erasure';
COMMENT ON COLUMN interactions.recorded_at IS 'gdpr: activity; when it arrived; delete the row on erasure';

REVOKE UPDATE, DELETE ON interactions FROM analytics_app;
REVOKE DELETE ON learning_profiles FROM analytics_app;
REVOKE INSERT, UPDATE, DELETE ON flyway_schema_history FROM analytics_app;
