package daftar.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.RestAssured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A service's committed API document and the one that it really serves. */
public final class OpenApiDocument {

    private static final Path COMMITTED = Path.of("src/main/openapi/openapi.yaml");

    private OpenApiDocument() {}

    /**
     * Fails when the running service serves another document than the committed one. To commit a change
     * of the API, run the test with {@code -Ddaftar.openapi.write=true} and read the difference.
     */
    public static void assertIsCommitted() throws IOException {
        String served = RestAssured.given()
                .accept("application/yaml")
                .get("/q/openapi")
                .then()
                .statusCode(200)
                .extract()
                .asString();
        if (Boolean.getBoolean("daftar.openapi.write")) {
            Files.createDirectories(COMMITTED.getParent());
            Files.writeString(COMMITTED, served);
        }
        assertEquals(Files.readString(COMMITTED), served, "the API changed: see OpenApiDocument");
    }
}
