package daftar.kit.position;

import jakarta.enterprise.context.RequestScoped;
import java.util.Optional;

/** The position that a request came with, and the one that its own write reached. */
@RequestScoped
class RequestPositions {

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
