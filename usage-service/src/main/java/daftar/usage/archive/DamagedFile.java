package daftar.usage.archive;

import jakarta.annotation.Nullable;
import java.io.IOException;

/** What lies in S3 is not what was put there. The message holds no personal data. */
final class DamagedFile extends IOException {

    DamagedFile(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
