package daftar.consent.decision;

import jakarta.annotation.Nullable;
import jakarta.validation.constraints.Email;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.Locale;
import org.hibernate.validator.constraints.IpAddress;

/**
 * What the recording service heard from the guardian.
 *
 * @param guardianEmail kept in lower case
 * @param consentType what is allowed or refused, in lower snake case
 * @param consentGiven true allows; false refuses or withdraws
 * @param legalTextHash SHA-256, in lower-case hexadecimal, of the exact bytes that the guardian was shown
 * @param ipAddress the guardian's address as the recording service saw it, an IPv4 or IPv6 literal; null
 *     where there is none, as with a decision on paper
 */
record NewDecision(
        @NotNull @Email @Size(max = 255) @Pattern(regexp = NO_CONTROL_CHARACTERS)
        String guardianEmail,

        @NotNull @Pattern(regexp = CONSENT_TYPE) String consentType,
        @NotNull Boolean consentGiven,
        @NotNull @Pattern(regexp = "[0-9a-f]{64}") String legalTextHash,

        @Nullable @IpAddress @Size(max = 45) @Pattern(regexp = "[0-9A-Fa-f:.]*")
        String ipAddress) {

    static final String CONSENT_TYPE = "[a-z][a-z0-9_]{0,49}";

    private static final String NO_CONTROL_CHARACTERS = "[^\\p{Cc}\\p{Cs}]*";

    NewDecision {
        // the same guardian must not look like two because of a capital letter
        guardianEmail = guardianEmail == null ? null : guardianEmail.toLowerCase(Locale.ROOT);
    }
}
