-- Phase: expand. Safe.
GRANT SELECT ON words TO billing_app;
