-- Phase: expand. Safe while the service runs: it only creates a table, which nobody reads before this has committed.
-- Runs as consent_owner with search_path consent. The default privileges give consent_app SELECT, INSERT, UPDATE and
-- DELETE on every table made here; what the application has no need of is taken back at the end.

CREATE TABLE guardian_consents (
    id                UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id           UUID REFERENCES identity.users (id),
    guardian_email    VARCHAR(255) NOT NULL,
    consent_type      VARCHAR(50) NOT NULL,
    consent_given     BOOLEAN NOT NULL,
    consent_timestamp TIMESTAMP DEFAULT NOW(),
    legal_text_hash   VARCHAR(64) NOT NULL,
    ip_address        INET
);

-- the state of one type, the states of all types and a user's history all begin with the user
CREATE INDEX guardian_consents_user_type_timestamp
    ON guardian_consents (user_id, consent_type, consent_timestamp DESC, id DESC);

COMMENT ON TABLE guardian_consents IS 'What guardians decided about a child: one row a decision, never changed. The newest row of a user and type is the state.';
COMMENT ON COLUMN guardian_consents.id IS 'The decision; means nothing outside this table';
COMMENT ON COLUMN guardian_consents.user_id IS 'gdpr: pseudonym; the child whom the decision is about; erase with the rows of the child';
COMMENT ON COLUMN guardian_consents.guardian_email IS 'gdpr: contact; proof of who decided; erase with the rows of the child. Stored in lower case';
COMMENT ON COLUMN guardian_consents.consent_type IS 'gdpr: consent; what the decision is about, lower snake case; erase with the rows of the child';
COMMENT ON COLUMN guardian_consents.consent_given IS 'gdpr: consent; true allows, false refuses or withdraws; erase with the rows of the child';
COMMENT ON COLUMN guardian_consents.consent_timestamp IS 'gdpr: consent; when it was decided, UTC, by the server; strictly growing for a user and type; erase with the rows of the child';
COMMENT ON COLUMN guardian_consents.legal_text_hash IS 'SHA-256, lower-case hexadecimal, of the exact bytes that the guardian was shown';
COMMENT ON COLUMN guardian_consents.ip_address IS 'gdpr: online identifier; proof of who decided, the address of the guardian; erase with the rows of the child';

-- A decision that can be edited proves nothing. The one way round this is an erasure: the table's owner, in a transaction
-- that names the child in the setting consent.erasing_user_id, may change or delete the rows of that child alone.
CREATE FUNCTION guardian_consents_append_only() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'TRUNCATE'
        AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
        AND OLD.user_id::text = current_setting('consent.erasing_user_id', true)
    THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION 'guardian_consents is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER guardian_consents_append_only_rows
    BEFORE UPDATE OR DELETE ON guardian_consents
    FOR EACH ROW EXECUTE FUNCTION guardian_consents_append_only();

CREATE TRIGGER guardian_consents_append_only_table
    BEFORE TRUNCATE ON guardian_consents
    FOR EACH STATEMENT EXECUTE FUNCTION guardian_consents_append_only();

REVOKE UPDATE, DELETE ON guardian_consents FROM consent_app;
REVOKE INSERT, UPDATE, DELETE ON flyway_schema_history FROM consent_app;
