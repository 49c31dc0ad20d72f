package daftar.usage.price;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;

/** Lets a price that a test wrote itself hold at once. */
@ApplicationScoped
public class PricesOfTests {

    private final CurrentPrices current;

    @Inject
    PricesOfTests(CurrentPrices current) {
        this.current = current;
    }

    public void read() {
        current.read().await().atMost(Duration.ofSeconds(20));
    }
}
