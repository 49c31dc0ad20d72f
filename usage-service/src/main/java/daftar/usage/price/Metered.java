package daftar.usage.price;

import jakarta.annotation.Nullable;
import java.time.Instant;

/** What the price book must know of an event to rate it. */
public interface Metered {

    String serviceName();

    /** The model that was used; null where it is not told. */
    @Nullable
    String model();

    /** When it happened, which decides the version of a price. */
    Instant timestamp();

    /** Input and output together, 0 or more. */
    int tokensUsed();

    /** What of {@link #tokensUsed} was input; null where it is not told, and then output is not either. */
    @Nullable
    Integer inputTokens();

    /** The rest of {@link #tokensUsed}; null where it is not told. */
    @Nullable
    Integer outputTokens();

    /** 0 or more. */
    int speechSeconds();
}
