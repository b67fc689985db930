"""A strict stand-in for EC2: AWS's protocol, paging, limits and refusals, over HTTP, in memory.

Of every other service there is nothing, see `elsewhere`.

The benchmarks run it as a process of its own (`python -m emulators.ec2.server`), the tests within theirs
(`with StrictEc2() as server`); either way an unmodified boto3 talks to it by `endpoint_url`.
"""

import argparse
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

from emulators.ec2 import elsewhere, scenery, store
from emulators.ec2.buckets import Buckets
from emulators.ec2.protocol import answer, caller_identity, model, parameters_of, refusal, rendered
from emulators.ec2.store import Fault, Members
from emulators.ec2.world import World

OURS = frozenset({"", "ec2", "sts"})
"""The services that are served here, by the name they sign with; a test may leave the signature out."""


class DropConnection(Exception):
    """Raised by a test's hook: the connection is closed and no answer is sent."""

    code = "DropConnection"


class Call(NamedTuple):
    """One request: what was asked, and the code of the error that was answered, if one was."""

    operation: str
    parameters: Members
    error: str | None
    by: str = ""
    """The access key that it was signed with."""


BeforeReply = Callable[[str, Members, str], None]
"""A test's hook: operation, parameters, and "before" or "after" the operation took effect."""


class StrictEc2:
    """The stand-in as a context: it listens on `url` while entered."""

    def __init__(
        self,
        *,
        latency: float = 0.0,
        buckets: bool = False,
        pending: float = 0.0,
        deleting: float | None = None,
        clock: Callable[[], float] = time.time,
        port: int = 0,
    ) -> None:
        """What is asked of it begins as `renew` says; with `buckets` AWS's limits hold."""
        self._buckets = Buckets(clock) if buckets else None
        self._lock = threading.Lock()
        self._listener = Listener(("127.0.0.1", port), self)
        self.port: int = self._listener.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.renew(latency=latency, pending=pending, deleting=deleting, clock=clock)

    def renew(
        self,
        *,
        latency: float = 0.0,
        pending: float = 0.0,
        deleting: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Another account at the same address, with nothing in it.

        It sleeps `latency` seconds in every call; `pending` and `deleting` (the same unless given) are the seconds,
        by `clock`, that NAT gateways and interface endpoints take to come and to go.
        """
        self.latency = latency
        self.world = World(clock, pending, pending if deleting is None else deleting)
        self.before_reply: BeforeReply | None = None
        self.calls: list[Call] = []
        """Every request of EC2 and STS in the order of arrival, also those that were rejected, dropped or refused."""
        self.elsewhere: list[elsewhere.Reply] = []
        """Every answer to a request of another service. Buckets and the hook are not for them; counts are."""
        self.counts: Counter[str] = Counter()
        self.rejected = 0
        self._numbers = itertools.count()

    def __enter__(self) -> Self:
        model()  # half a second, once; not in the first call's time
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    def serve(self) -> None:
        """Listens until interrupted."""
        self._listener.serve_forever()

    def populate(self, nodes: int, stack: str) -> Members:
        """Fills the world, past the protocol, with about this many nodes in sync; returns their document."""
        with self._lock:
            document = scenery.populate(self.world, nodes, stack)
            for kind in store.KINDS:
                shape: Any = model().operation_model(kind.operation).output_shape
                rendered(shape, {kind.listing: self.world.things[kind.prefix].values()})
        return document

    def counted(self) -> Members:
        """What was asked so far, by operation, and how many requests the buckets rejected."""
        with self._lock:
            return {"requests": dict(self.counts), "rejected": self.rejected}

    def reset_counts(self) -> None:
        """Counts from zero again; the world and the list of calls stay."""
        with self._lock:
            self.counts, self.rejected = Counter(), 0

    def reply(self, body: str, by: str = "") -> tuple[int, str]:
        """HTTP status and text of the answer to one request of EC2 or STS, signed with the access key `by`."""
        if self.latency:
            time.sleep(self.latency)
        form = dict(parse_qsl(body, keep_blank_values=True))
        operation = form.pop("Action", "")
        form.pop("Version", None)
        with self._lock:
            self.counts[operation] += 1
            number = len(self.calls)
            self.calls.append(Call(operation, dict(form), None, by))
        request_id = f"00000000-0000-4000-8000-{number:012x}"
        if operation == "GetCallerIdentity":
            return 200, caller_identity(request_id)
        try:
            return 200, self._granted(operation, form, number, request_id)
        except (Fault, DropConnection) as stop:
            self.calls[number] = self.calls[number]._replace(error=stop.code)
            if isinstance(stop, DropConnection):
                raise
            return stop.http_status, refusal(stop, request_id)

    def reply_elsewhere(self, request: elsewhere.Request) -> elsewhere.Reply:
        """The answer to one request of any other service."""
        if self.latency:
            time.sleep(self.latency)
        answered = elsewhere.reply(request, f"00000000-0000-4000-8001-{next(self._numbers):012x}")
        with self._lock:
            self.counts[answered.operation] += 1
            self.elsewhere.append(answered)
        return answered

    def _granted(self, operation: str, form: dict[str, str], number: int, request_id: str) -> str:
        parameters = parameters_of(operation, form)
        self.calls[number] = self.calls[number]._replace(parameters=parameters)
        self._admit(operation, parameters)
        if self.before_reply:
            self.before_reply(operation, parameters, "before")
        with self._lock:
            text = answer(operation, self._perform(operation, parameters), request_id)
        if self.before_reply:
            self.before_reply(operation, parameters, "after")
        return text

    def _perform(self, operation: str, parameters: Members) -> Members:
        """The world's answer; of EC2's kinds that it does not hold there is simply nothing."""
        try:
            return self.world.perform(operation, parameters)
        except Fault as fault:
            known = operation.startswith(elsewhere.READS) and operation in model().operation_names
            if fault.code != "InvalidAction" or not known:
                raise
            return {}

    def _admit(self, operation: str, parameters: Members) -> None:
        if self._buckets is None:
            return
        with self._lock:
            try:
                self._buckets.take(operation, parameters)
            except Fault:
                self.rejected += 1
                raise


class Listener(ThreadingHTTPServer):
    """The socket of a stand-in; a thread a connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], strict: StrictEc2) -> None:
        super().__init__(address, Connection)
        self.strict = strict


