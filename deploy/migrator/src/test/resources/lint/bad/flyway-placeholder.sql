-- Phase: expand. Safe.
COMMENT ON TABLE words IS 'Words of ${environment}.';
