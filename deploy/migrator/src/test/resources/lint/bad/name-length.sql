-- Phase: expand. Safe.
ALTER TABLE words ADD COLUMN a_name_that_says_so_much_that_postgresql_will_not_keep_all_of_it_for_us bigint;
