package daftar.local.backup;

/** Shows that the platform's own programs work on a restored database. */
public interface SmokeTest {
    /**
     * Starts what it needs against the restored server, uses it and stops it.
     *
     * @param port of the restored server, on 127.0.0.1
     * @return what was done, for a person
     * @throws daftar.local.StartFailure when it does not work
     */
    String run(int port);
}
