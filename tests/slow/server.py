"""The server between the clients and the emulator: it records, refuses, passes on, and rewrites what comes back."""

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.httpsession import URLLib3Session

from tests.direct import Answer, body_of, direct, headers_of, target_of
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
        self._upstream, self._clock, self._lock = upstream_url, clock, threading.RLock()
        self._passing_on = URLLib3Session(timeout=_PATIENCE)
        self._things, self._lateness = Things(clock, times), Lateness(clock)
        self._groups = Groups(upstream_url, self._things, clock, times)
        self._refreshes = Refreshes(self._groups, clock, times)
        self._server, self._short_cut = _Server(self), ExitStack()

    @property
    def url(self) -> str:
        """The endpoint for clients."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def failing(self) -> dict[str, float]:
        """By group, the percentage at which its next refresh fails."""
        return self._refreshes.failing

    def __enter__(self) -> Self:
        """Begins to listen, and to answer the clients of this program directly."""
        self._short_cut.enter_context(direct(self.url, self._directly))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends."""
        self._short_cut.close()
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
        headers: Any = HeadersDict(raw.headers.items())
        upstream = AWSPreparedRequest(raw.method, f"{self._upstream}{raw.target}", headers, raw.body, False)
        answer = self._passing_on.send(upstream)
        return Reply(answer.status_code, HeadersDict(answer.headers), answer.content)

    def _directly(self, request: AWSPreparedRequest) -> Answer:
        raw = Raw(request.method, target_of(request), HeadersDict(headers_of(request)), body_of(request))
        reply = self.answer(raw)
        return reply.status, dict(_headers(reply, request.method)), reply.body


def _headers(reply: Reply, method: str) -> Iterator[tuple[str, str]]:
    for name, value in reply.headers.items():
        if name.lower() not in _OF_THE_CONNECTION:
            yield name, value
    said = reply.headers.get("Content-Length") if method == "HEAD" else None
    yield "Content-Length", said or str(len(reply.body))


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
        for name, value in _headers(reply, self.command):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _exchange  # noqa: N815  # the names http.server asks for

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: `requests` is the log."""
