-- Phase: expand. Safe.
CREATE TABLE notes (
    id uuid PRIMARY KEY,
    word_id bigint NOT NULL REFERENCES words (id)
);
COMMENT ON TABLE notes IS 'Notes.';
