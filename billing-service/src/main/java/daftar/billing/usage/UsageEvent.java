package daftar.billing.usage;

/** What billing hears on topic {@code usage-events}. */
sealed interface UsageEvent permits UsageRecorded, UsageCorrected {}
