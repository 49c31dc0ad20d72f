package daftar.local.benchmark;

import daftar.local.process.LocalProcess;
import daftar.local.stack.DataFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Processor time that each part of the system has used, in milliseconds, by its name. A part's child processes, living
 * and dead, count with it: PostgreSQL has one for each connection.
 */
record ProcessorTime(Map<String, Long> millis) {
    private static final long MILLIS_PER_TICK = 10; // USER_HZ is 100 on every Linux that Java runs on

    static ProcessorTime now(DataFolder folder) {
        Map<String, Long> millis = new LinkedHashMap<>();
        millis.put("service", of(folder.run().resolve("usage.pid")));
        millis.put("PostgreSQL", of(folder.postgres().resolve("primary.pid")));
        millis.put("replica", of(folder.postgres().resolve("replica.pid")));
        millis.put("Kafka", of(folder.kafka().resolve("kafka.pid")));
        return new ProcessorTime(millis);
    }

    ProcessorTime since(ProcessorTime before) {
        Map<String, Long> spent = new LinkedHashMap<>();
        millis.forEach((part, now) -> spent.put(part, now - before.millis.get(part)));
        return new ProcessorTime(spent);
    }

    private static long of(Path pidFile) {
        long pid = LocalProcess.running("part", pidFile, pidFile)
                .map(LocalProcess::pid)
                .orElseThrow(() -> new IllegalStateException("no process behind " + pidFile));
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                            .filter(process -> process.getFileName().toString().matches("[0-9]+"))
                            .mapToLong(process -> ticks(process, pid))
                            .sum()
                    * MILLIS_PER_TICK;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Of the process itself with its dead children, or of a living child (proc(5): ppid, utime to cstime). */
    private static long ticks(Path process, long pid) {
        try {
            String stat = Files.readString(process.resolve("stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            long own = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
            if (process.getFileName().toString().equals(Long.toString(pid))) {
                return own + Long.parseLong(fields[13]) + Long.parseLong(fields[14]);
            }
            return Long.parseLong(fields[1]) == pid ? own : 0;
        } catch (IOException ended) {
            return 0;
        }
    }
}
