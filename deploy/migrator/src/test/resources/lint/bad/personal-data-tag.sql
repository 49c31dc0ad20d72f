-- Phase: expand. Safe.
CREATE TABLE notes (
    id uuid PRIMARY KEY,
    guardian_email text NOT NULL
);
COMMENT ON TABLE notes IS 'Notes.';
COMMENT ON COLUMN notes.id IS 'The note.';
