package daftar.usage.archive;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The bucket that the archive lies in. Its methods wait for S3: never on an event loop. Every failure is an {@link
 * IOException}, whose message names no key.
 */
@ApplicationScoped
class ArchiveStore {

    /** For the largest file on a slow line. */
    private static final int LIMIT_MINUTES = 10;

    private final Instance<S3AsyncClient> s3;
    private final String bucket;

    @Inject
    ArchiveStore(Instance<S3AsyncClient> s3, @ConfigProperty(name = "daftar.s3.bucket") String bucket) {
        this.s3 = s3;
        this.bucket = bucket;
    }

    /** Stores a file, over what is there. */
    void put(String key, Path file) throws IOException {
        await(s3.get().putObject(to -> to.bucket(bucket).key(key), AsyncRequestBody.fromFile(file)));
    }

    /** Stores a text, over what is there. */
    void put(String key, String text) throws IOException {
        await(s3.get()
                .putObject(
                        to -> to.bucket(bucket).key(key).contentType("application/json"),
                        AsyncRequestBody.fromString(text)));
    }

    /** A stored text. */
    String text(String key) throws IOException {
        return await(s3.get().getObject(from -> from.bucket(bucket).key(key), AsyncResponseTransformer.toBytes()))
                .asUtf8String();
    }

    /** Fetches a stored file to where no file is yet. */
    void fetch(String key, Path file) throws IOException {
        await(s3.get().getObject(from -> from.bucket(bucket).key(key), AsyncResponseTransformer.toFile(file)));
    }

    /** Some bytes of a stored file. */
    byte[] range(String key, long from, int length) throws IOException {
        String range = "bytes=" + from + "-" + (from + length - 1);
        return await(s3.get()
                        .getObject(of -> of.bucket(bucket).key(key).range(range), AsyncResponseTransformer.toBytes()))
                .asByteArray();
    }

    /** Removes what is stored there, if anything is. */
    void delete(String key) throws IOException {
        await(s3.get().deleteObject(of -> of.bucket(bucket).key(key)));
    }

    /** What lies under a prefix; a part's few files. */
    List<String> keysUnder(String prefix) throws IOException {
        return await(s3.get().listObjectsV2(of -> of.bucket(bucket).prefix(prefix))).contents().stream()
                .map(S3Object::key)
                .toList();
    }

    private static <T> T await(CompletableFuture<T> answer) throws IOException {
        try {
            return answer.get(LIMIT_MINUTES, TimeUnit.MINUTES);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof NoSuchKeyException) {
                throw new DamagedFile("a stored file is gone", failed);
            }
            throw new IOException("S3 does not do what was asked", failed);
        } catch (TimeoutException failed) {
            answer.cancel(true);
            throw new IOException("S3 does not do what was asked", failed);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for S3", e);
        }
    }
}
