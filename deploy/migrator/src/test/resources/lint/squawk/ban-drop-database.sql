-- Phase: expand. Safe.
DROP DATABASE daftar;