class Connection(BaseHTTPRequestHandler):
    """One kept-alive connection: AWS's protocol on `/`, our own control on the rest."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def do_GET(self) -> None:
        if elsewhere.signing_name(self.headers) not in OURS:
            self._elsewhere()
        elif self.path == "/_counts":
            self._send(200, json.dumps(self.server.strict.counted()))
        else:
            self._send(404, "{}")

    def do_POST(self) -> None:
        if elsewhere.signing_name(self.headers) not in OURS:
            self._elsewhere()
            return
        body = self._body()
        match self.path:
            case "/_reset":
                self.server.strict.reset_counts()
                self._send(200, "{}")
            case "/_populate":
                self._send(200, json.dumps(self.server.strict.populate(**json.loads(body))))
            case _:
                try:
                    self._send(*self.server.strict.reply(body, elsewhere.access_key(self.headers)))
                except DropConnection:
                    self.close_connection = True

    def do_HEAD(self) -> None:
        self._elsewhere()

    def do_PUT(self) -> None:
        self._elsewhere()

    def do_PATCH(self) -> None:
        self._elsewhere()

    def do_DELETE(self) -> None:
        self._elsewhere()

    def _elsewhere(self) -> None:
        request = elsewhere.Request(self.command, self.path, self.headers, self._body())
        answered = self.server.strict.reply_elsewhere(request)
        text = "" if self.command == "HEAD" else answered.text
        self._send(answered.status, text, f"x-amzn-RequestId: {answered.request_id}\r\n")

    def _body(self) -> str:
        return self.rfile.read(int(self.headers["Content-Length"] or 0)).decode(errors="replace")

    def _send(self, status: int, text: str, headers: str = "") -> None:
        content = text.encode()
        kind = "text/xml;charset=UTF-8" if text.startswith("<") else "application/json"
        if content:
            headers += f"Content-Type: {kind}\r\n"
        head = f"HTTP/1.1 {status} -\r\n{headers}Content-Length: {len(content)}\r\n\r\n"
        with suppress(ConnectionError):
            self.wfile.write(head.encode() + content)


def main() -> None:
    """Serves until interrupted; the first line printed is the port."""
    options = argparse.ArgumentParser(prog="python -m emulators.ec2.server", description=__doc__)
    options.add_argument("--port", type=int, default=0, help="the port; 0 takes a free one")
    options.add_argument("--latency", type=float, default=0.0, help="seconds that every call takes")
    options.add_argument("--buckets", action="store_true", help="enforce AWS's token buckets")
    options.add_argument("--pending", type=float, default=0.0, help="seconds that slow things take")
    given = options.parse_args()
    server = StrictEc2(latency=given.latency, buckets=given.buckets, pending=given.pending, port=given.port)
    print(server.port, flush=True)
    with suppress(KeyboardInterrupt):
        server.serve()


if __name__ == "__main__":
    main()
