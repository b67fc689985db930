"""What a document ignores is not written either: the node as it is to be sent, with the ignored paths as they are.

AWS takes some fields only together with others, or structures and lists only whole. An ignored path that has to go
along is sent as AWS shows it, and where AWS shows none, it is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.ownership import OWNER_STACK
from controller.core.model.paths import covers, element_keys, label, means, steps_of
from controller.core.model.reference import replace_expressions
from controller.core.model.shape import Field, Many, Record, Shape, Table, Tree

_OWNER_PREFIX = OWNER_STACK.partition("/")[0]


def tag_ignored(node: Node, key: str) -> bool:
    """Whether a document ignores a tag. Owner tags are none of the document's, and are always kept."""
    return not key.startswith(f"{_OWNER_PREFIX}/") and any(
        covers(path, f"tags[{key}]") for path in node.lifecycle.ignore
    )


def as_it_is(shape: Record, node: Node, live: Live, known: Callable[[Any], Any], anew: bool = False) -> Node:
    """The node with what it ignores as it is live; `known` gives the live value of an expression.

    `anew`: what is written is another thing in place of the live one, which takes from the document what AWS never
    shows.
    """
    fields, leaving = node.fields, _Leaving(known, anew)
    for path in node.lifecycle.ignore:
        first, *rest = steps_of(path)
        if first in fields:
            fields = leaving.record(shape, fields, live.fields, [first, *rest])
    tags = {key: live.tags.get(key) if tag_ignored(node, key) else value for key, value in node.tags.items()}
    return replace(node, fields=fields, tags={key: value for key, value in tags.items() if value is not None})


@dataclass(frozen=True)
class _Leaving:
    known: Callable[[Any], Any]
    anew: bool

    def inside(self, shape: Shape, desired: Any, observed: Any, steps: Sequence[str]) -> Any:
        """A value with what is at the end of the steps as it is live."""
        match shape:
            case Record():
                return self.record(shape, desired, observed, steps)
            case Table():
                return _put(desired, steps[0], observed.get(steps[0]))
            case Many() if shape.elementwise:
                return self.elements(shape, desired, observed, steps)
            case Many(item=Record() as record):
                return self.numbered(record, desired, observed, steps)
        return desired

    def record(self, shape: Record, desired: Tree, observed: Tree, steps: Sequence[str]) -> Tree:
        name, *rest = steps
        part = shape.fields.get(name)
        if part is None or (part.write_only and self.anew) or _taken_away(part, desired.get(name)):
            return desired
        shown = observed.get(name)
        if not rest:
            return _put(desired, name, shown)
        nothing: Any = [] if isinstance(part.shape, Many) else {}
        inner = self.inside(part.shape, desired.get(name, nothing), shown or nothing, rest)
        return {**desired, name: inner} if inner or name in desired else desired

    def elements(self, many: Many, desired: list[Any], observed: list[Any], steps: Sequence[str]) -> list[Any]:
        """The elements, of which one or every one, or something in it, is as it is live: there, or not."""
        name, *rest = steps
        shown = dict(element_keys(many, observed))
        merged = []
        for element, (key, _) in zip(
            desired, element_keys(many, replace_expressions(desired, self.known)), strict=True
        ):
            other = shown.pop(key, None)
            if not any(means(name, label(many, item)) for item in (element, other) if item is not None):
                merged.append(element)
            elif rest:
                whole = other is not None and isinstance(many.item, Record)
                merged.append(self.inside(many.item, element, other, rest) if whole else element)
            elif other is not None:
                merged.append(other)
        unmanaged = [item for item in shown.values() if not rest and means(name, label(many, item))]
        return [*merged, *unmanaged]

    def numbered(self, record: Record, desired: list[Any], observed: list[Any], steps: Sequence[str]) -> list[Any]:
        """A list in which only the place tells one element from another."""
        at, *rest = steps
        merged = list(desired)
        for number, (wanted, shown) in enumerate(zip(desired, observed, strict=False)):
            if means(at, str(number)):
                merged[number] = self.record(record, wanted, shown, rest) if rest else shown
        return merged


def _put(tree: Mapping[str, Any], name: str, value: Any) -> Tree:
    rest = {key: part for key, part in tree.items() if key != name}
    return rest if value is None else {**tree, name: value}


def _taken_away(part: Field, desired: Any) -> bool:
    return part.removable and desired == {}
