package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The whole system, started once for all test classes that ask for it and leave it as they found it. */
final class RunningSystem implements BeforeAllCallback {

    private static final ExtensionContext.Namespace SPACE = ExtensionContext.Namespace.create(RunningSystem.class);

    private static volatile LocalSystem system;

    @Override
    public void beforeAll(ExtensionContext context) {
        system =
                context.getRoot().getStore(SPACE).computeIfAbsent("system", key -> new Running(), Running.class).system;
    }

    static LocalSystem system() {
        return system;
    }

    /** JUnit closes what its store holds when all tests are done. */
    private static final class Running implements AutoCloseable {

        private final LocalSystem system = new LocalSystem();

        Running() {
            LocalSystem.Outcome up = system.up("--detach");
            assertEquals(0, up.exitCode(), up.output());
        }

        @Override
        public void close() throws IOException {
            system.close();
        }
    }
}
