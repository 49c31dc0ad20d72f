package daftar.consent;

import daftar.testkit.MetricsTable;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class MetricsTest {

    @Test
    void theOperatorsTableListsEveryMetricOfOursAndNoOther() {
        MetricsTable.check("consent", "http://127.0.0.1:" + Stack.current().managementPort());
    }
}
