-- Adds a column.
ALTER TABLE words ADD COLUMN letters bigint;
