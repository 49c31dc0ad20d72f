package daftar.migrate;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * Passes sessions on as PgBouncer does in the one respect that a client can see at the start: the key data that a
 * cancellation needs (message {@code K}) are the pooler's own.
 */
final class Pooler implements AutoCloseable {
    private final ServerSocket listener;
    private final int server;

    private Pooler(ServerSocket listener, int server) {
        this.listener = listener;
        this.server = server;
    }

    static Pooler before(int server) throws IOException {
        Pooler pooler = new Pooler(new ServerSocket(0, 10, InetAddress.getLoopbackAddress()), server);
        daemon(pooler::accept);
        return pooler;
    }

    int port() {
        return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void accept() throws IOException {
        while (!listener.isClosed()) {
            Socket client = listener.accept();
            Socket backend = new Socket(InetAddress.getLoopbackAddress(), server);
            daemon(() -> toServer(client, backend));
            daemon(() -> toClient(backend, client));
        }
    }

    private static void toServer(Socket client, Socket backend) throws IOException {
        try (client;
                backend;
                InputStream in = client.getInputStream()) {
            in.transferTo(backend.getOutputStream());
        }
    }

    private static void toClient(Socket backend, Socket client) throws IOException {
        try (backend;
                client) {
            DataInputStream in = new DataInputStream(backend.getInputStream());
            DataOutputStream out = new DataOutputStream(client.getOutputStream());
            boolean encryptionAnswered = false;
            while (true) {
                int type = in.readUnsignedByte();
                out.writeByte(type);
                // the answer to a request for encryption is a single letter
                if (!encryptionAnswered && type == 'N') {
                    encryptionAnswered = true;
                    out.flush();
                    continue;
                }
                int length = in.readInt();
                byte[] body = in.readNBytes(length - 4);
                if (type == 'K') {
                    body[0] ^= 0x11;
                }
                out.writeInt(length);
                out.write(body);
                out.flush();
            }
        }
    }

    /** What ends with its sockets. */
    private interface Work {
        void run() throws IOException;
    }

    private static void daemon(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // one of the two has gone, or the pooler was closed
                    }
                },
                "pooler");
        thread.setDaemon(true);
        thread.start();
    }
}
