package daftar.kit.problem;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import daftar.kit.request.Correlation;
import io.quarkiverse.resteasy.problem.HttpProblem;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.UnauthorizedException;
import io.quarkus.vertx.http.runtime.VertxHttpConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.event.Observes;
import jakarta.persistence.PersistenceException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.hibernate.HibernateException;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * Turns what the libraries throw into {@link Problem}s, so that bad input is never a 500 and nothing
 * internal leaves the service. What is not named here is a 500 without a detail.
 */
public class ProblemMappers {

    /** Before the extension's own mappers (999), which know nothing of our types and pointers. */
    private static final int FIRST = 500;

    private static final Pattern ID = Pattern.compile("[0-9]{1,18}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    /** After {@link Correlation}. */
    private static final int BEFORE_QUARKUS = 9_000;

    private static final Logger LOG = Logger.getLogger(ProblemMappers.class);

    /**
     * A body that says that it is too large is answered here: what Quarkus answers has no body. One that says
     * nothing of its size, and headers and first lines that are too large, are left to Quarkus and Vert.x, which
     * answer 413, 431 and 414 with the status alone and close the connection.
     */
    void refuseLargeBodies(@Observes Filters filters, VertxHttpConfig http) {
        long most = http.limits().maxBodySize().orElseThrow().asLongValue();
        filters.register(request -> refuse(request, most), BEFORE_QUARKUS);
    }

    private static void refuse(RoutingContext request, long most) {
        String length = request.request().getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null || Long.parseLong(length) <= most) {
            request.next();
            return;
        }
        JsonObject problem = new JsonObject().put("status", 413).put("title", "Content Too Large");
        request.response()
                .setStatusCode(413)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/problem+json")
                .putHeader(HttpHeaders.CONNECTION, "close")
                .end(problem.put(Correlation.FIELD, MDC.get(Correlation.FIELD)).encode())
                .onComplete(sent -> request.request().connection().close());
    }

    @ServerExceptionMapper(priority = FIRST)
    Response invalid(ConstraintViolationException failure) {
        List<Problem.FieldError> errors = failure.getConstraintViolations().stream()
                .map(violation -> new Problem.FieldError(pointer(violation), violation.getMessage()))
                .sorted(java.util.Comparator.comparing(Problem.FieldError::pointer)
                        .thenComparing(Problem.FieldError::detail))
                .toList();
        return response(Problem.INVALID_INPUT.because("See errors for what is wrong and where.", errors));
    }

    @ServerExceptionMapper(priority = FIRST)
    Response unknownField(UnrecognizedPropertyException failure) {
        return unreadable(failure, "There is no such field.");
    }

    @ServerExceptionMapper(priority = FIRST)
    Response wrongFormat(InvalidFormatException failure) {
        return unreadable(failure, "The value has the wrong form.");
    }

    @ServerExceptionMapper(priority = FIRST)
    Response wrongType(MismatchedInputException failure) {
        return unreadable(failure, "The value has the wrong type.");
    }

    @ServerExceptionMapper(priority = FIRST)
    Response wrongValue(JsonMappingException failure) {
        return unreadable(failure, "The value cannot be read.");
    }

    @ServerExceptionMapper(priority = FIRST)
    Response noJson(JsonProcessingException failure) {
        return response(Problem.MALFORMED_REQUEST.because("The body is no valid JSON."));
    }

    @ServerExceptionMapper(priority = FIRST)
    Response unauthenticated(UnauthorizedException failure) {
        return response(Problem.UNAUTHENTICATED.because("Send a valid access token as a bearer token."));
    }

    @ServerExceptionMapper(priority = FIRST)
    Response unauthenticated(AuthenticationFailedException failure) {
        return response(Problem.UNAUTHENTICATED.because("The access token is not valid."));
    }

    @ServerExceptionMapper(priority = FIRST)
    Response database(PgException failure) {
        return ofDatabase(failure);
    }

    @ServerExceptionMapper(priority = FIRST)
    Response database(HibernateException failure) {
        return ofDatabase(failure);
    }

    @ServerExceptionMapper(priority = FIRST)
    Response database(PersistenceException failure) {
        return ofDatabase(failure);
    }

    @ServerExceptionMapper(priority = FIRST)
    Response poolIsBusy(ConnectionPoolTooBusyException failure) {
        return ofDatabase(failure);
    }

    @ServerExceptionMapper(priority = FIRST)
    Response connectionIsLost(IOException failure) {
        return ofDatabase(failure);
    }

