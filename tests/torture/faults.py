"""What can go wrong, and the weather: which of it does in one story, how often, and until when."""

from collections.abc import Callable, Collection
from enum import StrEnum
from random import Random
from typing import NamedTuple

READS = ("Describe", "Get", "Head", "List", "Search")


class Sort(StrEnum):
    """One sort of fault, or of acts of others."""

    LATE = "late"
    """Listings show what was made a moment ago only after a while, and not every time."""
    LATE_TAGS = "late-tags"
    """What was made is shown, and its tags only after a while."""
    EARLY = "early"
    """Asked for by its id, what was made a moment ago is not found, neither to read nor to write."""
    LOST_BEFORE = "lost-before"
    """The connection is closed, and the request never arrived."""
    LOST_AFTER = "lost-after"
    """The request is done, and its answer is lost."""
    THROTTLED = "throttled"
    BROKEN = "broken"
    """500 or 503; a write may have been done all the same."""
    CUT = "cut"
    """The answer ends somewhere in its middle."""
    FOREIGN = "foreign"
    """The answer is not AWS's: a page of HTML, or the JSON of somebody else, with status 200."""
    EMPTY = "empty"
    """One well-formed answer shows nothing where there is something."""
    PAGES = "pages"
    """A listing comes in two pages, and the second fails for a while."""
    DENIED = "denied"
    """One operation is forbidden for a while."""
    REFUSED = "refused"
    """One write is called invalid, again and again, for as long as the weather lasts."""
    EXPIRED = "expired"
    """The credentials are refused for a while."""
    SILENT = "silent"
    """No answer within the client's patience; the request may have been done."""
    KILLED = "killed"
    """The program ends before a request, or before it has its answer, and another is started."""
    DELETED = "deleted"
    """Somebody deletes what is ours."""
    DRIFTED = "drifted"
    """Somebody changes what is ours."""
    COPIED = "copied"
    """Somebody copies all tags of what is ours onto what is not."""
    SWAPPED = "swapped"
    """Somebody swaps the tags of two things of ours."""
    STRIPPED = "stripped"
    """Somebody takes away the owner tags of what is ours."""
    ALIKE = "alike"
    """What is not ours has names and marks that nearly are."""
    FORGOTTEN = "forgotten"
    """No start remembers anything of those before it; else each has what was on disk when the last one ended."""
    WRITER = "writer"
    """Another program looks after the same document at the same time."""


ACTS = frozenset({Sort.DELETED, Sort.DRIFTED, Sort.COPIED, Sort.SWAPPED, Sort.STRIPPED, Sort.ALIKE, Sort.WRITER})
"""What others do; all else is done by the layer."""
MARKING = frozenset({Sort.COPIED, Sort.SWAPPED, Sort.STRIPPED})
"""Acts after which somebody may have to say what is whose."""

RATES = {
    Sort.LOST_BEFORE: 0.04,
    Sort.LOST_AFTER: 0.06,
    Sort.THROTTLED: 0.06,
    Sort.BROKEN: 0.06,
    Sort.CUT: 0.04,
    Sort.FOREIGN: 0.04,
    Sort.EMPTY: 0.06,
    Sort.PAGES: 0.2,
    Sort.DENIED: 0.02,
    Sort.REFUSED: 0.02,
    Sort.EXPIRED: 0.01,
    Sort.SILENT: 0.03,
    Sort.KILLED: 0.04,
    Sort.WRITER: 0.02,
}
"""How often, of all requests, in weather of medium severity."""
REPEATED = {Sort.THROTTLED: 6, Sort.BROKEN: 6, Sort.LOST_BEFORE: 4, Sort.FOREIGN: 3}
"""The most requests in a row, of one operation, that meet the same fault: more than a client tries by itself."""
LASTING = {Sort.DENIED: (20.0, 200.0), Sort.REFUSED: (600.0, 6000.0), Sort.EXPIRED: (10.0, 120.0)}
"""How many seconds a fault of this sort goes on."""
APART = {Sort.EMPTY: 200.0}
"""Seconds between two of these: one answer may lie, but a second look gets the truth."""
SEVERITIES = (0.3, 1.0, 2.5)


class Point(NamedTuple):
    """Which operation a fault keeps to; the empty one stands for all."""

    service: str = ""
    operation: str = ""


class Weather:
    """Draws, for each request, what befalls it. Fair until `begins`, and again from `ends` on."""

    def __init__(self, chance: Random, sorts: Collection[Sort]) -> None:
        self.chance = chance
        self.sorts = frozenset(sorts)
        severity = chance.choice(SEVERITIES)
        self.rates = {sort: rate * severity for sort, rate in RATES.items() if sort in self.sorts}
        self.until = float("-inf")
        self.again: dict[Point, tuple[Sort, int]] = {}
        self.lasting: dict[Point, tuple[Sort, float]] = {}
        self.last: dict[Sort, float] = {}

    def begin(self, until: float) -> None:
        """It gets rough, until then."""
        self.until = until

    def calm(self, now: float) -> bool:
        """Whether all faults are over."""
        return now >= self.until

    def draw(self, point: Point, now: float, fits: Callable[[Sort], bool]) -> Sort | None:
        """What befalls one request, if anything does; only what fits it."""
        if self.calm(now):
            return None
        return self._going_on(point, now) or self._new(point, now, fits)

    def _going_on(self, point: Point, now: float) -> Sort | None:
        for place in (Point(), point):
            sort, until = self.lasting.get(place, (None, 0.0))
            if sort and now < until:
                return sort
        sort, left = self.again.pop(point, (None, 0))
        if sort and left > 1:
            self.again[point] = sort, left - 1
        return sort

    def _new(self, point: Point, now: float, fits: Callable[[Sort], bool]) -> Sort | None:
        for sort, rate in self.rates.items():
            if self.chance.random() < rate and self._due(sort, now) and fits(sort):
                self._start(sort, point, now)
                return sort
        return None

    def _due(self, sort: Sort, now: float) -> bool:
        return now - self.last.get(sort, float("-inf")) >= APART.get(sort, 0.0)

    def _start(self, sort: Sort, point: Point, now: float) -> None:
        self.last[sort] = now
        if sort in REPEATED:
            more = self.chance.randint(0, REPEATED[sort] - 1)
            if more:
                self.again[point] = sort, more
        if sort in LASTING:
            self.lasting[Point() if sort is Sort.EXPIRED else point] = sort, now + self.chance.uniform(*LASTING[sort])
