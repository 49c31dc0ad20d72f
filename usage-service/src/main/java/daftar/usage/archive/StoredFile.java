package daftar.usage.archive;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/** A Parquet file in the bucket, of which only what is asked for is fetched: the footer, then some row groups. */
final class StoredFile implements InputFile {

    /** What is fetched at least: a file's footer mostly fits, and one request costs more than these bytes. */
    private static final int READ_AHEAD = 64 * 1024;

    private final ArchiveStore store;
    private final Manifest.DataFile file;

    StoredFile(ArchiveStore store, Manifest.DataFile file) {
        this.store = store;
        this.file = file;
    }

    @Override
    public long getLength() {
        return file.bytes();
    }

    @Override
    public SeekableInputStream newStream() {
        Ranges ranges = new Ranges();
        return new DelegatingSeekableInputStream(ranges) {
            @Override
            public long getPos() {
                return ranges.position;
            }

            @Override
            public void seek(long position) {
                ranges.position = position;
            }
        };
    }

    private final class Ranges extends InputStream {

        private long position;
        private long fetchedFrom;
        private byte[] fetched = {};

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (position >= file.bytes()) {
                return -1;
            }
            int wanted = (int) Math.min(length, file.bytes() - position);
            if (position < fetchedFrom || position + wanted > fetchedFrom + fetched.length) {
                fetch(wanted);
            }
            System.arraycopy(fetched, (int) (position - fetchedFrom), into, offset, wanted);
            position += wanted;
            return wanted;
        }

        private void fetch(int wanted) throws IOException {
            int length = (int) Math.min(Math.max(wanted, READ_AHEAD), file.bytes() - position);
            fetched = store.range(file.key(), position, length);
            fetchedFrom = position;
            if (fetched.length != length) {
                throw new EOFException("the stored file is shorter than its manifest says");
            }
        }
    }
}
