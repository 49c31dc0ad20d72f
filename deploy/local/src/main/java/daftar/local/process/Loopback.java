package daftar.local.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Ports on 127.0.0.1. */
public final class Loopback {
    public static final String ADDRESS = "127.0.0.1";

    private Loopback() {}

    /** Whether a server could listen there now. */
    public static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Distinct ports that were free a moment ago; for tests, which must not collide with a running system. */
    public static List<Integer> freePorts(int count) {
        List<Integer> ports = new ArrayList<>();
        openAndClose(count, ports);
        return List.copyOf(ports);
    }

    /** Holds each socket open while it opens the next one, so that no port comes twice. */
    private static void openAndClose(int count, List<Integer> ports) {
        if (count == 0) {
            return;
        }
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ports.add(socket.getLocalPort());
            openAndClose(count - 1, ports);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
