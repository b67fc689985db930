"""The way to the API server: what a real one says is understood, and no answer is told apart from a refusal."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from controller.kube.api import Api, ApiRefused, ApiUnreachable, NoCluster, connect
from tests.kube.cluster import Cluster, free_port
from tests.kube.fakes import refused, unreachable

Reply = Callable[[socket.socket], None]
"""What is done with one connection once its request has come."""
CONFIGURATION = {
    "apiVersion": "v1",
    "kind": "Config",
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "mine"}}],
    "users": [{"name": "u", "user": {"token": "secret-token"}}],
    "current-context": "c",
}


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes a kubeconfig with this content, or one that leads to this address."""
    path = tmp_path / "kubeconfig"
    monkeypatch.setenv("KUBECONFIG", str(path))

    def write(text: str) -> None:
        cluster = {"name": "c", "cluster": {"server": text}}
        path.write_text(json.dumps({**CONFIGURATION, "clusters": [cluster]}) if text.startswith("http") else text)

    return write


class Server:
    """A server on loopback that does with each request what the test says."""

    def __init__(self, reply: Reply) -> None:
        self.reply, self.requests = reply, list[bytes]()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.open = list[socket.socket]()
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        """Until it is closed."""
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.open.append(connection)
                threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection: socket.socket) -> None:
        """One request."""
        with suppress(OSError):
            self.requests.append(connection.recv(65536))
            self.reply(connection)

    def close(self) -> None:
        """End it, and all its connections."""
        self.listener.close()
        for connection in self.open:
            connection.close()


@pytest.fixture
def serving_with(kubeconfig: Callable[[str], None]) -> Iterator[Callable[[Reply], tuple[Api, Server]]]:
    """Makes such a server, and the way to it."""
    made = list[Server]()

    def serve(reply: Reply) -> tuple[Api, Server]:
        server = Server(reply)
        made.append(server)
        kubeconfig(server.url)
        return connect()[0], server

    yield serve
    for server in made:
        server.close()


Serve = Callable[[Reply], tuple[Api, Server]]


def saying(content: str | bytes, status: str = "200 OK", length: int | None = None) -> Reply:
    """A whole answer; its length may be a lie."""
    body = content if isinstance(content, bytes) else content.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length or len(body)}\r\n\r\n"

    def reply(connection: socket.socket) -> None:
        connection.sendall(head.encode() + body)
        if length:
            connection.shutdown(socket.SHUT_RDWR)

    return reply


def streaming(*chunks: str | bytes, ends: bool = True) -> Reply:
    """A watch that says these chunks, one after the other; `ends` tells whether it ends as it should, or breaks."""

    def reply(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for chunk in chunks:
            content = chunk if isinstance(chunk, bytes) else chunk.encode()
            connection.sendall(b"%x\r\n%s\r\n" % (len(content), content))
        if ends:
            connection.sendall(b"0\r\n\r\n")
        connection.shutdown(socket.SHUT_RDWR)

    return reply


def silent(connection: socket.socket) -> None:
    """Never a word."""


def watched(api: Api, silence: float = 5.0) -> list[Any]:
    """All that a watch says, until it ends."""
    return list(api.lines("/watched", {"watch": True}, silence))


# --- answers that are none ---


def test_nobody_listens(kubeconfig: Callable[[str], None]) -> None:
    """That is no refusal, and the reason is the system's, without our machinery."""
    kubeconfig(f"http://127.0.0.1:{free_port()}")
    failure = unreachable(connect()[0])
    assert "Connection refused" in failure.reason
    assert str(failure).startswith("the API server did not answer GET /version: ")


def test_no_answer_in_time(serving_with: Serve) -> None:
    """A request ends when its time is up, and not some multiple of that later; it was sent once."""
    api, server = serving_with(silent)
    began = time.monotonic()
    assert "timed out" in unreachable(api, 0.5).reason
    assert time.monotonic() - began < 5
    assert 1 == len(server.requests)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(lambda connection: connection.shutdown(socket.SHUT_RDWR), id="closed"),
        pytest.param(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 9), id="another protocol"),
        pytest.param(saying('{"major": "1"', length=1000), id="half an answer"),
        pytest.param(saying("<html>Welcome</html>"), id="a page"),
        pytest.param(saying(b"\xff\xfe"), id="no text"),
        pytest.param(saying("[]"), id="a list"),
        pytest.param(saying(""), id="nothing"),
    ],
)
def test_an_answer_that_is_none(serving_with: Serve, reply: Reply) -> None:
    """Whatever it is, it is taken for silence, and nothing was asked twice."""
    api, server = serving_with(reply)
    assert "GET /version" in str(unreachable(api))
    assert 1 == len(server.requests)


@pytest.mark.parametrize("content", ["<html>Bad Gateway</html>", "[]", '{"kind": "Status"}', "null", ""])
def test_a_refusal_of_something_in_between(serving_with: Serve, content: str) -> None:
    """A load balancer knows nothing of Kubernetes; its status counts."""
    api, _ = serving_with(saying(content, "502 Bad Gateway"))
    failure = refused(api, "GET", "/version")
    assert (502, "Bad Gateway") == (failure.status, failure.reason)
    assert not any((failure.gone, failure.conflict, failure.expired, failure.denied))


