package daftar.consent;

import daftar.testkit.EventCatalogue;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The committed catalogue of events holds together. */
class EventCatalogueTest {

    @TestFactory
    Stream<DynamicTest> catalogue() {
        return EventCatalogue.committed().checks();
    }
}
