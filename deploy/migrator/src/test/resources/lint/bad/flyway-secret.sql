-- Phase: expand. Safe.
ALTER ROLE usage_app PASSWORD 'open sesame';
