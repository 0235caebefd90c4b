"""A pytest plugin that runs kazoo's own test suite against a server that is already there.

kazoo's harness starts an ensemble of Apache ZooKeeper servers by their jars. Here its "cluster" is three TCP proxies in
front of the one standalone server named by KAZOO_TEST_SERVER=<host:port>: a test that stops a server closes that proxy
and cuts its connections, one that runs it again opens the port again.

    KAZOO_TEST_SERVER=127.0.0.1:2181 PYTHONPATH=test/interop/python pytest -p external_server --pyargs kazoo.tests
"""

import os
import socket
import sys
import threading
import types
import unittest.mock

# The harness makes certificates for a TLS port with these two; we have no such port to test here, so they need not exist.
for name in ("OpenSSL", "jks"):
    if name not in sys.modules:
        sys.modules[name] = unittest.mock.MagicMock(spec=types.ModuleType(name))

os.environ.setdefault("ZOOKEEPER_VERSION", "3.9.5")

from kazoo.testing import harness  # noqa: E402  the stubs must come first

SHUT = getattr(socket, "SHUT_RDWR")


class Proxy:
    """One address of the server, which can be taken away."""

    def __init__(self, target):
        self.target = target
        self.port = 0
        self.listener = None
        self.links = []
        self.guard = threading.Lock()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    @property
    def secure_address(self):
        raise unittest.SkipTest("no TLS port")

    @property
    def running(self):
        return self.listener is not None

    def run(self):
        if self.listener is not None:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)
        self.port = listener.getsockname()[1]
        self.listener = listener
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def stop(self):
        listener, self.listener = self.listener, None
        if listener is None:
            return
        listener.shutdown(SHUT)
        listener.close()
        with self.guard:
            links, self.links = self.links, []
        for pair in links:
            for end in pair:
                quietly_shut(end)

    destroy = stop

    def get_logs(self):
        return []

    def accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.target)
            except OSError:
                near.close()
                continue
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.guard:
                self.links.append((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=pump, args=(source, sink), daemon=True).start()


def quietly_shut(end):
    try:
        end.shutdown(SHUT)
    except OSError:
        pass


def pump(source, sink):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            sink.sendall(data)
    except OSError:
        pass
    # A close on either side ends both: nobody here uses half-open connections.
    quietly_shut(source)
    quietly_shut(sink)


class Cluster:
    def __init__(self, target):
        self.servers = [Proxy(target) for _ in range(3)]

    def __getitem__(self, index):
        return self.servers[index]

    def __iter__(self):
        return iter(self.servers)

    def start(self):
        for server in self.servers:
            server.run()

    def stop(self):
        for server in self.servers:
            server.stop()

    terminate = stop

    def get_logs(self):
        return []

    def get_ssl_client_configuration(self):
        raise unittest.SkipTest("no TLS port")


def target_from_environment():
    host, port = os.environ["KAZOO_TEST_SERVER"].rsplit(":", 1)
    return host, int(port)


CLUSTER = Cluster(target_from_environment())
harness.get_global_cluster = lambda: CLUSTER
