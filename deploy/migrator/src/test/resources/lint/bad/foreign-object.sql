-- Phase: expand. Safe.
CREATE VIEW payers AS SELECT s.user_id FROM billing.subscriptions AS s;
