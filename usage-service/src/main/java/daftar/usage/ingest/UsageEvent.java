package daftar.usage.ingest;

import daftar.usage.correction.UsageCorrected;

/** What topic {@code usage-events} carries. */
sealed interface UsageEvent permits UsageRecorded, UsageEvent.Corrected {

    /** What was counted is put right. */
    record Corrected(UsageCorrected correction) implements UsageEvent {}
}
