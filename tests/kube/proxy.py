"""A network with bad days, between a test and the real API server."""

import contextlib
import socket
import threading


class Proxy:
    """A TCP proxy on loopback, which can stop forwarding, without a word to either side, or cut every connection."""

    def __init__(self, port: int) -> None:
        self.target, self.listener = port, socket.create_server(("127.0.0.1", 0))
        self.flows = threading.Event()
        self.flows.set()
        self.lock = threading.Lock()
        self.sockets: list[socket.socket] = []
        self.silenced: set[socket.socket] = set()
        self.closed = False
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.listener.getsockname()[1])

    def accept(self) -> None:
        """Take connections until it is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                with self.lock:
                    self.sockets += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self.forward, args=pair, daemon=True).start()

    def forward(self, source: socket.socket, target: socket.socket) -> None:
        """One direction of one connection; what came after it was silenced is swallowed."""
        with contextlib.suppress(OSError):
            while content := source.recv(65536):
                if source not in self.silenced:
                    target.sendall(content)
        if source not in self.silenced:
            for each in (source, target):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def silence(self) -> None:
        """Forward nothing more on the connections that there are; new ones are as good as ever."""
        with self.lock:
            self.silenced |= set(self.sockets)

    def cut(self) -> None:
        """Reset all connections that there are."""
        with self.lock:
            for each in self.sockets:
                with contextlib.suppress(OSError):
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                    each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it."""
        self.silenced.clear()
        self.listener.close()
        for each in self.sockets:
            each.close()
