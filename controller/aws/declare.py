"""The words of a kind, and what follows from them. A kind of AWS is a class full of data; this reads it.

    class Subnet(AwsKind):
        spec, service, id_field, tag_type = SubnetSpec, "ec2", "SubnetId", "subnet"
        listing = Listing("DescribeSubnets", "Subnets", page=1000)
        …

Where AWS is irregular a kind overrides the one method that differs.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

from botocore.model import ListShape

from controller.aws import models
from controller.aws.tags import Tagging
from controller.aws.wire import (
    Item,
    encoded,
    input_shape,
    parameters_of,
    record_reader,
    takes,
    value_at,
    values_at,
    written_name,
)
from controller.aws.words import Attribute, Create, Detail, Implicit, Listing, Members, Op, Setter, States
from controller.core.cloud import Cloud
from controller.core.diff import element_keys
from controller.core.kind import (
    OWNER_NAME,
    OWNER_STACK,
    Call,
    Change,
    Kind,
    Live,
    Node,
    Phase,
    Surroundings,
)
from controller.core.naming import named
from controller.core.reference import Address, Placeholder, replace_expressions
from controller.core.shape import Field, Many, Record, Tree


class AwsKind(Kind):
    """A kind of AWS: data in the words above, and the calls and reads that follow from them."""

    service: ClassVar[str]
    id_field: ClassVar[str]
    listing: ClassVar[Listing]
    tagging: ClassVar[Tagging]
    creation: ClassVar[Create]
    deletion: ClassVar[str]
    states: ClassVar[States | None] = None
    attributes: ClassVar[Mapping[str, Attribute]] = {}
    reads: ClassVar[tuple[Detail, ...]] = ()
    setters: ClassVar[tuple[Setter, ...]] = ()
    members: ClassVar[tuple[Members, ...]] = ()
    implicit: ClassVar[Implicit | None] = None
    gives_newborn: ClassVar[Tree] = {}
    """What AWS shows right after creation in the fields that the create call does not take."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.name = cls.__name__
        cls.exports = {name: attribute.doc for name, attribute in cls.attributes.items()}
        cls.lingers = bool(cls.states and cls.states.leaving)

    # --- desired ---

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """Names that the document leaves open are filled in."""
        words = {name: part.named for name, part in self.shape.fields.items() if part.named}
        return {**{name: named(stack, address.name, word.limit) for name, word in words.items()}, **fields}

    def alias(self, fields: Tree) -> Placeholder | None:
        """The attribute of the parent that AWS makes it with, where the declaration says so."""
        if self.implicit is None or not fields.get(self.implicit.flag):
            return None
        parent = fields[self.implicit.parent]
        if not isinstance(parent, Placeholder):
            raise ValueError(f"{self.implicit.flag} needs a {self.implicit.parent} of the same stack")
        return Placeholder(parent.address, self.implicit.attribute)

    def newborn(self, fields: Tree) -> Tree:
        """What the declaration says of a newborn."""
        alias = self.implicit if self.implicit and fields.get(self.implicit.flag) else None
        return alias.newborn if alias else self.gives_newborn

    def taken(self, fields: Tree) -> frozenset[str]:
        """The fields that are parameters of the create call in AWS's model."""
        if self.alias(fields):
            return frozenset(name for name, part in self.shape.fields.items() if part.immutable)
        shape = input_shape(self.service, self.creation.operation)
        return frozenset(name for name, value in fields.items() if takes(shape, self.shape.fields[name], value))

    # --- writes ---

    def create(self, node: Node) -> tuple[Call, ...]:
        """The create call with every field that it takes and the tags."""
        if node.alias:
            return ()
        creation = self.creation
        shape = input_shape(self.service, creation.operation)
        parameters = {
            **creation.constant,
            **parameters_of(self.shape, node.fields, shape),
            **self.tagging.at_creation(node.tags),
        }
        fields = tuple(sorted(self.taken(node.fields)))
        return (Call(self.service, creation.operation, parameters, fields, makes=True),)

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: Surroundings
    ) -> tuple[Call, ...]:
        """Additions, then settings, then changes, then removals; a single attachment is taken off first."""
        changes = tuple(changes)
        me = node.alias if live is None and node.alias else Placeholder(node.address)
        writes = _Writes([], [], [], [], [])
        writes.settings += self.settings(node, changes, me)
        for members in self.members:
            for change in changes:
                if change.field == members.field:
                    self.sort(writes, members, change)
            self.write_members(writes, members, me, around)
        return (*writes.first, *writes.additions, *writes.settings, *writes.alterations, *writes.removals)

    def settings(self, node: Node, changes: Iterable[Change], me: Placeholder) -> Iterator[Call]:
        """The calls that set plain fields."""
        changed = {change.field for change in changes}
        for setter in self.setters:
            names = [name for name in setter.fields if name in changed]
            groups = [[name] for name in names] if setter.one_at_a_time else [names]
            shape = input_shape(self.service, setter.operation)
            for group in filter(None, groups):
                along = [reset for name in group for reset in setter.resets.get(name, ())]
                fields = {name: value for name, value in node.fields.items() if name in (*group, *along)}
                parameters = {
                    **self.identity(setter.operation, me),
                    **parameters_of(self.shape, fields, shape),
                }
                yield Call(self.service, setter.operation, parameters, tuple(group))

    def sort(self, writes: "_Writes", members: Members, change: Change) -> None:
        """Say which elements one change adds, alters and takes away."""
        alters = change.op == "change" and members.change and self.same_key(members, change)
        if alters:
            writes.altered.append(change)
            return
        if change.desired is not None:
            writes.added.append(change)
        if change.observed is not None:
            writes.removed.append(change)

    def same_key(self, members: Members, change: Change) -> bool:
        """Whether a change leaves the element's key as it is."""
        many = self.many(members)
        if not isinstance(many, Many):
            return False
        (desired, _), (observed, _) = element_keys(many, [change.desired, change.observed])
        return desired == observed

    def write_members(self, writes: "_Writes", members: Members, me: Placeholder, around: Surroundings) -> None:
        """Turn the sorted changes of one collection into calls."""
        moving = [c for c in writes.added if members.move and self.handle(members, c.desired, around)]
        adding = [c for c in writes.added if c not in moving]
        single = not isinstance(self.many(members), Many)
        removals = list(self.calls(members, members.remove, writes.removed, "observed", me, around))
        (writes.first if single else writes.removals).extend(removals)
        writes.additions += self.calls(members, members.move, moving, "desired", me, around)
        writes.additions += self.calls(members, members.add, adding, "desired", me, around)
        writes.alterations += self.calls(members, members.change, writes.altered, "desired", me, around)
        writes.clear()

    def calls(
        self, members: Members, op: Op | None, changes: list[Change], side: str, me: Any, around: Surroundings
    ) -> Iterator[Call]:
        """The calls of one operation for these elements."""
        if op is None or not changes:
            return
        elements = [getattr(change, side) for change in changes]
        paths = tuple(change.path for change in changes)
        if op.batch:
            batch = members.encode(elements) if members.encode else elements
            yield replace(self.call(op, {op.batch: batch}, paths, me), takes_away=side == "observed")
            return
        for element, path in zip(elements, paths, strict=True):
            handle = self.handle(members, element, around) if members.handle else None
            parameters = self.element(members, op, element)
            if handle is not None:
                parameters[members.handle] = handle
            yield replace(self.call(op, parameters, (path,), me), takes_away=side == "observed")

    def call(self, op: Op, parameters: Mapping[str, Any], paths: tuple[str, ...], me: Any) -> Call:
        """One call with the identity of the thing and those parameters that AWS's model has."""
        members = models.input_members(self.service, op.operation)
        found = {**self.identity(op.operation, me), **op.constant, **parameters}
        return Call(self.service, op.operation, {k: v for k, v in found.items() if k in members}, paths)

    def element(self, members: Members, op: Op, element: Any) -> dict[str, Any]:
        """One element as parameters."""
        part, shape = self.shape.fields[members.field], input_shape(self.service, op.operation)
        item = part.shape.item if isinstance(part.shape, Many) else part.shape
        if isinstance(item, Record):
            return parameters_of(item, element, shape)
        name = written_name(part, element)
        return {name: encoded(item, element, shape.members[name])} if name in shape.members else {}

    def handle(self, members: Members, element: Any, around: Surroundings) -> Any:
        """AWS's own id of an element: as somebody holds it now, or an attribute of the element's own node."""
        seen = around.member(members.field, around.known(element))
        if seen is None and members.held_by and isinstance(element, Placeholder):
            return Placeholder(element.address, members.held_by)
        return seen

    def many(self, members: Members) -> Any:
        """The shape of a collection's field."""
        return self.shape.fields[members.field].shape

    def identity(self, operation: str, me: Any) -> dict[str, Any]:
        """The parameter that names the thing, as one id or as a list of ids, as the operation wants it."""
        for name in (self.id_field, f"{self.id_field}s"):
            shape = input_shape(self.service, operation).members.get(name)
            if shape is not None:
                return {name: [me] if isinstance(shape, ListShape) else me}
        return {}

    def tag(self, node: Node, tags: Mapping[str, str]) -> tuple[Call, ...]:
        """The tag call of the service."""
        me = node.alias or Placeholder(node.address)
        paths = tuple(f"tags[{key}]" for key in tags)
        return tuple(self.tagging.later(self.service, me, tags, paths))

    def delete(self, address: Address, live: Live, around: Surroundings) -> tuple[Call, ...]:
        """Empty what binds, then delete. What AWS keeps with its parent is released: it loses its owner tags."""
        if self.implicit and live.fields.get(self.implicit.flag):
            return tuple(self.tagging.release(self.service, live.id, (OWNER_STACK, OWNER_NAME)))
        return (
            *self.emptying(live, around),
            Call(self.service, self.deletion, self.identity(self.deletion, live.id), deletes=True),
        )

    def emptying(self, live: Live, around: Surroundings) -> Iterator[Call]:
        """The calls that take binding elements off a thing that is to be deleted."""
        for members in self.members:
            part = self.shape.fields[members.field]
            if members.remove and (members.binding or members.circular):
                elements = (
                    _elements(part, live) if members.binding else _referring(part, live, around.circle(live.id))
                )
                held = [Change(part.name, "remove", None, element) for element in elements]
                for call in self.calls(members, members.remove, held, "observed", Placeholder(_ITSELF), around):
                    parameters = replace_expressions(call.parameters, lambda _: live.id)
                    yield Call(call.service, call.operation, parameters, (members.field,))

    # --- reads ---

    @cached_property
    def _read(self) -> Callable[[Item], Tree]:
        return record_reader(self.shape)

    def fields(self, item: Item) -> Tree:
        """The fields of the spec as one item of the listing shows them."""
        return self._read(item)

    def live(self, item: Item) -> Live | None:
        """One item as a live thing; None when AWS says that it is gone."""
        phase = self.phase(item)
        if phase is None:
            return None
        return Live(
            kind=self.name,
            id=item[self.id_field],
            fields=self.fields(item),
            tags=self.tagging.read(item),
            phase=phase,
            attributes=self.shown(item),
            members=self.member_ids(item),
        )

    def phase(self, item: Item) -> Phase | None:
        """How far the thing has come; None when it is gone."""
        if self.states is None:
            return Phase.READY
        state = str(value_at(item, self.states.path)).lower()
        if state in self.states.gone:
            return None
        if state in self.states.leaving:
            return Phase.LEAVING
        if state in self.states.pending:
            return Phase.PENDING
        return Phase.USABLE if state in self.states.usable else Phase.READY

    def shown(self, item: Item) -> dict[str, Any]:
        """The attributes that the listing shows."""
        found = {
            name: value_at(item, attribute.path)
            for name, attribute in self.attributes.items()
            if not attribute.operation
        }
        return {name: value for name, value in found.items() if value is not None}

    def member_ids(self, item: Item) -> dict[str, dict[Hashable, str]]:
        """AWS's own ids of the elements of each collection that has them."""
        return {members.field: dict(self._handles(members, item)) for members in self.members if members.handle_path}

    def _handles(self, members: Members, item: Item) -> Iterator[tuple[Hashable, str]]:
        entries, _, value = self.shape.fields[members.field].aws.name.partition("[].")
        for entry in values_at(item, f"{entries}[]"):
            element = value_at(entry, value)
            if element is not None:
                yield element, entry[members.handle_path]

    def born(self, node: Node, body: Mapping[str, Any]) -> Live:
        """The thing in the answer to its create call."""
        live = self.live(value_at(body, self.creation.result) if self.creation.result else body)
        assert live is not None, "a thing was gone in the answer that made it"
        return live

    def observe(self, cloud: Cloud) -> Iterator[Live]:
        """Walk the bulk listing to its end."""
        listing = self.listing
        size = {"MaxResults": listing.page} if listing.page else {}
        for body in cloud.pages(self.service, listing.operation, {**listing.parameters, **size}):
            yield from filter(None, map(self.live, values_at(body, f"{listing.items}[]")))

    def detailed(self, fields: Iterable[str]) -> frozenset[str]:
        """The fields that have a read of their own."""
        return frozenset(fields) & {detail.name for detail in self.reads}

    def details(self, cloud: Cloud, live: Live, fields: Iterable[str]) -> Tree:
        """One read for each field."""
        found = {}
        for detail in self.reads:
            if detail.name in fields:
                parameters = {**self.identity(detail.operation, live.id), **detail.parameters}
                body = cloud.call(self.service, detail.operation, parameters).body
                found[detail.name] = value_at(body, detail.path)
        return found

    def attribute(self, cloud: Cloud, live: Live, attribute: str) -> Any:
        """One read for one attribute."""
        source = self.attributes.get(attribute)
        if source is None or not source.operation:
            return None
        filters = [{"Name": name, "Values": [value or live.id]} for name, value in source.filters]
        body = cloud.call(self.service, source.operation, {"Filters": filters}).body
        return value_at(body, source.path.format(id=live.id))

    def unlisted(self, attributes: Iterable[str]) -> frozenset[str]:
        """The attributes that have an operation of their own."""
        return frozenset(name for name, source in self.attributes.items() if source.operation and name in attributes)

    def problems(self, call: Call) -> list[str]:
        """What botocore's model says, with a text standing for every expression."""
        parameters = replace_expressions(call.parameters, lambda _: "to-be-filled-in")
        return models.validate_parameters(call.service, call.operation, parameters)


@dataclass
class _Writes:
    """Calls by the place they take in the order of one update, and the changes not yet turned into calls."""

    first: list[Call]
    additions: list[Call]
    settings: list[Call]
    alterations: list[Call]
    removals: list[Call]
    added: list[Change] = field(default_factory=list)
    altered: list[Change] = field(default_factory=list)
    removed: list[Change] = field(default_factory=list)

    def clear(self) -> None:
        """Go on to the next collection."""
        self.added, self.altered, self.removed = [], [], []


_ITSELF = Address("", "")


def _elements(part: Field, live: Live) -> list[Any]:
    """The elements of a live thing; a single attachment is one."""
    value = live.fields.get(part.name)
    if isinstance(part.shape, Many):
        return list(value or ())
    return [] if value is None else [value]


def _referring(part: Field, live: Live, targets: frozenset[str]) -> list[Any]:
    """The elements of a live thing that refer to one of these ids."""
    return [element for element in _elements(part, live) if targets & set(_ids(element))]


def _ids(element: Any) -> list[str]:
    values = element.values() if isinstance(element, Mapping) else [element]
    return [value for value in values if isinstance(value, str)]
