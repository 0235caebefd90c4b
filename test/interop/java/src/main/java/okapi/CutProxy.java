package okapi;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP proxy in front of the server, whose connections can be cut at any moment. */
final class CutProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final String host;
    private final int port;
    private final Set<Socket> ends = ConcurrentHashMap.newKeySet();

    CutProxy(String connectString) throws IOException {
        int colon = connectString.lastIndexOf(':');
        host = connectString.substring(0, colon);
        port = Integer.parseInt(connectString.substring(colon + 1));
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        background(this::accept);
    }

    String address() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    /** Breaks all connections; new ones are accepted. */
    void cut() {
        for (Socket end : ends) {
            shut(end);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cut();
    }

    private void accept() {
        try {
            while (true) {
                Socket near = listener.accept();
                Socket far;
                try {
                    far = new Socket(host, port);
                } catch (IOException refused) {
                    shut(near);
                    continue;
                }
                near.setTcpNoDelay(true);
                far.setTcpNoDelay(true);
                ends.add(near);
                ends.add(far);
                background(() -> pump(near, far));
                background(() -> pump(far, near));
            }
        } catch (IOException closed) {
            // The end of this proxy.
        }
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[65536];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
        } catch (IOException cut) {
            // Seen by both ends as what it is.
        }
        shut(from);
        shut(to);
    }

    private void shut(Socket socket) {
        ends.remove(socket);
        try {
            socket.close();
        } catch (IOException closed) {
            // Already shut.
        }
    }

    private static void background(Runnable body) {
        Thread thread = new Thread(body, "proxy");
        thread.setDaemon(true);
        thread.start();
    }
}
