-- Phase: expand. Safe.
CREATE TABLE notes (
    note text NOT NULL
);
COMMENT ON TABLE notes IS 'Notes.';
