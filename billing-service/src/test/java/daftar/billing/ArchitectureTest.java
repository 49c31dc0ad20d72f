package daftar.billing;

import daftar.testkit.ArchitectureRules;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The house rules, held against this service. */
class ArchitectureTest {

    @TestFactory
    Stream<DynamicTest> holds() {
        return ArchitectureRules.of("daftar.billing");
    }
}
