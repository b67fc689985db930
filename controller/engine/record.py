"""A memory as a record that outlives the program: what JSON can hold, and back.

Times become those of the clock on the wall, so that another program, or another machine, can tell how long ago they
were. What cannot be read of a record is left out: it is memory, never truth.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import suppress
from math import isfinite
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

from controller.core.model.live import Placed
from controller.core.model.reference import Address
from controller.engine.incidents import Failure, Made, Repeat
from controller.engine.memory import LONGEST_BACKOFF, Memory
from controller.engine.rejections import Rejection

T = TypeVar("T")
FOREVER = 7 * 86400.0
"""A record is no older than this to whoever reads it: what happened before is as good as long past."""


def record_of(memory: Memory, ahead: float) -> dict[str, Any]:
    """What is to be kept of a memory, whose clock the one on the wall is so many seconds `ahead` of."""

    def when(at: float) -> float:
        return round(at + ahead, 3)

    unseen = {address: made for address, made in memory.made.items() if made.sighted is None}
    return {
        "ids": _named(memory.ids, str),
        "copies": _named(memory.copies, sorted),
        "seen": dict.fromkeys(sorted(map(str, memory.seen)), True),
        "made": _named(unseen, lambda made: [made.id, when(made.at)]),
        "intents": _named(memory.intents, when),
        "presumed": _named(memory.presumed, when),
        "departing": dict.fromkeys(sorted(map(str, memory.departing)), True),
        "since": _named(memory.since, when),
        "searched": None if memory.searched is None else when(memory.searched),
        "left": sorted(map(str, memory.left)),
        "places": _named(memory.places.of_nodes, str),
        "regions": sorted(memory.places.regions),
        "repeats": _named(memory.repeats_of, lambda repeat: [repeat.fingerprint, repeat.count, when(repeat.at)]),
        "rejections": _named(memory.rejections, lambda r: [r.id, dict(r.values), r.why]),
        "failures": _named(memory.failures, lambda f: [f.times, when(f.due), f.message, f.lasting, when(f.since)]),
    }


def recall(memory: Memory, record: Mapping[str, Any], kinds: Container[str], ahead: float) -> None:
    """Let a memory that knows nothing know what a record says of these kinds, as far as it can be read."""
    now = memory.clock()

    def due(at: float) -> float:
        """Never so far ahead, or so long ago, that a clock that was put wrong makes anything last for ever."""
        if not isfinite(at):
            raise ValueError("no time")
        return max(min(at - ahead, now + LONGEST_BACKOFF), now - FOREVER)

    def when(at: float) -> float:
        return min(due(at), now)

    def read(part: str, form: Callable[[Any], T]) -> dict[Address, T]:
        return {address: value for address, value in _read(record.get(part), form) if address.kind in kinds}

    memory.ids = read("ids", _text)
    memory.places.of_nodes = read("places", _text)
    memory.recalled = set(memory.ids)
    memory.copies = read("copies", lambda ids: frozenset(map(_text, ids)))
    memory.seen = frozenset(read("seen", bool))
    memory.made = read("made", lambda entry: Made(_text(entry[0]), when(entry[1])))
    memory.intents = read("intents", when)
    memory.presumed = read("presumed", when)
    memory.departing = set(read("departing", bool))
    memory.since = read("since", when)
    with suppress(TypeError, ValueError):
        memory.searched = when(record["searched"]) if record.get("searched") else None
        left = map(Placed.parse, map(_text, record.get("left") or ()))
        memory.left = frozenset(placed for placed in left if placed.kind in kinds)
    with suppress(TypeError, ValueError):
        memory.places.regions = set(map(_text, record.get("regions") or ()))
    memory.repeats_of = read("repeats", lambda e: Repeat(_text(e[0]), int(e[1]), when(e[2])))
    memory.rejections = read("rejections", lambda e: Rejection(_text(e[0]), {**e[1]}, _text(e[2])))
    memory.failures = read(
        "failures",
        lambda e: Failure(int(e[0]), due(e[1]), _text(e[2]), bool(e[3]), when(e[4]) if len(e) > 4 else now),
    )


def _named(kept: Mapping[Address, Any], form: Callable[[Any], Any]) -> dict[str, Any]:
    return {str(address): form(value) for address, value in kept.items()}


def _read(kept: object, form: Callable[[Any], T]) -> Iterator[tuple[Address, T]]:
    for name, value in kept.items() if isinstance(kept, Mapping) else ():
        with suppress(PydanticCustomError, AttributeError, TypeError, ValueError, LookupError, OverflowError):
            yield Address.parse(name), form(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value
