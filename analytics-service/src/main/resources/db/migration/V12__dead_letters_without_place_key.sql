-- Phase: contract. Release 1.0 says ON CONFLICT DO NOTHING without this key's columns. It takes a brief lock and touches
-- no row.
-- requires-app: >= 1.0
--
-- An instance of before, which names them, cannot keep a dead letter once the key is gone: its
-- batch waits, as it does while the database is away, and whoever takes its partitions over repeats it. Nothing is lost.
--
-- The place alone is no key: a topic that is made anew begins again at offset 0, and its letters would pass for those of
-- the topic before.

ALTER TABLE dead_letters DROP CONSTRAINT dead_letters_record_key;
