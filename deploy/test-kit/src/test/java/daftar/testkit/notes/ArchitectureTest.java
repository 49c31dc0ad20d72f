package daftar.testkit.notes;

import daftar.testkit.ArchitectureRules;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The kit itself keeps the rules that it is the cause of. */
class ArchitectureTest {

    @TestFactory
    Stream<DynamicTest> houseRules() {
        return ArchitectureRules.of("daftar.kit");
    }
}
