package daftar.identity.user;

import daftar.identity.token.ServerKey;
import io.quarkus.runtime.configuration.ConfigUtils;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * What is kept of a registration's content for a day, to know a repetition by. It covers the password, so that
 * nobody without it is given the answer; under a key, so that who reads the table cannot try passwords on it.
 */
@ApplicationScoped
class RegistrationSeal {

    private final ServerKey key;

    @Inject
    RegistrationSeal(@ConfigProperty(name = "daftar.refresh-token-key") Optional<String> key) {
        this.key = ServerKey.read("DAFTAR_REFRESH_TOKEN_KEY", key.orElse(null), ConfigUtils.isProfileActive("prod"));
    }

    /** The password comes last: it alone can hold a line feed. */
    String of(Registration registration) {
        String content = "registration\n" + registration.email() + "\n" + registration.phone() + "\n"
                + registration.profile() + "\n" + registration.password();
        return Base64.getEncoder().encodeToString(key.seal(content.getBytes(StandardCharsets.UTF_8)));
    }
}
