-- Phase: expand. Safe.
CREATE TABLE notes (
    id uuid PRIMARY KEY,
    plan_id uuid REFERENCES billing.plans (id)
);
COMMENT ON TABLE notes IS 'Notes.';
CREATE INDEX notes_plan_id ON notes (plan_id);
