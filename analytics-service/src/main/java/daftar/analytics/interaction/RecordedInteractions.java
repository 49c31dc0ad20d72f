package daftar.analytics.interaction;

import com.fasterxml.jackson.annotation.JsonProperty;
import daftar.analytics.profile.Profile;
import java.util.List;
import java.util.UUID;

/**
 * What became of a request's interactions.
 *
 * @param results one for each interaction, in the request's order
 * @param profiles the profiles that changed, by subject and concept
 */
record RecordedInteractions(List<Recorded> results, List<Profile> profiles) {

    /** What became of one interaction. */
    record Recorded(UUID id, Result result) {}

    /** Whether it counted now, or had counted before. */
    enum Result {
        @JsonProperty("accepted")
        ACCEPTED,
        @JsonProperty("duplicate")
        DUPLICATE
    }
}
