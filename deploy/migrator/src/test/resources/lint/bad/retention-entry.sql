-- Phase: expand. Safe.
CREATE TABLE diaries (
    id uuid PRIMARY KEY
);
COMMENT ON TABLE diaries IS 'Notes.';
