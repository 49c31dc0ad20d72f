package daftar.local.backup;

/**
 * One thing that a restored database was asked.
 *
 * @param name in the history and in messages, lower snake case
 * @param detail what was found, for a person; no personal data
 */
record Check(String name, boolean passed, String detail) {
    static Check passed(String name, String detail) {
        return new Check(name, true, detail);
    }

    static Check failed(String name, String detail) {
        return new Check(name, false, detail);
    }
}
