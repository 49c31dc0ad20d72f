package daftar.billing;

import daftar.testkit.OpenApiDocument;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class OpenApiTest {

    @Test
    void theServedDocumentIsTheCommittedOne() throws IOException {
        OpenApiDocument.assertIsCommitted();
    }
}
