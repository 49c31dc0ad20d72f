package daftar.testkit.notes;

import daftar.kit.outbox.Outbox;
import io.quarkus.arc.ClientProxy;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;

/**
 * The relay of a second instance of the service: the same code with a state of its own. It is made by
 * reflection, since the kit shows its relay to nobody.
 */
final class AnotherRelay {

    private final Object relay;
    private final Method wake;

    private AnotherRelay(Object relay, Method wake) {
        this.relay = relay;
        this.wake = wake;
    }

    /** A second relay with the parts of the application's own. */
    static AnotherRelay like(Outbox outbox) {
        try {
            Object first = ClientProxy.unwrap(field(ClientProxy.unwrap(outbox), "relay"));
            Constructor<?> constructor = Arrays.stream(first.getClass().getDeclaredConstructors())
                    .filter(one -> one.getParameterCount() > 0)
                    .findFirst()
                    .orElseThrow();
            constructor.setAccessible(true);
            Object second = constructor.newInstance(
                    field(first, "primary"),
                    producerLike(field(first, "producer")),
                    field(first, "vertx"),
                    field(first, "clock"),
                    new io.micrometer.core.instrument.simple.SimpleMeterRegistry(),
                    "consent");
            Method wake = first.getClass().getDeclaredMethod("wake");
            wake.setAccessible(true);
            return new AnotherRelay(second, wake);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the relay is not what this expects", e);
        }
    }

    /** Two instances have two producers. */
    private static Object producerLike(Object first) throws ReflectiveOperationException {
        Constructor<?> constructor = first.getClass().getDeclaredConstructor(Map.class);
        constructor.setAccessible(true);
        return constructor.newInstance(field(first, "settings"));
    }

    void wake() {
        try {
            wake.invoke(relay);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object field(Object of, String name) throws ReflectiveOperationException {
        Field field = of.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }
}
