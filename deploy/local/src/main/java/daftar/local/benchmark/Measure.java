package daftar.local.benchmark;

/** Seconds and the processor time of each part, over some rows. */
record Measure(int rows, double seconds, ProcessorTime processorTime) {

    /** Rows a second. */
    double rate() {
        return rows / seconds;
    }

    /** Milliseconds of a part's processor time for a thousand rows. */
    double processorMillis(String part) {
        return processorTime.millis().get(part) * 1_000.0 / rows;
    }
}
