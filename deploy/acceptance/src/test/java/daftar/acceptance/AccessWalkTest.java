package daftar.acceptance;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Walks up to every door of every service as everybody who might: whom a route's rule names is let in,
 * and nobody else. The rules stand in {@code access.txt}, for a reviewer to see when one changes.
 */
@ExtendWith(RunningSystem.class)
class AccessWalkTest {

    private static final String LET_IN = "let in";

    private static final List<Route> ROUTES = Route.all();
    private static LocalSystem system;
    private static Visitors visitors;
    private static BadTokens badTokens;

    @BeforeAll
    static void everybodyIsThere() throws Exception {
        system = RunningSystem.system();
        visitors = new Visitors(system);
        badTokens = new BadTokens(system, visitors.administrator.id());
    }

    @Test
    void theRulesAreTheOnesThatWereAgreed() throws IOException {
        try (InputStream agreed = AccessWalkTest.class.getResourceAsStream("/access.txt")) {
            String rules =
                    String.join("\n", ROUTES.stream().map(Route::line).sorted().toList()) + "\n";
            assertEquals(
                    new String(agreed.readAllBytes(), StandardCharsets.UTF_8),
                    rules,
                    "a rule changed: if it is meant, put it into access.txt");
        }
    }

    @Test
    void everyRouteHasARule() {
        assertEquals(
                List.of(),
                ROUTES.stream().filter(route -> route.callers().isEmpty()).toList());
        assertTrue(ROUTES.size() >= 20, () -> "the documents have but " + ROUTES);
    }

    @Test
    void theRunningServicesAnswerByTheCommittedDocuments() {
        for (String service : Route.SERVICES) {
            String served = given().accept("application/yaml")
                    .get(system.api(service) + "/q/openapi")
                    .asString();
            if (Boolean.getBoolean("daftar.openapi.write")) {
                write(service, served);
            }
            assertEquals(read(service), served, () -> service + " serves another document than the committed one");
        }
    }

    @Test
    void everyKindOfCallerIsLetInWhereTheRuleNamesItAndNowhereElse() {
        List<String> wrong = new ArrayList<>();
        for (Route route : ROUTES) {
            expected(route).forEach((caller, expected) -> {
                String found = outcome(call(route, caller.token()));
                if (!found.equals(expected)) {
                    wrong.add(route + " by " + caller.name() + ": " + found + " instead of " + expected);
                }
            });
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void aTokenThatIsNotGoodOpensNothing() throws Exception {
        List<String> wrong = new ArrayList<>();
        for (Route route : ROUTES) {
            String expected = route.isOpen() ? LET_IN : "401";
            badTokens.all().forEach((fault, token) -> {
                String found = outcome(call(route, token));
                if (!found.equals(expected)) {
                    wrong.add(route + " by a token " + fault + ": " + found + " instead of " + expected);
                }
            });
            if (route.callers().contains("administrator")) {
                assertEquals(LET_IN, outcome(call(route, badTokens.good())), () -> route + " by a token without fault");
            }
        }
        assertEquals(List.of(), wrong);
    }

    private record Named(String name, String token) {}

    /** What each caller must meet with at a route, by the rule of the document. */
    private static Map<Named, String> expected(Route route) {
        Map<Named, String> expected = new LinkedHashMap<>();
        boolean anyPerson = route.callers().contains("person") && !route.isAboutAPerson();
        expected.put(new Named("nobody", null), route.isOpen() ? LET_IN : "401");
        put(
                expected,
                route,
                "the person",
                visitors.person.token(),
                route.callers().contains("person"));
        put(expected, route, "another person", visitors.stranger.token(), anyPerson);
        put(
                expected,
                route,
                "the person's guardian",
                visitors.guardian.token(),
                anyPerson || route.callers().contains("guardian"));
        put(expected, route, "another's guardian", visitors.guardianOfAnother.token(), anyPerson);
        put(
                expected,
                route,
                "support",
                visitors.support.token(),
                anyPerson || route.callers().contains("support"));
        put(
                expected,
                route,
                "an administrator",
                visitors.administrator.token(),
                anyPerson || route.callers().contains("administrator"));
        boolean services = route.callers().contains("service");
        String scope = services ? route.scope() : "usage:read";
        put(expected, route, "a service with " + scope, visitors.serviceWith(scope), services);
        put(expected, route, "a service without " + scope, visitors.serviceWithout(scope), false);
        return expected;
    }

    private static void put(Map<Named, String> expected, Route route, String name, String token, boolean named) {
        expected.put(new Named(name, token), route.isOpen() || named ? LET_IN : "403");
    }

    /** With a body that is never accepted: nothing is changed by being let in. */
    private static Response call(Route route, String token) {
        RequestSpecification request = given();
        if (token != null) {
            request.auth().oauth2(token);
        }
        if (!route.mediaType().isEmpty()) {
            request.contentType(route.mediaType());
            if (route.mediaType().endsWith("json")) {
                request.body("{\"no_such_field\":1}");
            }
        }
        return request.request(route.method(), system.api(route.service()) + route.pathAbout(visitors.person.id()));
    }

    /** A refusal is a problem document of its type; a 401 of a login is none, its caller was let in. */
    private static String outcome(Response response) {
        int status = response.statusCode();
        if (status >= 500) {
            return status + " " + response.asString();
        }
        boolean problem = response.contentType().startsWith("application/problem+json");
        String type = problem ? response.path("type") : "";
        return switch (String.valueOf(type)) {
            case "/problems/#unauthenticated" -> "" + status;
            case "/problems/#forbidden" -> "" + status;
            default -> LET_IN;
        };
    }

    private static void write(String service, String document) {
        try {
            java.nio.file.Files.writeString(Route.documentOf(service), document);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String read(String service) {
        try {
            return java.nio.file.Files.readString(Route.documentOf(service));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
