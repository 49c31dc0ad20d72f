package daftar.local.backup;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Erases persons from a database that holds all slices, as {@code erasers.sql} says. */
final class Erasure {
    private Erasure() {}

    /**
     * Erases each of them, one transaction a person. Again and again is harmless.
     *
     * @return how many of them the database knew
     */
    static int replay(Connection superuser, List<UUID> users) throws SQLException {
        String script = script();
        int known = 0;
        superuser.setAutoCommit(false);
        try (PreparedStatement name =
                        superuser.prepareStatement("SELECT set_config('erasure.user_id', ?, true), set_config("
                                + "'consent.erasing_user_id', ?, true)");
                PreparedStatement find = superuser.prepareStatement("SELECT 1 FROM identity.users WHERE id = ?");
                Statement erase = superuser.createStatement()) {
            for (UUID user : users) {
                find.setObject(1, user);
                try (ResultSet found = find.executeQuery()) {
                    known += found.next() ? 1 : 0;
                }
                name.setString(1, user.toString());
                name.setString(2, user.toString());
                name.execute();
                erase.execute(script);
                superuser.commit();
            }
        } finally {
            superuser.rollback();
            superuser.setAutoCommit(true);
        }
        return known;
    }

    /** Tables in which the person can still be found by the id, though they should be erased. */
    static List<String> traces(Connection superuser, UUID user) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (Statement statement = superuser.createStatement();
                ResultSet result = statement.executeQuery("""
                        SELECT format('SELECT 1 FROM %I.%I WHERE user_id = ', n.nspname, c.relname),
                               n.nspname || '.' || c.relname
                        FROM pg_attribute a
                        JOIN pg_class c ON c.oid = a.attrelid
                        JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE a.attname = 'user_id' AND a.atttypid = 'uuid'::regtype AND NOT a.attisdropped
                          AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                          AND n.nspname IN ('identity', 'consent', 'analytics', 'usage', 'billing')
                        UNION ALL
                        SELECT 'SELECT 1 FROM identity.users WHERE email NOT LIKE ''%@erased.invalid'' AND id = ',
                               'identity.users'
                        ORDER BY 2""")) {
            while (result.next()) {
                try (Statement query = superuser.createStatement();
                        ResultSet found = query.executeQuery(result.getString(1) + "'" + user + "' LIMIT 1")) {
                    if (found.next()) {
                        tables.add(result.getString(2));
                    }
                }
            }
        }
        return tables;
    }

    static String script() {
        try (InputStream resource = Erasure.class.getResourceAsStream("/daftar/local/erasers.sql")) {
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
