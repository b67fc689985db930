"""What AWS's own models have against what would be made of a document: told without AWS, before anything is made.

Which part of a node a complaint is about is found by trial: it is the smallest without which there is one less. So a
kind that makes its calls by code of its own needs to say nothing about it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from controller.core.model.call import Complaint
from controller.core.model.cloud import Bug, blaming
from controller.core.model.kind import Catalog
from controller.core.model.node import Node
from controller.core.model.reference import EXPRESSIONS, Address, Expression, Placeholder
from controller.core.model.writer import WriteContext, Writer
from controller.core.planning.creation import making
from controller.core.planning.diff import Later, Resolution

MOST_TRIALS = 500
"""So many parts of one node are tried; beyond them, what holds the part is told."""

Place = tuple[str | int, ...]
_NOWHERE = Address("", "")
_Key = tuple[str, str, str]
"""Operation, parameter whatever its element, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Objection:
    """What AWS would refuse of a node, and where that stands: `at` is empty where no part of it alone is to blame."""

    address: Address
    at: Place
    message: str
    hint: str = ""


def objections(nodes: Iterable[Node], catalog: Catalog) -> Iterator[Objection]:
    """Everything that AWS would refuse while it makes the nodes; what is adopted is there already."""
    for node in nodes:
        if not node.lifecycle.adopt:
            try:
                yield from _Trial(catalog[node.address.kind], node).objections()
            except Bug as bug:
                yield Objection(node.address, (), str(bug))


@dataclass
class _Trial:
    kind: Writer
    node: Node
    tried: int = field(default=0, init=False)

    def objections(self) -> Iterator[Objection]:
        """Each complaint at each of its places, once."""
        complaints = self.complaints(self.node)
        counts = Counter(key for key, _ in complaints)
        for key, complaint in dict(complaints).items():
            operation, parameter, _ = key
            for place in self.places(key, counts[key]):
                said = replace(complaint, parameter=parameter) if place else complaint
                yield Objection(self.node.address, place, f"AWS would refuse this: {said} ({operation})", said.hint)

    def complaints(self, node: Node) -> list[tuple[_Key, Complaint]]:
        """What AWS has against the calls that would make a node. Raises `Bug`."""
        with blaming("planning", node.address):
            calls, _ = making(self.kind, node, _unknown, WriteContext(known=lambda value: value))
            return [
                ((call.operation, re.sub(r"\[\d+\]", "[]", complaint.parameter), complaint.why), complaint)
                for call in calls
                for complaint in self.kind.problems(call)
            ]

    def places(self, key: _Key, count: int) -> list[Place]:
        """Where it stands; several parts that are to blame for one complaint are so together."""
        whole = {**self.node.fields, **({"tags": self.node.tags} if self.node.tags else {})}
        places = [place for name, part in whole.items() for place in self.narrowed((name,), part, key, count)]
        return places if 0 < len(places) <= count else [()]

    def narrowed(self, place: Place, part: Any, key: _Key, count: int) -> list[Place]:
        """The smallest parts that are to blame; nothing where this one is not."""
        if isinstance(part, EXPRESSIONS) or not self.blames(place, key, count):
            return []
        inner = [inside for name, item in _parts(part) for inside in self.narrowed((*place, name), item, key, count)]
        return inner if 0 < len(inner) <= count else [place]

    def blames(self, place: Place, key: _Key, count: int) -> bool:
        """Whether there is one complaint less without this part."""
        self.tried += 1
        if self.tried > MOST_TRIALS:
            return False
        whole = _without({**self.node.fields, "tags": self.node.tags}, place)
        tags = whole.pop("tags", {})
        try:
            left = self.complaints(replace(self.node, fields=whole, tags=tags))
        except Bug:  # it cannot be made without this part, which says nothing about the part
            return False
        return sum(other == key for other, _ in left) < count


def _unknown(expression: Expression) -> Resolution:
    return Later(_NOWHERE, replaced=True)


def _parts(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _without(value: Any, place: Place) -> Any:
    """The same tree with something unknown in place of a value, and without what holds values."""
    name, rest = place[0], place[1:]
    part = value[name]
    if rest:
        fresh = {name: _without(part, rest)}
    else:
        fresh = {} if isinstance(part, Mapping | list) else {name: Placeholder(_NOWHERE)}
    parts = [(key, item) for key, item in _parts(value) if key != name or name in fresh]
    if isinstance(value, list):
        return [fresh.get(key, item) for key, item in parts]
    return {key: fresh.get(key, item) for key, item in parts}
