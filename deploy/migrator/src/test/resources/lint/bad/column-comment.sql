-- Phase: expand. Safe.
CREATE TABLE notes (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL
);
COMMENT ON TABLE notes IS 'Notes.';
COMMENT ON COLUMN notes.user_id IS 'gdpr: identifier; whose note it is; erase: delete the row';
