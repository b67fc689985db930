"""The layer: it stands where the network would be, and does to each request what the weather says.

What the backend answers is the truth; what the program gets is what the layer makes of it. Every request is recorded
with both.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Protocol

from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from tests.clock import Clock
from tests.direct import Answer, Answering, body_of, headers_of, target_of
from tests.slow import wire
from tests.slow.wire import Asked, Raw, Refusal, Reply, Tree
from tests.torture import lies
from tests.torture.faults import READS, Point, Sort, Weather
from tests.torture.lag import Lag
from tests.torture.tokens import Tokens

URL = "http://127.0.0.1:1"
"""Where nobody listens: requests to it never leave the program."""
SILENCE = 35.0
"""Seconds without an answer; more than any client's patience."""
ON_THE_WAY = (0.02, 0.2)
"""Seconds that a request takes."""
_OF_THE_CONNECTION = ("connection", "content-length", "date", "transfer-encoding")


class Killed(BaseException):
    """The program has ended."""


@dataclass
class Record:
    """One request: who asked what and when, what was done to it, and what it did to the world."""

    number: int
    at: float
    by: str
    asked: Asked
    faults: list[str] = field(default_factory=list)
    effect: bool = False
    """Whether it is a write that the backend has done."""
    status: int = 0
    made: str = ""
    """The id of what it made."""

    @property
    def writes(self) -> bool:
        """Whether it asks for a change."""
        return not self.asked.operation.startswith(READS)


class Watch(Protocol):
    """Whoever judges writes, with the true world before and after."""

    def before(self, record: Record) -> None:
        """The backend is about to get it."""
        ...

    def after(self, record: Record, answer: Tree) -> None:
        """The backend has done it, and this is its true answer."""
        ...


class Sender(Protocol):
    """A program that makes requests."""

    name: str
    dead: bool


@dataclass
class Exchange:
    """One request under way."""

    record: Record
    request: AWSPreparedRequest

    @property
    def asked(self) -> Asked:
        """What it asks for."""
        return self.record.asked

    @property
    def point(self) -> Point:
        """Its operation."""
        return Point(self.asked.service, self.asked.operation)


def read(raw: Raw) -> Asked:
    """What a request asks for. Where that stands in the body alone, the same body is understood only once."""
    signed = raw.headers.get("Authorization", "")
    if (raw.method, raw.target) != ("POST", "/") or not signed:
        return wire.read(raw)
    headers = {name: raw.headers[name] for name in ("Content-Type", "X-Amz-Target") if name in raw.headers}
    return _read(signed.split(",")[0], tuple(headers.items()), raw.body)


