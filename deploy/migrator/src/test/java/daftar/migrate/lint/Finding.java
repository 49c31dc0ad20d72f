package daftar.migrate.lint;

/** What a rule has against a script. */
record Finding(String file, int line, String rule, String what, String remedy) {
    @Override
    public String toString() {
        return file + ":" + line + ": " + rule + ": " + what + ". " + remedy + ".";
    }
}
