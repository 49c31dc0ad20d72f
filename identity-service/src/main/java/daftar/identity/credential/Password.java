package daftar.identity.credential;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A password that a person may choose: 15 to 128 characters, counted in code points, of any kind (NIST
 * SP 800-63B-4 section 3.1.1.2: 15 where the password is the only factor, no rules of composition). Null
 * passes: {@code @NotNull} says that one is needed.
 */
@Documented
@Constraint(validatedBy = Password.Rule.class)
@Target({ElementType.FIELD, ElementType.PARAMETER, ElementType.RECORD_COMPONENT})
@Retention(RetentionPolicy.RUNTIME)
public @interface Password {

    /** The fewest characters of a password. */
    int MIN = 15;

    /** The most characters of a password. */
    int MAX = 128;

    /** What the person is told. */
    String message() default "must have 15 to 128 characters";

    /** Required by Bean Validation; unused. */
    Class<?>[] groups() default {};

    /** Required by Bean Validation; unused. */
    Class<? extends Payload>[] payload() default {};

    /** The rule itself. */
    final class Rule implements ConstraintValidator<Password, CharSequence> {

        @Override
        public boolean isValid(CharSequence value, ConstraintValidatorContext context) {
            return value == null || isAcceptable(value.toString());
        }

        /** Half a surrogate pair has no UTF-8 form: the hash would be that of another password. */
        public static boolean isAcceptable(String password) {
            long count = password.codePoints().count();
            return count >= MIN
                    && count <= MAX
                    && password.codePoints().noneMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE);
        }
    }
}
