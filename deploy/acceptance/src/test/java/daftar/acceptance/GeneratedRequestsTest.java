package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What Specmatic makes of each API document: whatever is sent, the answer is one that the document
 * declares, of the form that it declares, and never a 5xx.
 *
 * <p>One thing that Specmatic reports is let pass: a good request that is answered with a declared 4xx. A
 * made-up id names nothing, a made-up cursor was never handed out, and a made-up time zone is none.
 */
@ExtendWith(RunningSystem.class)
class GeneratedRequestsTest {

    private static final Pattern SCENARIO = Pattern.compile("(?m)^  \"(?=[+-]ve )");
    private static final Pattern API = Pattern.compile("(?m)^ *API: (\\w+) (\\S+) -> ");
    private static final Pattern STATUS =
            Pattern.compile("(?:expected|Specification expected) status \\S+ but response contained status (\\d+)");
    private static final Pattern PLACE = Pattern.compile("(?m)^ *>> (\\S+)");
    private static final Pattern COUNT = Pattern.compile("Tests run: (\\d+)");

    private static Visitors visitors;
    private static Specmatic specmatic;

    @BeforeAll
    static void specmaticIsThere() throws Exception {
        specmatic = Specmatic.installed();
        visitors = new Visitors(RunningSystem.system());
    }

    @ParameterizedTest
    @CsvSource({
        "identity,  administrator,        ''",
        "consent,   administrator,        ''",
        "analytics, administrator,        PATH!='/v1/users/{user_id}/interactions'",
        "analytics, interactions:write,   PATH='/v1/users/{user_id}/interactions'",
        "usage,     administrator,        ''",
        "billing,   administrator,        ''"
    })
    void everyAnswerIsDeclared(String service, String caller, String filter) throws Exception {
        String token =
                caller.equals("administrator") ? visitors.administratorAnew().token() : visitors.serviceWith(caller);
        JsonNode document = about(visitors.person.id(), service);
        String output = specmatic.test(
                written(service, document), RunningSystem.system().api(service), token, filter);
        Matcher count = COUNT.matcher(output);
        assertTrue(count.find() && Integer.parseInt(count.group(1)) >= 10, output);
        assertEquals(List.of(), faults(output, document));
    }

    private static List<String> faults(String output, JsonNode document) {
        List<String> faults = new ArrayList<>();
        String[] scenarios = SCENARIO.split(output, -1);
        for (int i = 1; i < scenarios.length; i++) {
            Matcher api = API.matcher(scenarios[i]);
            if (!api.find()) {
                continue;
            }
            JsonNode responses = document.path("paths")
                    .path(api.group(2).replaceAll("\\((\\w+):[^)]*\\)", "{$1}"))
                    .path(api.group(1).toLowerCase(java.util.Locale.ROOT))
                    .path("responses");
            Matcher status = STATUS.matcher(scenarios[i]);
            boolean declared = status.find() && status.group(1).startsWith("4") && responses.has(status.group(1));
            boolean elsewhere = PLACE.matcher(scenarios[i])
                    .results()
                    .anyMatch(place -> !place.group(1).equals("RESPONSE.STATUS"));
            if (!declared || elsewhere) {
                faults.add(scenarios[i]);
            }
        }
        return faults;
    }

    /**
     * With a person who is there: else no request would get further than 404. Without the second form of an export:
     * Specmatic expects each declared form in turn, and sends no Accept that would ask for it.
     */
    private static JsonNode about(UUID person, String service) throws Exception {
        JsonNode document = new YAMLMapper().readTree(Route.documentOf(service).toFile());
        document.findValues("content").stream()
                .filter(forms -> forms.has("text/csv"))
                .forEach(forms -> ((ObjectNode) forms).remove("application/x-ndjson"));
        document.path("paths")
                .forEach(path ->
                        path.forEach(operation -> operation.path("parameters").forEach(parameter -> {
                            switch (parameter.path("name").asText()) {
                                case "user_id" -> only((ObjectNode) parameter, person.toString());
                                // it writes a path's question mark as it is, and so asks for another resource
                                case "subject", "concept" -> only((ObjectNode) parameter, "fractions");
                                default -> {
                                    // any value
                                }
                            }
                        })));
        return document;
    }

    private static void only(ObjectNode parameter, String value) {
        parameter.putObject("schema").put("type", "string").putArray("enum").add(value);
    }

    private static Path written(String service, JsonNode document) throws Exception {
        Path folder = Files.createDirectories(Path.of("target", "specmatic", service));
        Path file = folder.resolve("openapi.yaml");
        new YAMLMapper().writeValue(file.toFile(), document);
        return file;
    }
}
