package daftar.kit.problem;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/**
 * Says in every service's API document what holds for every endpoint: the form of a problem, the header
 * that positions travel in, and that any request can meet a 503.
 */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public final class ApiDocument implements OASFilter {

    private static final String PROBLEM_JSON = "application/problem+json";
    private static final String POSITION = "Daftar-Position";
    private static final String PROBLEM = "Problem";

    /** What the extension describes, and no service answers with. */
    private static final List<String> FOREIGN_SCHEMAS = List.of("HttpProblem", "HttpValidationProblem", "Violation");

    @Override
    public void filterOpenAPI(OpenAPI document) {
        if (document.getComponents() != null) {
            FOREIGN_SCHEMAS.forEach(document.getComponents()::removeSchema);
            document.getComponents().addSchema(PROBLEM, problem());
        }
        if (document.getPaths() != null) {
            document.getPaths().getPathItems().values().forEach(ApiDocument::complete);
        }
    }

    private static void complete(PathItem path) {
        path.getOperations().forEach((method, operation) -> {
            complete(operation);
            if (method == PathItem.HttpMethod.GET) {
                operation.addParameter(position());
            } else {
                operation.getResponses().getAPIResponses().entrySet().stream()
                        .filter(response -> response.getKey().startsWith("2"))
                        .forEach(response -> response.getValue().addHeader(POSITION, positionReached()));
            }
        });
    }

    private static void complete(Operation operation) {
        operation.getResponses().getAPIResponses().values().stream()
                .map(APIResponse::getContent)
                .filter(content -> content != null && content.hasMediaType(PROBLEM_JSON))
                .forEach(content -> content.getMediaType(PROBLEM_JSON).setSchema(referenceToProblem()));
        addProblem(operation, "400", "The request cannot be read");
        addProblem(operation, "503", "Not available at the moment: repeat it after the seconds of Retry-After");
    }

    private static void addProblem(Operation operation, String status, String description) {
        if (!operation.getResponses().hasAPIResponse(status)) {
            Content content = OASFactory.createContent()
                    .addMediaType(PROBLEM_JSON, OASFactory.createMediaType().schema(referenceToProblem()));
            operation
                    .getResponses()
                    .addAPIResponse(
                            status,
                            OASFactory.createAPIResponse()
                                    .description(description)
                                    .content(content));
        }
    }

    private static Schema problem() {
        return object("A problem document (RFC 9457); the page at its type explains it")
                .addProperty("type", text("where the kind of problem is explained, as /problems/#invalid-input"))
                .addProperty("title", text("the kind of problem"))
                .addProperty("status", OASFactory.createSchema().addType(Schema.SchemaType.INTEGER))
                .addProperty("detail", text("for people; may change"))
                .addProperty("instance", text("the path that was asked for"))
                .addProperty(
                        "errors",
                        list(object("one thing that is wrong in the input")
                                .addProperty("pointer", text("where, as a JSON pointer (RFC 6901)"))
                                .addProperty("detail", text("what"))));
    }

    private static Parameter position() {
        return OASFactory.createParameter()
                .name(POSITION)
                .in(Parameter.In.HEADER)
                .description("as an earlier answer gave it: the answer is never older than that")
                .schema(text("timeline-lsn, as 1-0/16B3748"));
    }

    private static org.eclipse.microprofile.openapi.models.headers.Header positionReached() {
        return OASFactory.createHeader()
                .description("send it with a later read, which is then never older than this write")
                .schema(text("timeline-lsn, as 1-0/16B3748"));
    }

    private static Schema referenceToProblem() {
        return OASFactory.createSchema().ref("#/components/schemas/" + PROBLEM);
    }

    private static Schema object(String description) {
        return OASFactory.createSchema()
                .addType(Schema.SchemaType.OBJECT)
                .description(description)
                .properties(Map.of());
    }

    private static Schema list(Schema items) {
        return OASFactory.createSchema().addType(Schema.SchemaType.ARRAY).items(items);
    }

    private static Schema text(String description) {
        return OASFactory.createSchema().addType(Schema.SchemaType.STRING).description(description);
    }
}
