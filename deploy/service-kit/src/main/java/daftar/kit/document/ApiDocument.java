package daftar.kit.document;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import io.smallrye.openapi.api.SmallRyeOpenAPI;
import io.smallrye.openapi.model.Extensions;
import io.smallrye.openapi.runtime.util.JandexUtil;
import jakarta.annotation.Nullable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.AnnotationTarget;
import org.jboss.jandex.FieldInfo;
import org.jboss.jandex.IndexView;
import org.jboss.jandex.MethodInfo;

/**
 * Says in every service's API document what holds for every endpoint: who may call it, in words and as
 * {@code x-daftar-access}, the refusals, the form of a problem, and the header that positions travel in.
 */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public final class ApiDocument implements OASFilter {

    private static final String PROBLEM_JSON = "application/problem+json";

    /** What the extension describes, and no service answers with. */
    private static final List<String> FOREIGN_SCHEMAS = List.of("HttpProblem", "HttpValidationProblem", "Violation");

    private final Components common = SmallRyeOpenAPI.builder()
            .withCustomStaticFile(() -> ApiDocument.class.getResourceAsStream("/daftar/api-document.yaml"))
            .enableModelReader(false)
            .enableStandardStaticFiles(false)
            .enableAnnotationScan(false)
            .enableStandardFilter(false)
            .build()
            .model()
            .getComponents();

    private final Map<String, AnnotationInstance> rules = new HashMap<>();
    private final List<FieldInfo> nullable;

    /** Made by the build, which knows all classes. */
    public ApiDocument(IndexView classes) {
        nullable = classes.getAnnotations(Nullable.class).stream()
                .map(AnnotationInstance::target)
                .filter(target -> target.kind() == AnnotationTarget.Kind.FIELD)
                .map(AnnotationTarget::asField)
                .toList();
        for (AnnotationInstance access : classes.getAnnotations(Access.class)) {
            MethodInfo method = access.target().asMethod();
            rules.put(JandexUtil.createUniqueMethodReference(method.declaringClass(), method), access);
        }
    }

    @Override
    public void filterOpenAPI(OpenAPI document) {
        document.getComponents().getSchemas().forEach(this::admitNull);
        FOREIGN_SCHEMAS.forEach(document.getComponents()::removeSchema);
        common.getSchemas().forEach(document.getComponents()::addSchema);
        common.getResponses().forEach(document.getComponents()::addResponse);
        document.getPaths()
                .getPathItems()
                .values()
                .forEach(path -> path.getOperations().forEach(this::complete));
    }

    /** What Java calls nullable may be null in the document too, also in what a generic type becomes. */
    private void admitNull(String name, Schema schema) {
        for (FieldInfo field : nullable) {
            String owner = field.declaringClass().simpleName();
            boolean generic = !field.declaringClass().typeParameters().isEmpty();
            String property = PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(field.name());
            if ((generic ? name.startsWith(owner) : name.equals(owner))
                    && schema.getProperties() != null
                    && schema.getProperties().containsKey(property)) {
                Schema present = schema.getProperties().get(property);
                Schema none = OASFactory.createSchema().addType(Schema.SchemaType.NULL);
                if (present.getRef() != null) {
                    schema.addProperty(property, OASFactory.createSchema().anyOf(List.of(present, none)));
                } else if (present.getType() != null && !present.getType().contains(Schema.SchemaType.NULL)) {
                    present.addType(Schema.SchemaType.NULL);
                }
            }
        }
    }

    private void complete(PathItem.HttpMethod method, Operation operation) {
        List<String> refusals = new ArrayList<>(List.of("400", "406", "503"));
        AnnotationInstance access = rules.get(Extensions.getMethodRef(operation));
        if (access != null && tell(access, operation)) {
            refusals.addAll(List.of("401", "403"));
        }
        if (operation.getParameters() != null
                && operation.getParameters().stream().anyMatch(one -> one.getIn() == Parameter.In.PATH)) {
            refusals.add("404");
        }
        if (operation.getRequestBody() != null) {
            refusals.addAll(List.of("413", "415", "422"));
        }
        APIResponses responses = operation.getResponses();
        responses.getAPIResponses().forEach((status, response) -> {
            boolean bare = response.getContent() == null && status.matches("[45].*");
            if (bare || (response.getContent() != null && response.getContent().hasMediaType(PROBLEM_JSON))) {
                response.setContent(common.getResponses().get("400").getContent());
            }
        });
        refusals.stream()
                .filter(status -> !responses.hasAPIResponse(status))
                .forEach(status -> responses.addAPIResponse(
                        status, OASFactory.createAPIResponse().ref(status)));
        if (method == PathItem.HttpMethod.GET) {
            operation.addParameter(common.getParameters().get("position"));
        } else {
            responses.getAPIResponses().entrySet().stream()
                    .filter(response -> response.getKey().startsWith("2"))
                    .forEach(response -> response.getValue()
                            .addHeader("Daftar-Position", common.getHeaders().get("position")));
        }
    }

    /** Tells the rule; gives whether it refuses anybody. */
    private static boolean tell(AnnotationInstance access, Operation operation) {
        List<Kind> kinds =
                Arrays.stream(access.value().asEnumArray()).map(Kind::valueOf).toList();
        String scope =
                access.value("scope") == null ? "" : access.value("scope").asString();
        Map<String, Object> rule = new TreeMap<>();
        rule.put(
                "callers",
                kinds.stream().map(kind -> kind.name().toLowerCase(Locale.ROOT)).toList());
        if (!scope.isEmpty()) {
            rule.put("scope", scope);
        }
        operation.addExtension("x-daftar-access", rule);
        String callers = kinds.stream().map(kind -> words(kind, scope)).collect(Collectors.joining(", "));
        String before = operation.getDescription() == null ? "" : operation.getDescription() + " ";
        operation.setDescription(before + "Callers: " + callers + ".");
        if (kinds.contains(Kind.ANYONE)) {
            return false;
        }
        operation.addSecurityRequirement(OASFactory.createSecurityRequirement().addScheme("SecurityScheme"));
        return true;
    }

    private static String words(Kind kind, String scope) {
        return switch (kind) {
            case ANYONE -> "everybody";
            case PERSON -> "the person";
            case GUARDIAN -> "a guardian of the person";
            case SERVICE -> "a service with " + scope;
            case SUPPORT -> "support";
            case ADMINISTRATOR -> "an administrator";
        };
    }
}
