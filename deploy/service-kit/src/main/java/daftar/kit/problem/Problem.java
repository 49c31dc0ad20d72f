package daftar.kit.problem;

import io.quarkiverse.resteasy.problem.HttpProblem;
import jakarta.ws.rs.core.HttpHeaders;
import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * Every way in which a request can fail, as RFC 9457 problem types. The {@code type} of each is stable,
 * and leads to its explanation in the page that every service serves at {@code /problems/}.
 */
public enum Problem {
    /** The request cannot be read at all: no JSON, a wrong type, a field that does not exist. */
    MALFORMED_REQUEST(400, "The request cannot be read"),
    /** No access token, or one that is expired, forged or not ours. */
    UNAUTHENTICATED(401, "A valid access token is needed"),
    /** E-mail and password, or client id and secret, do not belong together. */
    WRONG_CREDENTIALS(401, "The credentials are wrong"),
    /** The token is valid, and does not allow this. */
    FORBIDDEN(403, "Not allowed"),
    /** There is no such thing. */
    NOT_FOUND(404, "Not found"),
    /** It contradicts what is already recorded. */
    CONFLICT(409, "In conflict with the present state"),
    /** Less is left of an allowance than the request wants. */
    QUOTA_EXCEEDED(409, "The allowance does not suffice"),
    /** The first request with this {@code Idempotency-Key} is not done yet; its answer can be had in a moment. */
    REQUEST_IN_PROGRESS(409, "The same request is at work"),
    /** {@code If-Match} names another version than the present one. */
    OUTDATED(412, "Changed in the meantime"),
    /** The request can be read, and breaks a rule. */
    INVALID_INPUT(422, "The input breaks a rule"),
    /** It names something that does not exist. */
    UNKNOWN_REFERENCE(422, "A reference leads nowhere"),
    /** The {@code Idempotency-Key} belongs to another request. */
    IDEMPOTENCY_KEY_REUSED(422, "The idempotency key was used before"),
    /** A change needs {@code If-Match} with the version that it is based on. */
    PRECONDITION_REQUIRED(428, "If-Match is required"),
    /** All hands are busy or a part is away; the same request can succeed later. */
    UNAVAILABLE(503, "Not available at the moment");

    /** One thing that is wrong in the input: where, as an RFC 6901 JSON pointer, and what. */
    public record FieldError(String pointer, String detail) {}

    private static final int RETRY_AFTER_SECONDS = 2;

    private final int status;
    private final String title;

    Problem(int status, String title) {
        this.status = status;
        this.title = title;
    }

    /** The HTTP status that goes with this type. */
    public int status() {
        return status;
    }

    /** The stable type, relative to the service: {@code /problems/#invalid-input}. */
    public URI type() {
        return URI.create(
                "/problems/#" + name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'));
    }

    /**
     * The problem as an exception to throw.
     *
     * @param detail a sentence for the caller: no SQL, no internal name, no personal data
     */
    public HttpProblem because(String detail) {
        return builder(detail).build();
    }

    /** As {@link #because(String)}, naming the fields that are wrong. */
    public HttpProblem because(String detail, List<FieldError> errors) {
        return builder(detail).with("errors", errors).build();
    }

    /** As {@link #because(String)}, with members of the problem's own, in the names of the wire. */
    public HttpProblem because(String detail, Map<String, Object> members) {
        HttpProblem.Builder builder = builder(detail);
        members.forEach(builder::with);
        return builder.build();
    }

    private HttpProblem.Builder builder(String detail) {
        HttpProblem.Builder builder = HttpProblem.builder()
                .withType(type())
                .withTitle(title)
                .withStatus(status)
                .withDetail(detail);
        return switch (this) {
            case UNAUTHENTICATED, WRONG_CREDENTIALS -> builder.withHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
            case REQUEST_IN_PROGRESS, UNAVAILABLE -> builder.withHeader(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
            default -> builder;
        };
    }
}
