"""The small HTTP server that Prometheus and the platform ask: `/metrics`, `/healthz`, `/readyz`.

HoldfastError
└── CannotListen       the address cannot be listened on
    └── AddressInUse   somebody else listens there
"""

import errno
import socket
import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from controller.core.model.cloud import HoldfastError
from controller.report.secrecy import scrub

Complaint = Callable[[], str | None]
"""Says what is wrong, or None when nothing is."""
Page = tuple[HTTPStatus, str, bytes]

_TEXT = "text/plain; charset=utf-8"
_log = structlog.get_logger()


class CannotListen(HoldfastError):
    """The address given cannot be listened on; the message says what would help."""


class AddressInUse(CannotListen):
    """Somebody else listens there already."""


class Server:
    """Serves from a thread of its own from the moment it is made, until `close`. Port 0 takes any free port.

    Raises `AddressInUse` or `CannotListen`.
    """

    def __init__(self, address: str, registry: CollectorRegistry, healthy: Complaint, ready: Complaint) -> None:
        host, port = parse_address(address)
        pages: dict[str, Callable[[], Page]] = {
            "/metrics": lambda: (HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry)),
            "/healthz": lambda: _verdict(healthy()),
            "/readyz": lambda: _verdict(ready()),
        }
        self._listener = _listen(address, host, port, pages)
        self._thread = threading.Thread(target=self._listener.serve_forever, name="http", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it listens, with the port that was really taken."""
        host, port = self._listener.server_address[:2]
        return f"[{host!s}]:{port}" if ":" in str(host) else f"{host!s}:{port}"

    def close(self) -> None:
        """Stop listening; returns when the port is free again."""
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()


def parse_address(address: str) -> tuple[str, int]:
    """Host and port of `host:port`, `[::1]:port` or `:port` (all interfaces); raises `CannotListen`."""
    host, colon, port = address.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not port.isdecimal() or int(port) > 65535 or (":" in host and not bracketed):
        raise CannotListen(
            f'"{address}" is not an address to listen on; write 127.0.0.1:8080, [::1]:8080, '
            "or :8080 for all interfaces"
        )
    return host[1:-1] if bracketed else host, int(port)


def _listen(address: str, host: str, port: int, pages: dict[str, Callable[[], Page]]) -> "_Listener":
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return _Listener((host, port), family, pages)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(
                f"{address} is in use by another process; stop it or choose another address with "
                "--address (port 0 takes any free port)"
            ) from error
        reason = error.strerror or str(error)
        message = f"cannot listen on {address}: {reason}; choose another address with --address"
        raise CannotListen(message) from error


def _verdict(complaint: str | None) -> Page:
    status = HTTPStatus.SERVICE_UNAVAILABLE if complaint else HTTPStatus.OK
    return status, _TEXT, f"{scrub(complaint or 'ok')}\n".encode()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, place: tuple[str, int], family: socket.AddressFamily, pages: dict[str, Callable[[], Page]]
    ) -> None:
        self.address_family = family
        super().__init__(place, partial(_Answer, pages))

    def server_bind(self) -> None:
        """Without the standard library's look-up of our own name, and for both families on `::`."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away, or an answer that failed, is a line in the log."""
        _log.warning("A request was not answered", exc_info=True)


class _Answer(BaseHTTPRequestHandler):
    server_version, sys_version = "holdfast", ""
    timeout = 10
    """A caller that says nothing for so many seconds is left."""

    def __init__(self, pages: dict[str, Callable[[], Page]], *request: Any) -> None:
        self._pages = pages
        super().__init__(*request)

    def do_GET(self) -> None:
        self.wfile.write(self._head())

    def do_HEAD(self) -> None:
        self._head()

    def _head(self) -> bytes:
        """Send the first lines; the body is what remains to be sent."""
        page = self._pages.get(urlsplit(self.path).path, _not_found)
        status, kind, body = page()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return body

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a scrape every few seconds is no news."""


def _not_found() -> Page:
    return HTTPStatus.NOT_FOUND, _TEXT, b"not found; there is /metrics, /healthz and /readyz\n"
