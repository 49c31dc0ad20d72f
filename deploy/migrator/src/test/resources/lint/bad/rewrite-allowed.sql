-- Phase: expand. Safe.
SET LOCAL daftar.rewrite_allowed = 'usage.words';
