package daftar.local.backup;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** AWS Signature Version 4 of one request (source: AWS documentation, "Signature Version 4 signing process"). */
record StoreSignature(BackupStore store, Instant now) {
    private static final String REGION = "us-east-1";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    /**
     * The headers that sign it.
     *
     * @param host the address's host and port
     * @param path encoded
     * @param query encoded and sorted, possibly empty
     */
    Map<String, String> headers(String method, String host, String path, String query, byte[] body) {
        String time = TIME.format(now);
        String scope = time.substring(0, 8) + "/" + REGION + "/s3/aws4_request";
        String hash = sha256(body);
        String canonical = String.join(
                "\n",
                method,
                path,
                query,
                "host:" + host,
                "x-amz-content-sha256:" + hash,
                "x-amz-date:" + time,
                "",
                "host;x-amz-content-sha256;x-amz-date",
                hash);
        String toSign =
                String.join("\n", "AWS4-HMAC-SHA256", time, scope, sha256(canonical.getBytes(StandardCharsets.UTF_8)));
        byte[] key = ("AWS4" + store.secretKey()).getBytes(StandardCharsets.UTF_8);
        for (String word : scope.split("/", -1)) {
            key = hmac(key, word);
        }
        return Map.of(
                "x-amz-content-sha256",
                hash,
                "x-amz-date",
                time,
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=" + store.accessKey() + "/" + scope
                        + ", SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="
                        + HexFormat.of().formatHex(hmac(key, toSign)));
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
