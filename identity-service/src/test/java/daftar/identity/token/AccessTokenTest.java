package daftar.identity.token;

import static daftar.identity.Api.login;
import static daftar.identity.Api.newEmail;
import static daftar.identity.Api.newSession;
import static daftar.identity.Api.refreshing;
import static daftar.identity.Api.register;
import static daftar.identity.Api.serviceToken;
import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import daftar.identity.Api.Session;
import daftar.kit.access.Caller;
import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.jwt.consumer.JwtContext;
import org.jose4j.keys.resolvers.JwksVerificationKeyResolver;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class AccessTokenTest {

    /** Quarkus injects tests through fields alone. */
    @Inject
    SigningKeys keys;

    @ConfigProperty(name = "daftar.issuer")
    String issuer;

    @Test
    void anybodyCanVerifyAPersonsTokenWithThePublishedKeys() throws Exception {
        Session session = newSession();
        JwtContext token = verified(session.accessToken());
        JwtClaims claims = token.getJwtClaims();
        assertEquals("at+jwt", token.getJoseObjects().get(0).getHeader("typ"));
        assertEquals("ES256", token.getJoseObjects().get(0).getAlgorithmHeaderValue());
        assertEquals(session.userId().toString(), claims.getSubject());
        assertEquals("daftar-app", claims.getStringClaimValue("client_id"));
        assertEquals(
                300,
                claims.getExpirationTime().getValue() - claims.getIssuedAt().getValue());
        assertNull(claims.getClaimValue("roles"));
        assertNull(claims.getClaimValue("scope"));
    }

    @Test
    void aTokenHoldsTheHashOfAnAddressThatThePersonHasProvedToBeTheirs() throws Exception {
        String email = newEmail();
        UUID user = register(email);
        assertNull(verified(login(email).accessToken()).getJwtClaims().getClaimValue("email_hash"));
        Stack.current()
                .execute("identity_owner", "UPDATE identity.users SET email_verified_at = now() WHERE id = ?", user);
        Session session = login(email);
        String refreshed = refreshing(session.refreshToken()).path("access_token");
        for (String token : List.of(session.accessToken(), refreshed)) {
            JwtClaims claims = verified(token).getJwtClaims();
            assertEquals(Caller.emailHash(email), claims.getStringClaimValue("email_hash"));
            assertFalse(claims.toJson().contains(email), "the address itself is in no token");
        }
    }

    @Test
    void aServicesTokenNamesTheServiceAsSubjectAndClient() throws Exception {
        JwtClaims claims = verified(serviceToken("reader")).getJwtClaims();
        assertEquals("reader", claims.getSubject());
        assertEquals("reader", claims.getStringClaimValue("client_id"));
        assertEquals("users:read usage:read", claims.getStringClaimValue("scope"));
    }

    @Test
    void everyTokenHasAnIdOfItsOwn() throws Exception {
        assertEquals(
                2,
                List.of(serviceToken("reader"), serviceToken("reader")).stream()
                        .map(AccessTokenTest::payload)
                        .map(payload -> payload.replaceAll(".*\"jti\":\"([^\"]+)\".*", "$1"))
                        .distinct()
                        .count());
    }

    @Test
    void tokensThatAreNotOursAreRefused() {
        Session session = newSession();
        Clock now = Clock.systemUTC();
        AccessTokens past = new AccessTokens(keys, Clock.offset(now, Duration.ofMinutes(-6)), issuer);
        AccessTokens elsewhere = new AccessTokens(keys, now, "https://issuer.invalid");
        AccessTokens here = new AccessTokens(keys, now, issuer);
        String[] good = session.accessToken().split("\\.", -1);
        String administrator = here.forPerson(session.userId(), List.of("administrator"), null);
        String none = base64("{\"alg\":\"none\",\"typ\":\"at+jwt\"}");
        List<String> refused = List.of(
                past.forPerson(session.userId(), List.of(), null),
                elsewhere.forPerson(session.userId(), List.of(), null),
                good[0] + "." + administrator.split("\\.", -1)[1] + "." + good[2],
                none + "." + good[1] + ".",
                none + "." + good[1] + "." + good[2],
                base64("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"unknown\"}") + "." + good[1] + "." + good[2],
                "no-token-at-all");
        accepted(session.accessToken(), 200);
        accepted(here.forPerson(session.userId(), List.of(), null), 200);
        for (String token : refused) {
            given().auth().oauth2(token).get("/v1/users/me").then().spec(problem(Problem.UNAUTHENTICATED));
        }
        accepted(session.accessToken(), 200);
    }

    @Test
    void thePublishedKeysMayBeKeptForFiveMinutesAndHoldNothingPrivate() {
        String set = given().get("/.well-known/jwks.json")
                .then()
                .statusCode(200)
                .header("Cache-Control", containsString("max-age=300"))
                .body("keys.kid", hasItem(keys.signer().kid()))
                .body("keys.use", hasItem("sig"))
                .extract()
                .asString();
        assertEquals(false, set.contains("\"d\":"));
    }

    @Test
    void theIssuerDescribesItself() {
        given().get("/.well-known/openid-configuration")
                .then()
                .statusCode(200)
                .header("Cache-Control", containsString("max-age=300"))
                .body("issuer", equalTo(issuer))
                .body("jwks_uri", equalTo(issuer + "/.well-known/jwks.json"))
                .body("token_endpoint", equalTo(issuer + "/oauth2/token"))
                .body("grant_types_supported", equalTo(List.of("client_credentials")))
                .body("id_token_signing_alg_values_supported", equalTo(List.of("ES256")))
                .body("response_types_supported", equalTo(List.of("none")))
                .body("subject_types_supported", equalTo(List.of("public")))
                .body(
                        "token_endpoint_auth_methods_supported",
                        equalTo(List.of("client_secret_basic", "client_secret_post")));
    }

    private static void accepted(String token, int status) {
        given().auth().oauth2(token).get("/v1/users/me").then().statusCode(status);
    }

    private JwtContext verified(String token) throws Exception {
        String set = given().get("/.well-known/jwks.json").asString();
        return new JwtConsumerBuilder()
                .setExpectedIssuer(issuer)
                .setExpectedAudience("daftar")
                .setExpectedType(true, "at+jwt")
                .setRequireExpirationTime()
                .setRequireIssuedAt()
                .setRequireJwtId()
                .setVerificationKeyResolver(new JwksVerificationKeyResolver(new JsonWebKeySet(set).getJsonWebKeys()))
                .build()
                .process(token);
    }

    private static String payload(String token) {
        return new String(
                Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
}
