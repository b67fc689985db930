"""The writes of a collection as data: its elements added, altered and taken away, each where it has its place."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.model import ListShape, StructureShape

from controller.aws.client import models
from controller.aws.declaration.facts import Declaration
from controller.aws.declaration.wire import (
    encoded,
    input_shape,
    parameters_of,
    takes,
    written_name,
)
from controller.aws.declaration.words import (
    Collection,
    Op,
)
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.paths import element_keys
from controller.core.model.reference import Address, Placeholder, replace_expressions
from controller.core.model.shape import Field, Many, Record
from controller.core.model.writer import WriteContext


@dataclass
class Writes:
    """The calls of one update by their place in its order, and the changes of elements not yet turned into calls."""

    first: list[Call] = field(default_factory=list)
    additions: list[Call] = field(default_factory=list)
    settings: list[Call] = field(default_factory=list)
    alterations: list[Call] = field(default_factory=list)
    removals: list[Call] = field(default_factory=list)
    added: list[Change] = field(default_factory=list)
    altered: list[Change] = field(default_factory=list)
    removed: list[Change] = field(default_factory=list)

    def clear(self) -> None:
        """Go on to the next collection."""
        self.added, self.altered, self.removed = [], [], []


class ElementWriting(Declaration):
    """Changes of elements as calls; a single attachment is a collection of at most one."""

    def sort(self, writes: Writes, members: Collection, change: Change) -> None:
        """Say which elements one change adds, alters and takes away."""
        if self.same_key(members, change) and self.alters(members, change):
            writes.altered.append(change)
            return
        if change.desired is not None:
            writes.added.append(change)
        if change.observed is not None:
            writes.removed.append(change)

    def alters(self, members: Collection, change: Change) -> bool:
        """Whether AWS can change the element in place: the operation for that takes all that differs."""
        if members.change is None or members.change.batch or not isinstance(self.many(members), Many):
            return members.change is not None
        fields, shape = self.many(members).item.fields, input_shape(self.service, members.change.operation)
        wanted, shown = change.desired, change.observed
        differing = [name for name in {**wanted, **shown} if wanted.get(name) != shown.get(name)]
        return all(takes(shape, fields[name], wanted.get(name)) for name in differing)

    def same_key(self, members: Collection, change: Change) -> bool:
        """Whether it is a change of an element that leaves its key as it is; a single attachment has none."""
        many = self.many(members)
        if change.op != "change" or not isinstance(many, Many):
            return change.op == "change"
        (desired, _), (observed, _) = element_keys(many, [change.desired, change.observed])
        return desired == observed

    def write_members(
        self, writes: Writes, members: Collection, live: Live | None, me: Placeholder, around: WriteContext
    ) -> None:
        """Turn the sorted changes of one collection into calls."""
        moving = [c for c in writes.added if members.move and self.handle(members, c.desired, around)]
        adding = [c for c in writes.added if c not in moving]
        # Where there is one place, it has to be free before something else is put there.
        first_out = self.makes_room(members, writes, live)
        held = [c for c in writes.removed if first_out or self.same_key(members, c)]
        free = [c for c in writes.removed if c not in held]
        writes.first += self.calls(members, members.remove, held, "observed", me, around)
        writes.removals += self.calls(members, members.remove, free, "observed", me, around)
        writes.additions += self.calls(members, members.move, moving, "desired", me, around)
        writes.additions += self.calls(members, members.add, adding, "desired", me, around)
        writes.alterations += self.calls(members, members.change, writes.altered, "desired", me, around)
        writes.clear()

    def makes_room(self, members: Collection, writes: Writes, live: Live | None) -> bool:
        """Whether old elements have to go before new ones come; a single attachment always."""
        if not isinstance(self.many(members), Many):
            return True
        there = len(live.fields.get(members.field) or ()) if live else 0
        return members.first_out and not (members.keeps_one and len(writes.removed) == there)

    def calls(
        self, members: Collection, op: Op | None, changes: list[Change], side: str, me: Any, around: WriteContext
    ) -> Iterator[Call]:
        """The calls of one operation for these elements."""
        if op is None or not changes:
            return
        elements = [getattr(change, side) for change in changes]
        paths = tuple(change.path for change in changes)
        if op.batch:
            size = op.most or len(elements)
            for at in range(0, len(elements), size):
                batch = {op.batch: self.batch(members, op, elements[at : at + size])}
                call = self.call(op, batch, paths[at : at + size], me)
                yield replace(call, takes_away=side == "observed")
            return
        for element, path in zip(elements, paths, strict=True):
            handle = self.handle(members, element, around) if members.handle else None
            parameters = self.element(members, op, element)
            if handle is not None:
                several = isinstance(input_shape(self.service, op.operation).members[members.handle], ListShape)
                parameters[members.handle] = [handle] if several else handle
            yield replace(self.call(op, parameters, (path,), me), takes_away=side == "observed")

    def batch(self, members: Collection, op: Op, elements: list[Any]) -> Any:
        """Elements as the list that AWS's model wants: whole, or by their key where it takes nothing else."""
        many, shape = self.many(members), input_shape(self.service, op.operation).members[op.batch]
        if members.encode or not isinstance(many, Many):
            return members.encode(elements) if members.encode else elements
        inner = shape.member if isinstance(shape, ListShape) else shape
        if isinstance(many.item, Record) and len(many.key) == 1 and not isinstance(inner, StructureShape):
            return [element[many.key[0]] for element in elements]
        return encoded(many, elements, shape)

    def call(self, op: Op, parameters: Mapping[str, Any], paths: tuple[str, ...], me: Any) -> Call:
        """One call with the identity of the thing and those parameters that AWS's model has."""
        members = models.input_members(self.service, op.operation)
        taken = {**self.identity(op.operation, me), **op.constant, **parameters}
        taken = {k: v for k, v in taken.items() if k in members}
        return Call(self.service, op.operation, taken, paths)

    def element(self, members: Collection, op: Op, element: Any) -> dict[str, Any]:
        """One element as parameters."""
        part, shape = self.shape.fields[members.field], input_shape(self.service, op.operation)
        item = part.shape.item if isinstance(part.shape, Many) else part.shape
        if isinstance(item, Record):
            return parameters_of(item, element, shape)
        if not isinstance(part.shape, Many):
            return parameters_of(self.shape, {part.name: element}, shape)
        name = written_name(part, element)
        return {name: encoded(item, element, shape.members[name])} if name in shape.members else {}

    def handle(self, members: Collection, element: Any, around: WriteContext) -> Any:
        """AWS's own id of an element, as somebody holds it now; None where nobody has seen it."""
        return around.member(members.field, around.known(element))

    def emptying(self, live: Live, around: WriteContext) -> Iterator[Call]:
        """The calls that take binding elements off a thing that is to be deleted."""
        for members in self.members:
            if members.binding:
                elements = _elements(self.shape.fields[members.field], live)
                yield from self.taking_off(members, elements, live, around)

    def taking_off(
        self, members: Collection, elements: Iterable[Any], live: Live, around: WriteContext
    ) -> Iterator[Call]:
        """The calls that take these elements off a live thing."""
        held = [Change(members.field, "remove", None, element) for element in elements]
        for call in self.calls(members, members.remove, held, "observed", Placeholder(_ITSELF), around):
            parameters = replace_expressions(call.parameters, lambda _: live.id)
            yield Call(call.service, call.operation, parameters, (members.field,))


_ITSELF = Address("", "")


def _elements(part: Field, live: Live) -> list[Any]:
    """The elements of a live thing; a single attachment is one."""
    value = live.fields.get(part.name)
    if isinstance(part.shape, Many):
        return list(value or ())
    return [] if value is None else [value]
