package daftar.identity.token;

import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.Serial;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** A token request that fails, answered in the form of RFC 6749 section 5.2, which OAuth clients expect. */
class OAuthFailure extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    /** The codes of RFC 6749 section 5.2 that apply. */
    enum Code {
        INVALID_REQUEST,
        INVALID_CLIENT,
        INVALID_SCOPE,
        UNSUPPORTED_GRANT_TYPE
    }

    /** The body. */
    @Schema(name = "OAuthFailure")
    record Body(String error, String errorDescription) {}

    private final Code code;

    OAuthFailure(Code code, String description) {
        super(description, null, false, false);
        this.code = code;
    }

    /** Turns the failure into its answer. */
    static class Answer {

        @ServerExceptionMapper
        Response answer(OAuthFailure failure) {
            boolean unknown = failure.code == Code.INVALID_CLIENT;
            Response.ResponseBuilder response = Response.status(unknown ? 401 : 400)
                    .type(MediaType.APPLICATION_JSON_TYPE)
                    .header(HttpHeaders.CACHE_CONTROL, "no-store")
                    .entity(new Body(failure.code.name().toLowerCase(Locale.ROOT), failure.getMessage()));
            return unknown
                    ? response.header(HttpHeaders.WWW_AUTHENTICATE, "Basic realm=\"daftar\"")
                            .build()
                    : response.build();
        }
    }
}
