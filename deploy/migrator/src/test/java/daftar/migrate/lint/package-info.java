/**
 * The linter of migrations: what squawk cannot know of Flyway, slices, phases and personal data. It runs as a test of this
 * module, over the scripts of all services. {@link daftar.migrate.lint.Lint} is where to begin; each family of rules is
 * one class.
 */
package daftar.migrate.lint;
