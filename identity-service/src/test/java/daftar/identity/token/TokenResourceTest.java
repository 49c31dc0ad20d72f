package daftar.identity.token;

import static daftar.identity.Api.fetchingToken;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;

import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class TokenResourceTest {

    private static final String SECRET = "the-reader's-secret-&-more";
    private static final String WRITER = "client_id=writer&client_secret=the-writers-own-secret";

    @Test
    void aServiceGetsAllItsScopesWhenItAsksForNone() {
        fetchingToken("reader", SECRET, null)
                .then()
                .statusCode(200)
                .header("Cache-Control", "no-store")
                .body("token_type", equalTo("Bearer"))
                .body("expires_in", equalTo(300))
                .body("scope", equalTo("users:read usage:read"));
    }

    @Test
    void aServiceGetsThePartOfItsScopesThatItAsksFor() {
        fetchingToken("reader", SECRET, "usage:read").then().statusCode(200).body("scope", equalTo("usage:read"));
    }

    @Test
    void aServiceMayProveItselfInTheForm() {
        posting("grant_type=client_credentials&" + WRITER)
                .then()
                .statusCode(200)
                .body("scope", equalTo("usage:write"));
    }

    @Test
    void aScopeThatIsNotAllowedIsRefused() {
        refused(fetchingToken("reader", SECRET, "usage:read usage:write"), 400, "invalid_scope");
    }

    @Test
    void aWrongSecretAndAnUnknownServiceAreRefusedAlike() {
        refused(fetchingToken("reader", "wrong", null), 401, "invalid_client");
        refused(fetchingToken("nobody", SECRET, null), 401, "invalid_client");
        fetchingToken("reader", "wrong", null).then().header("WWW-Authenticate", startsWith("Basic"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "'' ; 400 ; invalid_request",
                "client_id=writer&client_secret=the-writers-own-secret ; 400 ; invalid_request",
                "grant_type=client_credentials ; 401 ; invalid_client",
                "grant_type=client_credentials&client_id=writer ; 401 ; invalid_client",
                "grant_type=client_credentials&grant_type=client_credentials ; 400 ; invalid_request",
                "grant_type=password&client_id=writer&client_secret=the-writers-own-secret ; 400 ; unsupported_grant_type"
            })
    void aRequestThatIsNoneIsRefusedInTheFormOfOAuth(String form, int status, String error) {
        refused(posting(form), status, error);
    }

    @ParameterizedTest
    @CsvSource({"Basic !!!", "Basic bm8tY29sb24=", "Bearer abc", "Basic JXp6Ong="})
    void anUnreadableAuthorizationIsRefused(String authorization) {
        refused(
                given().header("Authorization", authorization)
                        .contentType(ContentType.URLENC)
                        .formParam("grant_type", "client_credentials")
                        .post("/oauth2/token"),
                401,
                "invalid_client");
    }

    @Test
    void provingItselfInTwoWaysAtOnceIsRefused() {
        refused(
                given().auth()
                        .preemptive()
                        .basic("writer", "the-writers-own-secret")
                        .contentType(ContentType.URLENC)
                        .body("grant_type=client_credentials&" + WRITER)
                        .post("/oauth2/token"),
                400,
                "invalid_request");
    }

    private static Response posting(String form) {
        return given().contentType(ContentType.URLENC).body(form).post("/oauth2/token");
    }

    private static void refused(Response response, int status, String error) {
        response.then()
                .statusCode(status)
                .contentType(ContentType.JSON)
                .header("Cache-Control", "no-store")
                .body("error", equalTo(error));
    }
}
