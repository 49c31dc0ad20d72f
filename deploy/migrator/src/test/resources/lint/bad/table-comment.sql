-- Phase: expand. Safe.
CREATE TABLE notes (
    id uuid PRIMARY KEY
);
