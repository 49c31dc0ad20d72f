package daftar.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import daftar.local.Installation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * One operation of a service's committed API document.
 *
 * @param callers the kinds that the document's {@code x-daftar-access} lets in; empty where it has none
 * @param scope what a service needs; empty where none is let in
 * @param mediaType of the body; empty where there is none
 */
record Route(String service, String method, String path, Set<String> callers, String scope, String mediaType) {

    static final List<String> SERVICES = List.of("identity", "consent", "analytics", "usage", "billing");

    /** Every operation of every service. */
    static List<Route> all() {
        List<Route> routes = new ArrayList<>();
        for (String service : SERVICES) {
            document(service)
                    .path("paths")
                    .properties()
                    .forEach(path -> path.getValue()
                            .properties()
                            .forEach(operation ->
                                    routes.add(of(service, operation.getKey(), path.getKey(), operation.getValue()))));
        }
        return routes;
    }

    static Path documentOf(String service) {
        return Installation.find().root().resolve(service + "-service/src/main/openapi/openapi.yaml");
    }

    private static JsonNode document(String service) {
        try {
            return new YAMLMapper().readTree(documentOf(service).toFile());
        } catch (IOException e) {
            throw new IllegalStateException("no API document of " + service, e);
        }
    }

    private static Route of(String service, String method, String path, JsonNode operation) {
        Set<String> callers = new TreeSet<>();
        JsonNode access = operation.path("x-daftar-access");
        access.path("callers").forEach(kind -> callers.add(kind.asText()));
        String mediaType = operation.path("requestBody").path("content").properties().stream()
                .map(java.util.Map.Entry::getKey)
                .findFirst()
                .orElse("");
        return new Route(
                service,
                method.toUpperCase(java.util.Locale.ROOT),
                path,
                callers,
                access.path("scope").asText(),
                mediaType);
    }

    boolean isOpen() {
        return callers.contains("anyone");
    }

    boolean isAboutAPerson() {
        return path.contains("{user_id}");
    }

    /** The path of something that is not there, but for the person. */
    String pathAbout(UUID person) {
        return path.replace("{user_id}", person.toString())
                .replace("{id}", "1")
                .replaceAll("\\{[a-z]+_id}", UUID.randomUUID().toString())
                .replaceAll("\\{[a-z_]+}", "x");
    }

    /** As {@code access.txt} has it. */
    String line() {
        String rule = String.join(" ", callers) + (scope.isEmpty() ? "" : " (" + scope + ")");
        return "%-9s %-5s %-62s %s".formatted(service, method, path, rule);
    }

    @Override
    public String toString() {
        return service + " " + method + " " + path;
    }
}
