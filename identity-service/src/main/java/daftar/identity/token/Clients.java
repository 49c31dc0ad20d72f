package daftar.identity.token;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithParentName;
import java.util.Map;

/** The services that may fetch tokens: {@code daftar.clients.<client id>.secret} and {@code .scopes}. */
@ConfigMapping(prefix = "daftar.clients")
interface Clients {

    /** By client id. */
    @WithParentName
    Map<String, Client> byId();

    /** One service. */
    interface Client {

        /** What the service proves itself with; at least 16 characters. */
        String secret();

        /** What the service may ask for, separated by spaces. */
        String scopes();
    }
}
