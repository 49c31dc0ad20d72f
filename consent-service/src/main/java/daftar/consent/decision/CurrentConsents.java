package daftar.consent.decision;

import java.util.List;
import java.util.UUID;

/**
 * What holds for a user now.
 *
 * @param consents the newest decision of each type, by type; a type that is absent was never decided,
 *     which allows nothing
 */
record CurrentConsents(UUID userId, List<Decision> consents) {}
