"""The things that are on their way, and answers that show them so."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.model import ListShape, Shape, StructureShape

from tests.slow.rules import KINDS, STAGED
from tests.slow.wire import Asked, Refusal, Tree
from tests.slow.words import Kind, Phase


class Key(NamedTuple):
    """One thing of one region."""

    kind: str
    region: str
    id: str


@dataclass
class Way:
    """A thing on its way, and what it shows besides what its phase says."""

    phase: Phase
    until: float
    shows: Tree = field(default_factory=dict)


class Things:
    """Remembers when a thing set out, and rewrites each answer by where it is now."""

    def __init__(self, clock: Callable[[], float], durations: Mapping[str, float]) -> None:
        self._clock, self._durations = clock, durations
        self._ways: dict[Key, Way] = {}
        self._seen: dict[Key, Tree] = {}

    def begin(self, kind: Kind, region: str, name: str, phase: Phase, at: float) -> None:
        """The thing sets out at that time, wherever it was going before."""
        key = Key(kind.name, region, name)
        self._ways[key] = Way(phase, at + self._durations[phase.lasts])

    def remember(self, kind: Kind, region: str, item: Tree) -> None:
        """How the thing looks, for a time when the emulator has it no more."""
        self._seen[Key(kind.name, region, _at(item, kind.id))] = copy.deepcopy(item)

    def refuses(self, asked: Asked) -> Refusal | None:
        """A thing that is still being deleted holds its name."""
        for kind in KINDS:
            if kind.service == asked.service and kind.listing and asked.operation in kind.listing.makers:
                way = self._ways.get(Key(kind.name, asked.region, asked.parameters.get(kind.id, "")))
                if way and way.phase.lasting and self._clock() < way.until:
                    return Refusal(kind.listing.taken, 400, "It is still being deleted.")
        return None

    def note(self, asked: Asked, answer: Tree) -> None:
        """Starts the time of what this call has set on its way, and remembers what it shows."""
        shown = {(kind.name, _id(kind, asked, item)): (kind, item) for kind, _, item in _things(asked, answer)}
        for kind, phase in _concerned(asked):
            names = [name for each, name in shown if each == kind.name]
            for name in names or _named(kind, phase, asked, answer):
                before = self._in_force(Key(kind.name, asked.region, name))
                self.begin(kind, asked.region, name, phase, self._clock())
                if phase.staged and (kind.name, name) in shown:
                    self._stage(Key(kind.name, asked.region, name), before, shown[kind.name, name][1])
        for kind, item in shown.values():
            if kind.listing:
                self.remember(kind, asked.region, item)

    def show(self, asked: Asked, answer: Tree) -> None:
        """Rewrites an answer as it is at this time."""
        for kind, path, item in list(_things(asked, answer)):
            way = self._ways.get(Key(kind.name, asked.region, _id(kind, asked, item)))
            if way is not None:
                self._overlay(way, path, item)

    def lasting(self, asked: Asked, answer: Tree) -> None:
        """Adds to the last page what the emulator has already deleted."""
        for kind in KINDS:
            if kind.listing and (kind.service, kind.listing.operation) == (asked.service, asked.operation):
                found = self._ghosts(kind, asked, answer.get(kind.listing.member, []))
                if found and not _continues(answer):
                    answer.setdefault(kind.listing.member, []).extend(found)

    def _in_force(self, key: Key) -> Tree:
        """What of a thing was in force until now; an earlier change may still be pending."""
        way = self._ways.get(key)
        pending = way.shows if way and self._clock() < way.until else {}
        return {**self._seen.get(key, {}), **pending}

    def _stage(self, key: Key, before: Tree, item: Tree) -> None:
        """The old values stay in force until the thing has arrived, the new ones are pending."""
        way = self._ways[key]
        pending = {name: item[name] for name in STAGED if name in before and item[name] != before[name]}
        way.shows = {**{name: before[name] for name in pending}, way.phase.staged: pending}

    def _overlay(self, way: Way, path: str, item: Tree) -> None:
        phase = way.phase
        if self._clock() < way.until:
            for name in phase.hides:
                item.pop(name, None)
            shows = {path: phase.state, **phase.shows, **way.shows}
        else:
            shows = {path: phase.then, **phase.shows_then} if phase.then is not None else {}
        for place, value in shows.items():
            _put(item, place, value)

    def _ghosts(self, kind: Kind, asked: Asked, listed: list[Tree]) -> list[Tree]:
        assert kind.listing is not None
        wanted, present = values_at(asked.parameters, kind.listing.names), {item[kind.id] for item in listed}
        return [
            copy.deepcopy(self._seen[key])
            for key, way in self._ways.items()
            if (key.kind, key.region) == (kind.name, asked.region) and key in self._seen and key.id not in present
            if way.phase.lasting and self._clock() < way.until
            if (not wanted or key.id in wanted) and not asked.parameters.get("Filters")
        ]


def _concerned(asked: Asked) -> Iterator[tuple[Kind, Phase]]:
    """The phases that an operation starts."""
    for kind in KINDS:
        if kind.service == asked.service:
            yield from ((kind, phase) for phase in kind.phases if _starts(phase, asked))


def _starts(phase: Phase, asked: Asked) -> bool:
    flags = all(wanted == bool(asked.parameters.get(name)) for name, wanted in phase.when.items())
    return asked.operation in phase.starts and flags


def _things(asked: Asked, answer: Tree) -> Iterator[tuple[Kind, str, Tree]]:
    """Every thing in an answer whose kind takes its time, and the path of its state."""
    shape = asked.model.output_shape if asked.model else None
    by_shape = {name: kind for kind in KINDS if kind.service == asked.service for name in kind.shapes}
    for name, item in _structures(shape, answer) if by_shape else ():
        kind = by_shape.get(name)
        if kind is not None and _at(item, kind.id):
            yield kind, kind.shapes[name], item


def _structures(shape: Shape | None, value: Any) -> Iterator[tuple[str, Tree]]:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        yield shape.name, value
        for name in value.keys() & shape.members.keys():
            yield from _structures(shape.members[name], value[name])
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for item in value:
            yield from _structures(shape.member, item)


def _id(kind: Kind, asked: Asked, item: Tree) -> str:
    return target_id(asked.parameters.get(kind.within, ""), _at(item, kind.id)) if kind.within else _at(item, kind.id)


def target_id(within: str, name: str) -> str:
    """The id of something that is told from others only together with what it is in."""
    return f"{within} {name}"


def _named(kind: Kind, phase: Phase, asked: Asked, answer: Tree) -> list[str]:
    names = values_at({**asked.parameters, **answer}, phase.named or kind.id)
    return [target_id(asked.parameters.get(kind.within, ""), name) if kind.within else name for name in names]


def _continues(answer: Tree) -> bool:
    return bool(answer.get("Marker") or answer.get("NextToken"))


def _at(item: Tree, path: str) -> str:
    return next(iter(values_at(item, path)), "")


def values_at(item: Tree, path: str) -> list[str]:
    """The texts at a path; `[]` stands for each element of a list."""
    head, _, rest = path.partition(".")
    found = item.get(head.removesuffix("[]"))
    parts = found if isinstance(found, list) else [found]
    if not rest:
        return [str(part) for part in parts if part]
    return [value for part in parts if isinstance(part, dict) for value in values_at(part, rest)]


def _put(item: Tree, path: str, value: Any) -> None:
    """Sets the member at a path; `[]` stands for each element of a list, of which there may be none."""
    head, _, rest = path.partition(".")
    if not rest:
        item[head] = copy.deepcopy(value)
    elif head.endswith("[]"):
        for each in item.get(head[:-2], ()):
            _put(each, rest, value)
    else:
        _put(item.setdefault(head, {}), rest, value)
