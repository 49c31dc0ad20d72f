package daftar.kit.access;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says who may call an endpoint. An endpoint without it refuses everybody.
 *
 * <p>A caller is let in when any one of the kinds fits. Nothing is derived: an administrator may call
 * what names {@link Caller.Kind#ADMINISTRATOR}, and nothing else.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Access {

    /** The kinds of caller that are let in. */
    Caller.Kind[] value();

    /** The scope that a {@link Caller.Kind#SERVICE} must hold; required where that kind is named. */
    String scope() default "";

    /**
     * The path parameter that holds the id of the person whom the request is about. Where the path
     * has none of that name, any person is let in: the endpoint is about the caller.
     */
    String person() default "user_id";
}
