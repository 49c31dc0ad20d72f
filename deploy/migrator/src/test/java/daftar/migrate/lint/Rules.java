package daftar.migrate.lint;

import java.util.List;

/** One family of rules. */
interface Rules {
    /** What they have against one script, which is among the slice's. */
    List<Finding> check(MigrationFile file, Migrations slice);
}
