package daftar.local.backup;

/**
 * Where backups go: a bucket of their own, with credentials that no service has.
 *
 * @param endpoint address of the S3-compatible store
 * @param accessKey the client's name
 * @param secretKey what it signs with
 */
public record BackupStore(String endpoint, String accessKey, String secretKey) {
    /** The bucket. Its objects are encrypted at rest. */
    public static final String BUCKET = "daftar-backups";
    /** Barman's folder in the bucket. */
    static final String FOLDER = "postgres";
    /** The database cluster's name in that folder. */
    static final String SERVER = "daftar";

    /** Address of Barman's folder. */
    String url() {
        return "s3://" + BUCKET + "/" + FOLDER;
    }

    /** Key of an object below the cluster's name. */
    static String key(String path) {
        return FOLDER + "/" + SERVER + "/" + path;
    }
}
