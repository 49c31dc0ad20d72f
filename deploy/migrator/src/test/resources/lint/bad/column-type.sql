-- Phase: expand. Safe.
CREATE TABLE notes (
    id uuid PRIMARY KEY,
    written_at timestamp NOT NULL
);
COMMENT ON TABLE notes IS 'Notes.';