def test_a_certificate_that_nobody_vouches_for(cluster: Cluster, kubeconfig: Callable[[str], None]) -> None:
    """Nothing is told to a server that is not who it says; not even the token."""
    kubeconfig(cluster.url)
    assert "certificate" in unreachable(connect()[0]).reason.lower()


def test_no_error_shows_the_token(serving_with: Serve) -> None:
    """Whatever goes wrong."""
    api, server = serving_with(silent)
    failure = unreachable(api, 0.5)
    assert b"secret-token" in server.requests[0]
    assert "secret-token" not in repr(failure)


# --- watches ---


def test_a_watch_is_read_line_by_line(serving_with: Serve) -> None:
    """However the network cuts it up, in the midst of a line or of a letter; empty lines mean nothing."""
    lines = ['{"type": "ADDED", "object": "schön"}', "", '{"type": "MODIFIED"}', '{"type": "BOOKMARK"}']
    whole = "\n".join(lines).encode() + b"\n"
    for size in (1, 7, 30, 1000):
        api, _ = serving_with(streaming(*(whole[at : at + size] for at in range(0, len(whole), size))))
        assert [json.loads(line) for line in lines if line] == watched(api)


def test_what_is_said_is_told_at_once(serving_with: Serve) -> None:
    """Not when the watch ends."""
    api, _ = serving_with(lambda connection: connection.sendall(EVENT))
    events = api.lines("/watched", {"watch": True}, 30.0)
    assert {"type": "ADDED"} == next(events)
    events.close()  # type: ignore[attr-defined]  # it is a generator


EVENT = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n{"type": "ADDED"}\n\r\n'


def test_a_watch_that_breaks(serving_with: Serve) -> None:
    """What came whole is told, then it fails: nobody takes half a line for an event, or the break for an end."""
    api, _ = serving_with(streaming('{"type": "ADDED"}\n{"type": "DEL', ends=False))
    events = api.lines("/watched", {"watch": True}, 5.0)
    assert {"type": "ADDED"} == next(events)
    with pytest.raises(ApiUnreachable):
        next(events)


def test_a_watch_that_is_silent(serving_with: Serve) -> None:
    """For longer than it may be: it fails, and its connection is closed."""
    gone = threading.Event()

    def reply(connection: socket.socket) -> None:
        connection.sendall(EVENT)
        assert not connection.recv(1)
        gone.set()

    api, _ = serving_with(reply)
    events = api.lines("/watched", {"watch": True}, 0.3)
    assert {"type": "ADDED"} == next(events)
    with pytest.raises(ApiUnreachable, match="timed out"):
        next(events)
    assert gone.wait(10)


def test_a_watch_that_nobody_reads_on_is_closed(serving_with: Serve) -> None:
    """No connection is left behind."""
    gone = threading.Event()

    def reply(connection: socket.socket) -> None:
        connection.sendall(EVENT)
        connection.recv(1)
        gone.set()

    api, _ = serving_with(reply)
    events = api.lines("/watched", {"watch": True}, 30.0)
    next(events)
    events.close()  # type: ignore[attr-defined]  # it is a generator
    assert gone.wait(10)


@pytest.mark.parametrize("content", ["<html>Welcome\n</html>\n", "{]\n", "\xff\n"])
def test_a_watch_of_something_else(serving_with: Serve, content: str) -> None:
    """A page is no watch."""
    api, _ = serving_with(streaming(content))
    with pytest.raises(ApiUnreachable, match="WATCH /watched"):
        watched(api)


def test_a_watch_that_is_refused(serving_with: Serve) -> None:
    """With the reason, as for any request."""
    status = {"kind": "Status", "reason": "Expired", "message": "too old resource version: 1 (9)", "code": 410}
    api, _ = serving_with(saying(json.dumps(status), "410 Gone"))
    with pytest.raises(ApiRefused) as caught:
        watched(api)
    assert caught.value.expired
    assert "410 Expired: too old resource version" in str(caught.value)


# --- where it is ---


def test_the_namespace_of_the_kubeconfig(kubeconfig: Callable[[str], None]) -> None:
    """It is meant where none is said."""
    kubeconfig("http://127.0.0.1:1")
    assert "mine" == connect()[1]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("a: [", id="no YAML"),
        pytest.param("[]", id="a list"),
        pytest.param("hello", id="a text"),
        pytest.param("\x00", id="no text"),
        pytest.param("{}", id="nothing in it"),
        pytest.param('{"contexts": 1}', id="nonsense"),
        pytest.param(json.dumps(CONFIGURATION), id="no such cluster"),
        pytest.param(json.dumps({**CONFIGURATION, "contexts": []}), id="no such context"),
        pytest.param(json.dumps({**CONFIGURATION, "current-context": ""}), id="no context chosen"),
    ],
)
def test_a_kubeconfig_that_is_none(kubeconfig: Callable[[str], None], text: str) -> None:
    """Whatever is wrong with it: the message says where to look, and no token is in it."""
    kubeconfig(text)
    with pytest.raises(NoCluster, match="set KUBECONFIG, or run in a pod") as caught:
        connect()
    assert "secret-token" not in str(caught.value)


def test_no_kubeconfig(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither one that is named nor the usual one."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nothing"))
    with pytest.raises(NoCluster):
        connect()
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(NoCluster):
        connect()
