package daftar.kit.position;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import java.util.Optional;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/** Carries positions in and out of HTTP. */
public class PositionFilter {

    private final OfRequest positions;

    @Inject
    PositionFilter(OfRequest positions) {
        this.positions = positions;
    }

    /**
     * Takes the caller's position; one that cannot be read fails the request with 400. Before access is
     * judged, which reads too: who was named as a guardian a moment ago must be found.
     */
    @ServerRequestFilter(priority = Priorities.AUTHENTICATION)
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

    /** The position that a request came with, and the one that its own write reached. */
    @RequestScoped
    static class OfRequest {

        private Position seen;
        private Position written;

        void seen(Position position) {
            this.seen = position;
        }

        void written(Position position) {
            this.written = position;
        }

        /** What the caller must not see older data than. */
        Optional<Position> seen() {
            return Optional.ofNullable(seen);
        }

        Optional<Position> written() {
            return Optional.ofNullable(written);
        }
    }
}
