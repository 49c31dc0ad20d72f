package daftar.acceptance;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How long answers took, phase by phase, from when each request was to be sent. Told, never judged. */
final class Latencies {

    private final Map<String, List<Long>> phases = new LinkedHashMap<>();
    private String current = "begin";

    synchronized void phase(String name) {
        current = name;
    }

    synchronized void add(long nanos) {
        phases.computeIfAbsent(current, name -> new ArrayList<>()).add(nanos);
    }

    synchronized int count(String phase) {
        return phases.getOrDefault(phase, List.of()).size();
    }

    synchronized int countOfCurrent() {
        return count(current);
    }

    /** In milliseconds; 0 where there was no answer. */
    synchronized long percentile(String phase, double percent) {
        List<Long> sorted = new ArrayList<>(phases.getOrDefault(phase, List.of()));
        if (sorted.isEmpty()) {
            return 0;
        }
        Collections.sort(sorted);
        int index = (int) Math.min(sorted.size() - 1L, Math.round(sorted.size() * percent / 100));
        return sorted.get(index) / 1_000_000;
    }
}
