"""The server between the clients and the emulator: it records, refuses, passes on, and rewrites what comes back."""

import copy
import http.client
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from botocore import xform_name
from botocore.awsrequest import HeadersDict

from tests.slow import wire
from tests.slow.filters import by_state, thin
from tests.slow.groups import Groups
from tests.slow.lateness import Late, Lateness, creates
from tests.slow.refreshes import Refreshes
from tests.slow.rules import DURATIONS, SERVICES
from tests.slow.things import Things
from tests.slow.wire import Asked, Raw, Refusal, Reply, Tree

_PATIENCE = 60
_OF_THE_CONNECTION = ("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding")
"""Headers of an answer that belong to one connection, not to the answer."""


class Recorded(NamedTuple):
    """One request that was made, and the status it met."""

    service: str
    operation: str
    parameters: Tree
    status: int


Refuse = Callable[[str, str, Tree], tuple[str, int, str] | None]
"""A test's hook: the code, status and message that a request is refused with, or nothing."""


class SlowAws:
    """The emulator with time as AWS has it, as a context: it listens on `url` while entered.

    `requests` are all that were answered, in this order. `refuse` is asked before each. `late` makes a listing,
    by service and operation, show new things only later. `failing` lets the next refresh of a group, by name,
    fail at that percentage. One account, and the time is the clock's alone: nothing sleeps.
    """

    def __init__(
        self, upstream_url: str, clock: Callable[[], float], durations: Mapping[str, float] | None = None
    ) -> None:
        """Durations replace those of `rules.DURATIONS`, by name."""
        if unknown := set(durations or {}) - set(DURATIONS):
            raise ValueError(f"nothing lasts as long as {', '.join(sorted(unknown))}")
        times = {**DURATIONS, **(durations or {})}
        self.requests: list[Recorded] = []
        self.refuse: Refuse | None = None
        self.late: dict[tuple[str, str], Late] = {}
        self._upstream, self._clock, self._lock = urlsplit(upstream_url), clock, threading.RLock()
        self._things, self._lateness = Things(clock, times), Lateness(clock)
        self._groups = Groups(upstream_url, self._things, clock, times)
        self._refreshes = Refreshes(self._groups, clock, times)
        self._server = _Server(self)

    @property
    def url(self) -> str:
        """The endpoint for clients."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def failing(self) -> dict[str, float]:
        """By group, the percentage at which its next refresh fails."""
        return self._refreshes.failing

    def __enter__(self) -> Self:
        """Begins to listen."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, raw: Raw) -> Reply:
        """One request, from arrival to answer."""
        asked = wire.read(raw)
        reply = self._refused(asked) or self._answered(asked) or self._passed_on(asked, raw)
        with self._lock:
            self.requests.append(Recorded(asked.service, asked.operation, asked.parameters, reply.status))
        return reply

    def _refused(self, asked: Asked) -> Reply | None:
        refusal = self.refuse(asked.service, asked.operation, asked.parameters) if self.refuse else None
        return wire.refuse(asked, Refusal(*refusal)) if refusal else None

    def _answered(self, asked: Asked) -> Reply | None:
        """What the emulator has no word in."""
        with self._lock:
            self._refreshes.advance()
            own = self._things.refuses(asked) or self._refreshes.answer(asked)
            if asked.service == "autoscaling" and not asked.operation.startswith("Describe"):
                self._groups.look(asked.region, self._clock())
        if own is None:
            return None
        return wire.refuse(asked, own) if isinstance(own, Refusal) else wire.write(asked, own)

    def _passed_on(self, asked: Asked, raw: Raw) -> Reply:
        reply = self._forward(raw)
        if asked.model is None or not (asked.service in SERVICES or creates(asked) or self._late(asked)):
            return reply
        with self._lock:
            if reply.status < 300:
                return self._rewritten(asked, reply)
            answer: Tree = {}
            self._overlay(asked, answer)
            return wire.write(asked, answer) if answer else reply

    def _rewritten(self, asked: Asked, reply: Reply) -> Reply:
        """A granted answer as it is at this time; to the byte the emulator's own where nothing is on its way."""
        answer = wire.parse(asked, reply)
        self._things.note(asked, answer)
        self._lateness.note(asked, answer)
        if asked.service == "autoscaling":
            created = asked.parameters.get("AutoScalingGroupName", "") if creates(asked) else ""
            self._groups.look(asked.region, self._clock(), created)
        shown = self._shown(asked, copy.deepcopy(answer))
        return reply if shown == answer else wire.write(asked, shown, reply.headers)

    def _shown(self, asked: Asked, answer: Tree) -> Tree:
        wanted = by_state(asked)
        if wanted:
            client = self._groups.client(asked.service, asked.region)
            answer = getattr(client, xform_name(asked.operation))(**wanted.parameters)
        self._overlay(asked, answer)
        if wanted:
            thin(answer, wanted)
        return answer

    def _overlay(self, asked: Asked, answer: Tree) -> None:
        self._things.lasting(asked, answer)
        self._groups.show(asked, answer)
        self._refreshes.show(asked, answer)
        self._things.show(asked, answer)
        self._lateness.show(asked, answer, self._late(asked))

    def _late(self, asked: Asked) -> Late | None:
        return self.late.get((asked.service, asked.operation))

    def _forward(self, raw: Raw) -> Reply:
        upstream = http.client.HTTPConnection(self._upstream.netloc, timeout=_PATIENCE)
        try:
            upstream.putrequest(raw.method, raw.target, skip_host=True, skip_accept_encoding=True)
            for name, value in raw.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(raw.body)
            answer = upstream.getresponse()
            return Reply(answer.status, HeadersDict(answer.getheaders()), answer.read())
        finally:
            upstream.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many clients may come at once

    def __init__(self, aws: SlowAws) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.aws = aws


class _Exchange(BaseHTTPRequestHandler):
    """One request on the wire."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _exchange(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.server.aws.answer(Raw(self.command, self.path, HeadersDict(self.headers.items()), body))
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        said = reply.headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", said or str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _exchange  # noqa: N815  # the names http.server asks for

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: `requests` is the log."""
