package daftar.testkit.notes;

import daftar.testkit.Stack;

/** The table of the kit's own tests. */
final class Notes {

    private Notes() {}

    static void createTable(Stack stack) {
        stack.execute(
                "consent_owner",
                "CREATE TABLE IF NOT EXISTS consent.notes (id uuid PRIMARY KEY, text text NOT NULL,"
                        + " user_id uuid NOT NULL REFERENCES identity.users (id))");
    }

    static String note(java.util.UUID id, java.util.UUID user) {
        return "{\"id\":\"" + id + "\",\"user_id\":\"" + user + "\",\"text\":\"hello\"}";
    }
}
