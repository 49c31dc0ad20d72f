package daftar.local.backup;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The segments of log that the store has. A segment's name is the timeline, then its place in the log, in hexadecimal: 256
 * segments of 16 MB make one unit of the middle eight digits.
 */
final class WalArchive {
    private static final Pattern SEGMENT = Pattern.compile("[0-9A-F]{24}");

    private final List<String> segments;

    WalArchive(List<String> segments) {
        this.segments = segments.stream().sorted().toList();
    }

    static WalArchive of(StoreClient client) {
        return new WalArchive(client.list(BackupStore.key("wals/")).stream()
                .map(stored -> stored.key().substring(stored.key().lastIndexOf('/') + 1))
                .map(name -> name.replaceFirst("\\.(gz|bz2|snappy)$", ""))
                .filter(name -> SEGMENT.matcher(name).matches())
                .toList());
    }

    /** The newest segment: of the newest timeline the one with the highest place. */
    Optional<String> newest() {
        return segments.stream().max(Comparator.naturalOrder());
    }

    /** The oldest segment. */
    Optional<String> oldest() {
        return segments.stream().findFirst();
    }

    /** The first segment that a restore from this one on would look for in vain, up to the newest. */
    Optional<String> firstMissing(String from) {
        List<Long> places = segments.stream().map(WalArchive::place).sorted().toList();
        var have = places.stream().collect(Collectors.toSet());
        long last = places.isEmpty() ? place(from) : places.get(places.size() - 1);
        return LongStream.rangeClosed(place(from), last)
                .filter(place -> !have.contains(place))
                .mapToObj(place -> name(from.substring(0, 8), place))
                .findFirst();
    }

    private static long place(String segment) {
        return (Long.parseLong(segment.substring(8, 16), 16) << 8) + Long.parseLong(segment.substring(16), 16);
    }

    private static String name(String timeline, long place) {
        return timeline + "%08X%08X".formatted(place >> 8, place & 0xFF);
    }
}
