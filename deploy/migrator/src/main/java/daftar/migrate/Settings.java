package daftar.migrate;

import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** How a run behaves; {@link #defaults} is what production runs with, a test or an operator changes single points. */
public final class Settings {
    Clock clock = Clock.systemUTC();
    Pause pause = Pause.SLEEP;
    RandomGenerator random = RandomGenerator.getDefault();
    Consumer<String> log = line -> {};
    Ladder transactionalLadder = Ladder.TRANSACTIONAL;
    Ladder concurrentLadder = Ladder.CONCURRENT;
    Duration waitForOtherMigrator = Duration.ofMinutes(1);
    Duration oldestTransaction = Duration.ofSeconds(60);
    Duration replicaLag = Duration.ofSeconds(10);
    Duration replicaLagOfBackfill = Duration.ofMinutes(10);
    double timeShareOfBackfill = 0.5;
    int rowsPerBatch = 1000;
    Optional<AppVersion> deployedVersion = Optional.empty();
    final Map<Guard, String> overrides = new EnumMap<>(Guard.class);
    List<Backfill> backfills = List.of();

    private Settings() {}

    /** Production's settings, with the back-fills that the class path names for {@link Backfill}. */
    public static Settings defaults() {
        Settings settings = new Settings();
        settings.backfills = ServiceLoader.load(Backfill.class, Settings.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
        return settings;
    }

    /** Takes sentences about what is being done. */
    public Settings log(Consumer<String> sentences) {
        this.log = sentences;
        return this;
    }

    /**
     * The oldest release that still runs anywhere, which the contract phase asks for.
     *
     * @throws IllegalArgumentException when the text is no version
     */
    public Settings deployedVersion(String version) {
        this.deployedVersion = Optional.of(AppVersion.of(version)
                .orElseThrow(() -> new IllegalArgumentException(version + " is no version such as 1.2.0")));
        return this;
    }

    /** Runs in spite of a guard. The reason is logged and reported. */
    public Settings override(Guard guard, String reason) {
        overrides.put(guard, reason);
        return this;
    }
}
