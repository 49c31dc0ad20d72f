package daftar.kit.position;

import jakarta.inject.Inject;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/** Carries positions in and out of HTTP. */
public class PositionFilter {

    private final RequestPositions positions;

    @Inject
    PositionFilter(RequestPositions positions) {
        this.positions = positions;
    }

    /** Takes the caller's position; one that cannot be read fails the request with 400. */
    @ServerRequestFilter
    public void take(ContainerRequestContext request) {
        String header = request.getHeaderString(Position.HEADER);
        if (header != null) {
            positions.seen(Position.parse(header));
        }
    }

    /** Answers a write with the position that it reached. */
    @ServerResponseFilter
    public void give(ContainerResponseContext response) {
        positions.written().ifPresent(written -> response.getHeaders().putSingle(Position.HEADER, written.toString()));
    }
}
