package daftar.identity.user;

import com.fasterxml.jackson.databind.node.ObjectNode;
import daftar.identity.credential.Password;
import jakarta.annotation.Nullable;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What a person registers with.
 *
 * @param email of the form that HTML's {@code input type=email} takes, with a dot in the domain
 * @param phone E.164: a plus sign and 7 to 15 digits
 * @param profile what the apps show and adapt to, at most 8 KiB
 */
record Registration(
        @NotNull @Size(max = 255) @Pattern(regexp = Registration.EMAIL, message = "must be an e-mail address")
        String email,

        @NotNull @Password @Schema(minLength = Password.MIN, maxLength = Password.MAX)
        String password,

        @Nullable @Pattern(regexp = Registration.PHONE, message = Registration.PHONE_RULE)
        String phone,

        @Nullable @Schema(type = SchemaType.OBJECT) ObjectNode profile) {

    /** WHATWG HTML, "valid e-mail address"; the local part has at most 64 characters (RFC 5321 4.5.3.1.1). */
    static final String EMAIL = "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
            + "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
            + "(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+";

    /** ITU-T E.164: at most 15 digits, of which the first is not a zero. */
    static final String PHONE = "\\+[1-9][0-9]{6,14}";

    static final String PHONE_RULE = "must be a phone number in E.164 form, as in +201001234567";

    /** The address as it is stored and looked up: two that differ in case alone are one. */
    String storedEmail() {
        return email.toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return "Registration[...]";
    }
}
