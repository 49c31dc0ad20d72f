-- Phase: expand. Safe: built concurrently, writers go on.

CREATE INDEX CONCURRENTLY usage_reservations_user_created ON usage_reservations (user_id, created_at);