@lru_cache(maxsize=10_000)
def _read(signed: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Asked:
    return wire.read(Raw("POST", "/", HeadersDict([*headers, ("Authorization", signed)]), body))


class Layer:
    """Between the programs in this process and a backend; `sender` is whose turn it is."""

    def __init__(self, backend: Answering, clock: Clock, weather: Weather, chance: Random) -> None:
        self.backend, self.clock, self.weather, self.chance = backend, clock, weather, chance
        self.lag, self.tokens = Lag(clock, chance, weather), Tokens()
        self.watch: Watch | None = None
        self.sender: Sender | None = None
        self.interrupt: Callable[[], None] = lambda: None
        """Called before a request that another program comes before."""
        self.records: list[Record] = []
        self.counts: Counter[str] = Counter()
        self.second_pages: dict[str, tuple[Reply, int]] = {}
        """By token: a second page, and how often it fails before it comes."""
        self._ways: Mapping[Sort, Callable[[Exchange], Reply]] = {
            Sort.LOST_BEFORE: self._lost_before,
            Sort.LOST_AFTER: self._lost_after,
            Sort.THROTTLED: lambda exchange: self._refused(exchange, lies.throttling(exchange.asked)),
            Sort.BROKEN: self._broken,
            Sort.CUT: lambda exchange: lies.cut(self._true(exchange), self.chance),
            Sort.FOREIGN: self._foreign,
            Sort.EMPTY: self._emptied,
            Sort.PAGES: self._halved,
            Sort.DENIED: lambda exchange: self._refused(exchange, lies.denial(exchange.asked)),
            Sort.REFUSED: lambda exchange: self._refused(exchange, lies.mistake(exchange.asked)),
            Sort.EXPIRED: lambda exchange: self._refused(exchange, lies.expiry(exchange.asked)),
            Sort.SILENT: self._silent,
            Sort.KILLED: self._killed,
        }

    def answer(self, request: AWSPreparedRequest) -> Answer:
        """One request of the program whose turn it is."""
        self.clock.time += self.chance.uniform(*ON_THE_WAY)
        exchange = Exchange(self._recorded(request), request)
        sort = self.weather.draw(exchange.point, self.clock(), lambda sort: self._fits(sort, exchange))
        if sort is Sort.WRITER:
            self._note(exchange, sort)
            self.interrupt()
            sort = None
        self._alive()
        reply = self._met(exchange, sort)
        self._alive()
        exchange.record.status = reply.status
        headers = {name: text for name, text in reply.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        length = reply.headers.get("Content-Length") if request.method == "HEAD" else None
        return reply.status, {**headers, "Content-Length": length or str(len(reply.body))}, reply.body

    def _recorded(self, request: AWSPreparedRequest) -> Record:
        self._alive()
        raw = Raw(request.method, target_of(request), HeadersDict(headers_of(request)), body_of(request))
        request.body = raw.body  # it was read, and the backend reads it again
        by = self.sender.name if self.sender else ""
        record = Record(len(self.records) + 1, self.clock(), by, read(raw))
        self.records.append(record)
        return record

    def _alive(self) -> None:
        if self.sender is None or self.sender.dead:
            raise Killed

    def _note(self, exchange: Exchange, sort: Sort, detail: str = "") -> None:
        exchange.record.faults.append(f"{sort}{detail}")
        self.counts[sort] += 1

    def _met(self, exchange: Exchange, sort: Sort | None) -> Reply:
        if sort is None:
            return self._true(exchange)
        self._note(exchange, sort)
        return self._ways[sort](exchange)

    def _fits(self, sort: Sort, exchange: Exchange) -> bool:
        """Whether this can befall this request at all."""
        reads = not exchange.record.writes
        if sort is Sort.REFUSED:
            return not reads
        if sort is Sort.EMPTY:
            return reads
        if sort is Sort.PAGES:
            return reads and lies.paging(exchange.asked) is not None
        return True

    # --- what befalls a request ---

    def _lost_before(self, exchange: Exchange) -> Reply:
        raise ConnectionClosedError(endpoint_url=exchange.request.url)

    def _lost_after(self, exchange: Exchange) -> Reply:
        self._true(exchange)
        raise ConnectionClosedError(endpoint_url=exchange.request.url)

    def _refused(self, exchange: Exchange, refusal: Refusal) -> Reply:
        return wire.refuse(exchange.asked, refusal)

    def _broken(self, exchange: Exchange) -> Reply:
        self._perhaps_done(exchange)
        return self._refused(exchange, lies.breakdown(exchange.asked, self.chance))

    def _foreign(self, exchange: Exchange) -> Reply:
        self._perhaps_done(exchange)
        return lies.foreign(self.chance)

    def _silent(self, exchange: Exchange) -> Reply:
        self._perhaps_done(exchange)
        self.clock.time += SILENCE
        raise ReadTimeoutError(endpoint_url=exchange.request.url)

    def _killed(self, exchange: Exchange) -> Reply:
        self._perhaps_done(exchange)
        assert self.sender is not None
        self.sender.dead = True
        raise Killed

    def _perhaps_done(self, exchange: Exchange) -> None:
        if self.chance.random() < 0.5:
            self._true(exchange)

    def _emptied(self, exchange: Exchange) -> Reply:
        reply = self._true(exchange)
        empty = lies.emptied(exchange.asked, reply) if reply.status < 300 else None
        return empty or reply

    def _halved(self, exchange: Exchange) -> Reply:
        reply = self._true(exchange)
        token = f"torture-{exchange.record.number}"
        pages = lies.halves(exchange.asked, reply, token) if reply.status < 300 else None
        if pages is None:
            return reply
        self.second_pages[token] = pages[1], self.chance.choice((0, 1, 5))
        return pages[0]

    # --- the truth, as far as it is shown ---

    def _true(self, exchange: Exchange) -> Reply:
        return self._second_page(exchange) or self._too_early(exchange) or self._shown(exchange)

    def _second_page(self, exchange: Exchange) -> Reply | None:
        pages = lies.paging(exchange.asked)
        token = str(exchange.asked.parameters.get(pages.asks, "")) if pages else ""
        if token not in self.second_pages:
            return None
        page, failing = self.second_pages[token]
        if failing:
            self.second_pages[token] = page, failing - 1
            return self._refused(exchange, lies.breakdown(exchange.asked, self.chance))
        return page

    def _too_early(self, exchange: Exchange) -> Reply | None:
        refusal = self.lag.refuses(exchange.asked)
        if refusal is None:
            return None
        self._note(exchange, Sort.EARLY)
        return self._refused(exchange, refusal)

    def _shown(self, exchange: Exchange) -> Reply:
        asked = exchange.asked
        reply = self._done(exchange) if exchange.record.writes else self._forward(exchange)
        if reply.status >= 300 or not self.lag.hides(asked, reply.body):
            return reply
        answer = wire.parse(asked, reply)
        lags = sorted(self.lag.show(asked, answer))
        for sort in lags:
            self._note(exchange, sort)
        return wire.write(asked, answer, reply.headers) if lags else reply

    def _done(self, exchange: Exchange) -> Reply:
        """A write: at most once for a token, and judged if it has an effect."""
        asked, record = exchange.asked, exchange.record
        earlier = self.tokens.answers(asked)
        if isinstance(earlier, Refusal):
            return self._refused(exchange, earlier)
        if earlier is not None:
            record.faults.append("same-token")
            return earlier
        if self.watch:
            self.watch.before(record)
        reply = self._forward(exchange)
        if reply.status < 300:
            record.effect = True
            self.tokens.note(asked, reply)
            answer = wire.parse(asked, reply)
            record.made = self.lag.note(asked, answer)
            if self.watch:
                self.watch.after(record, answer)
        return reply

    def _forward(self, exchange: Exchange) -> Reply:
        return Reply(*self.backend(exchange.request))
