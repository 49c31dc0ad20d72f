package daftar.local.stack;

import daftar.local.postgres.Database;
import daftar.local.process.Loopback;

/**
 * Where the database answers, for those who write and for those who read.
 *
 * @param primary port of the server that is the primary now
 * @param replica port of the other
 * @param failover whether they may change their parts: then everybody is told of both and finds out which one it wants
 */
record DatabaseAddresses(int primary, int replica, boolean failover) {
    /** What a service writes to: addresses with commas in between. */
    String writing() {
        return failover ? address(primary) + "," + address(replica) : address(primary);
    }

    /** What a service reads from: addresses with commas in between. */
    String reading() {
        return failover ? address(replica) + "," + address(primary) : address(replica);
    }

    /** JDBC address of whichever server is the primary when it is used. */
    String writingJdbc() {
        return failover
                ? "jdbc:" + servers(primary, replica) + "/" + Database.NAME + "?targetServerType=primary"
                : "jdbc:" + address(primary);
    }

    /** JDBC address of the replica. */
    String readingJdbc() {
        return failover
                ? "jdbc:" + servers(replica, primary) + "/" + Database.NAME + "?targetServerType=preferSecondary"
                : "jdbc:" + address(replica);
    }

    private static String servers(int first, int second) {
        return "postgresql://" + Loopback.ADDRESS + ":" + first + "," + Loopback.ADDRESS + ":" + second;
    }

    private static String address(int port) {
        return "postgresql://" + Loopback.ADDRESS + ":" + port + "/" + Database.NAME;
    }
}