    /** JAX-RS' own failures (no such path, wrong method, wrong media type, unreadable parameter). */
    @ServerExceptionMapper(priority = FIRST)
    Response ofJaxRs(WebApplicationException failure) {
        if (failure.getCause() instanceof JacksonException) {
            return failure.getCause() instanceof JsonMappingException mapping
                    ? unreadable(mapping, "The value cannot be read.")
                    : response(Problem.MALFORMED_REQUEST.because("The body is no valid JSON."));
        }
        int status = failure.getResponse().getStatus();
        Response.StatusType type = failure.getResponse().getStatusInfo();
        HttpProblem.Builder problem = HttpProblem.builder(HttpProblem.valueOf(
                        Response.Status.fromStatusCode(status) == null
                                ? Response.Status.INTERNAL_SERVER_ERROR
                                : Response.Status.fromStatusCode(status)))
                .withTitle(type.getReasonPhrase())
                .withStatus(status);
        switch (status) {
            case 400 -> problem.withType(Problem.MALFORMED_REQUEST.type());
            default -> {
                // about:blank: the status says all there is to say (RFC 9457 section 4.2.1)
            }
        }
        return response(problem.build());
    }

    @ServerExceptionMapper(priority = FIRST)
    Response notFound(NotFoundException failure, UriInfo uri) {
        return failure.getCause() != null && pathLeadsSomewhere(uri)
                ? response(Problem.MALFORMED_REQUEST.because("A parameter of the query has the wrong form."))
                : response(Problem.NOT_FOUND.because("There is no such resource."));
    }

    /** JAX-RS answers 404 for an unreadable parameter, whether it stands in the path or in the query. */
    private static boolean pathLeadsSomewhere(UriInfo uri) {
        return uri.getPathParameters().entrySet().stream()
                .filter(parameter -> parameter.getKey().endsWith("id"))
                .allMatch(parameter -> parameter.getValue().stream().allMatch(ID.asMatchPredicate()));
    }

    /** An own one, since the extension has one for this type, which knows nothing of lost connections and logs nothing. */
    @ServerExceptionMapper(priority = FIRST)
    Response anything(Exception failure) {
        return ofDatabase(failure);
    }

    /** Vert.x reports with one, and no exception, that no connection was to be had in time. */
    @ServerExceptionMapper(priority = FIRST)
    Response anything(Throwable failure) {
        return ofDatabase(failure);
    }

    private static Response ofDatabase(Throwable failure) {
        if (DatabaseFailure.isTransient(failure)) {
            LOG.warnf("unavailable: %s", summary(failure));
            return response(Problem.UNAVAILABLE.because("Try again in a moment."));
        }
        Optional<String> state = DatabaseFailure.sqlState(failure);
        if (state.isPresent()) {
            switch (state.get()) {
                case "23505", "23P01" -> {
                    return response(Problem.CONFLICT.because("It exists already."));
                }
                case "23503" -> {
                    return response(
                            Problem.UNKNOWN_REFERENCE.because("Something that the input names does not exist."));
                }
                case "22021", "22P05", "22003", "22001", "22007", "22008", "22P02", "23514" -> {
                    return response(Problem.INVALID_INPUT.because("A value cannot be stored."));
                }
                default -> {
                    // our own fault: below
                }
            }
        }
        LOG.error("unexpected failure", failure);
        return response(HttpProblem.builder()
                .withTitle("Internal Server Error")
                .withStatus(500)
                .build());
    }

    private static String summary(Throwable failure) {
        return DatabaseFailure.sqlState(failure)
                .map(state -> "SQLSTATE " + state)
                .orElseGet(() -> failure.getClass().getSimpleName());
    }

    private static Response unreadable(JsonMappingException failure, String what) {
        String pointer = failure.getPath().stream()
                .map(step -> step.getFieldName() != null ? step.getFieldName() : Integer.toString(step.getIndex()))
                .map(ProblemMappers::escape)
                .collect(Collectors.joining("/", failure.getPath().isEmpty() ? "" : "/", ""));
        return response(Problem.MALFORMED_REQUEST.because(
                "See errors for what is wrong and where.", List.of(new Problem.FieldError(pointer, what))));
    }

    /**
     * The place in the body as a JSON pointer, in the names of the wire. A parameter of the path or the
     * query has no place in the body: its name alone stands there.
     */
    private static String pointer(ConstraintViolation<?> violation) {
        List<String> steps = new ArrayList<>();
        boolean inBody = false;
        for (Path.Node node : violation.getPropertyPath()) {
            if (node.getKind() == ElementKind.METHOD) {
                continue;
            }
            if (node.getIndex() != null) {
                steps.add(node.getIndex().toString());
            }
            if (node.getKind() == ElementKind.PARAMETER) {
                steps.add(snakeCase(node.getName()));
            } else if (node.getName() != null && node.getKind() == ElementKind.PROPERTY) {
                if (!inBody && !steps.isEmpty()) {
                    steps.clear();
                }
                inBody = true;
                steps.add(snakeCase(node.getName()));
            }
        }
        return "/" + steps.stream().map(ProblemMappers::escape).collect(Collectors.joining("/"));
    }

    private static String snakeCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(java.util.Locale.ROOT);
    }

    private static String escape(String step) {
        return step.replace("~", "~0").replace("/", "~1");
    }

    private static Response response(HttpProblem problem) {
        Object id = MDC.get(Correlation.FIELD);
        return id == null
                ? problem.toResponse()
                : HttpProblem.builder(problem)
                        .with(Correlation.FIELD, id)
                        .build()
                        .toResponse();
    }
}
