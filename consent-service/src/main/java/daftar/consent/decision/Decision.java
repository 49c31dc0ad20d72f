package daftar.consent.decision;

import com.fasterxml.jackson.annotation.JsonInclude;
import daftar.kit.access.Caller;
import daftar.kit.page.Page.Cursor;
import jakarta.annotation.Nullable;
import java.time.Instant;
import java.util.UUID;

/**
 * A guardian's decision, as it was recorded.
 *
 * @param userId the child whom it is about
 * @param consentGiven true allows; false refuses, or withdraws what was allowed before
 * @param consentTimestamp when it was recorded, to the microsecond
 * @param legalTextHash SHA-256 of the text that the guardian was shown, in lower-case hexadecimal
 * @param guardianEmail in lower case; null, and absent from the JSON, for a reader who may not see it
 * @param ipAddress the guardian's address; null, and absent from the JSON, where it was not recorded
 *     or the reader may not see it
 */
record Decision(
        UUID id,
        UUID userId,
        String consentType,
        boolean consentGiven,
        Instant consentTimestamp,
        String legalTextHash,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String guardianEmail,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String ipAddress) {

    /**
     * What this reader may see. The child learns what was decided about it and when, and nothing about
     * how to reach or locate the guardian; services and staff, who must prove a decision, see all of it.
     */
    Decision asSeenBy(Caller reader) {
        if (reader.clientId() != null || !reader.roles().isEmpty()) {
            return this;
        }
        return new Decision(id, userId, consentType, consentGiven, consentTimestamp, legalTextHash, null, null);
    }

    /** Where the history goes on after this decision. */
    Cursor cursor() {
        return new Cursor(consentTimestamp, id);
    }
}
