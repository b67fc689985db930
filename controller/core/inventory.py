"""What is live, and which live thing is which node. Identity comes from AWS itself, there is no state file.

Matching has an order: owner tags; what the document adopts; ids seen in earlier passes; what AWS made together
with a parent of ours; evidence (what our own marked things refer to). What is left and has the natural key of a
node, but is not ours, is a conflict.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.core.diff import Known, Resolve, Unknowable, unequal
from controller.core.kind import Catalog, Kind, Live, Node, Phase, Thing
from controller.core.naming import OpenName, owner_of, stem
from controller.core.reference import (
    EXPRESSIONS,
    Address,
    Expression,
    Foreign,
    Lookup,
    Placeholder,
    replace_expressions,
)
from controller.core.shape import Record, Scalar, Tree
from controller.core.stack import Stack, parents_first

Query = tuple[tuple[str, str | bool | int], ...]


@dataclass(frozen=True)
class Inventory:
    """Everything live that was listed in one account and region, by kind; gone things are left out."""

    account: str
    region: str
    live: Mapping[str, tuple[Live, ...]]
    failed: Mapping[str, str] = field(default_factory=dict)
    """Kinds whose listing failed, with the reason: nothing may be concluded about them."""

    searched: Mapping[tuple[str, Query], tuple[Live, ...]] = field(default_factory=dict)
    """What look-ups of kinds that are not listed for them found, the best first, by kind and query."""

    def of(self, kind: str) -> tuple[Live, ...]:
        """The live things of one kind; empty where the listing failed."""
        return self.live.get(kind, ())


@dataclass
class Match:
    """Which live thing is which node of one stack."""

    live: dict[Address, Live] = field(default_factory=dict)
    leaving: dict[Address, Live] = field(default_factory=dict)
    """Ours, being deleted by AWS; the node itself is missing."""
    surplus: list[tuple[Address, Live]] = field(default_factory=list)
    """Marked as a node that another live thing is: what a crash in the middle of a replacement leaves over."""
    orphans: list[tuple[Address, Live]] = field(default_factory=list)
    """Ours by their tags, no longer in the document."""
    conflicts: dict[Address, Live] = field(default_factory=dict)
    unknown: dict[Address, str] = field(default_factory=dict)
    adopted: set[Address] = field(default_factory=set)
    """Taken over because the document says so, not yet marked."""


def attribute_of(live: Live, attribute: str) -> Any:
    """An attribute, or a field by its dotted path; None while AWS shows none."""
    if attribute == "id":
        return live.id
    if attribute in live.attributes:
        return live.attributes[attribute]
    value: Any = live.fields
    for part in attribute.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def find(inventory: Inventory, wanted: Foreign | Lookup) -> Known | Unknowable:
    """The value behind a reference to what is not in this stack: exactly one live thing, or a reason."""
    kind = wanted.address.kind if isinstance(wanted, Foreign) else wanted.kind
    if kind in inventory.failed:
        return Unknowable(inventory.failed[kind])
    searched = inventory.searched.get((kind, wanted.query)) if isinstance(wanted, Lookup) else None
    if searched is not None:
        found = list(searched[:1])
    else:
        found = [live for live in inventory.of(kind) if live.phase is not Phase.LEAVING and _is_wanted(live, wanted)]
    if len(found) != 1:
        return Unknowable(f"{wanted} is {'not there' if not found else f'ambiguous, {len(found)} are live'}")
    value = attribute_of(found[0], wanted.attribute)
    return Unknowable(f"{wanted} has no {wanted.attribute} yet") if value is None else Known(value)


def _is_wanted(live: Live, wanted: Foreign | Lookup) -> bool:
    if isinstance(wanted, Foreign):
        return live.owner == (wanted.stack, wanted.address.name)
    return all(_shown(live, key) == value for key, value in wanted.query)


def _shown(live: Live, key: str) -> Any:
    return live.tags.get(key[4:]) if key.startswith("tag:") else attribute_of(live, key)


def match(
    stack: Stack, catalog: Catalog, inventory: Inventory, remembered: Mapping[Address, str] | None = None
) -> Match:
    """Say which live thing is which node. `remembered` are ids of nodes from earlier passes."""
    return _Matching(stack, catalog, inventory, remembered or {}).run()


class _Matching:
    def __init__(
        self, stack: Stack, catalog: Catalog, inventory: Inventory, remembered: Mapping[Address, str]
    ) -> None:
        self.stack, self.catalog, self.inventory, self.remembered = stack, catalog, inventory, remembered
        self.found = Match()
        self.unowned: dict[str, dict[str, Live]] = defaultdict(dict)
        self.by_key: dict[tuple[str, Hashable], list[Live]] = defaultdict(list)
        self.named: dict[Address, set[str]] = defaultdict(set)
        """Ids that things of ours refer to where the document says that they refer to the node."""
        self.proven: dict[Address, set[str]] = defaultdict(set)
        """The same, by a field that cannot be re-pointed: proof without a natural key."""

    def run(self) -> Match:
        candidates = self.by_tags()
        contested = any(len(found) > 1 for found in candidates.values())
        for address in parents_first(self.stack, self.catalog) if contested else candidates:
            if address in candidates:
                self.settle(address, candidates[address])
        self.directly()
        self.by_evidence()
        self.by_parents()
        self.conflicts()
        self.unseen()
        return self.found

    def by_tags(self) -> dict[Address, list[Live]]:
        candidates: dict[Address, list[Live]] = defaultdict(list)
        for kind, lives in self.inventory.live.items():
            for live in lives:
                self.sort(Address(kind, live.tags.get("holdfast.dev/name", "")), live, candidates)
        for address in self.stack.nodes:
            if address.kind in self.inventory.failed:
                self.found.unknown[address] = self.inventory.failed[address.kind]
        return candidates

    def sort(self, address: Address, live: Live, candidates: dict[Address, list[Live]]) -> None:
        owner = live.owner
        if owner is None or owner[0] != self.stack.name:
            self.index(live)
        elif live.phase is Phase.LEAVING:
            self.found.leaving[address] = live
        elif address in self.stack.nodes:
            candidates[address].append(live)
        else:
            self.found.orphans.append((address, live))
            self.index(live)

    def index(self, live: Live) -> None:
        if live.phase is Phase.LEAVING:
            return
        if live.owner is None:
            self.unowned[live.kind][live.id] = live
        kind = self.catalog[live.kind]
        key = natural_key(kind, live.fields)
        for each in {key} if kind.tagged else {key, stem(key)}:
            if each is not None:
                self.by_key[live.kind, each].append(live)

    def settle(self, address: Address, candidates: list[Live]) -> None:
        """Of several marked as one node, the one that needs no replacement is the node."""
        if len(candidates) > 1:
            candidates.sort(key=lambda live: (self.misfit(address, live), not live.usable, live.id))
        best, *rest = candidates
        self.found.live[address] = best
        self.found.surplus += [(address, live) for live in rest]

    def misfit(self, address: Address, live: Live) -> int:
        kind, node = self.catalog[address.kind], self.stack.nodes[address]
        return len(misfits(kind, node, live, self.resolve))

    def directly(self) -> None:
        """What the document adopts, and ids seen before, where nobody else's mark is on them."""
        for address, node in self.missing():
            unowned = self.unowned[address.kind]
            adopt = node.lifecycle.adopt
            renamed = [pair for pair in self.found.orphans if pair[1].id == adopt] if adopt else []
            if renamed:
                self.found.orphans.remove(renamed[0])
                self.adopt(address, renamed[0][1])
            elif adopt in unowned:
                self.adopt(address, unowned.pop(adopt))
            elif adopt and not any(live.id == adopt for live in self.inventory.of(address.kind)):
                self.found.unknown[address] = (
                    f"lifecycle.adopt names {adopt}, which is not live; correct it, or take it out to have one made"
                )
            elif self.remembered.get(address) in unowned and not self.catalog[address.kind].id_recurs:
                self.found.live[address] = unowned.pop(self.remembered[address])

    def adopt(self, address: Address, live: Live) -> None:
        self.found.live[address] = live
        if self.catalog[address.kind].tagged:  # else nothing can mark it, and the document goes on saying so
            self.found.adopted.add(address)

    def missing(self) -> list[tuple[Address, Node]]:
        known = (self.found.live, self.found.unknown)
        return [(a, node) for a, node in self.stack.nodes.items() if not any(a in place for place in known)]

    def by_evidence(self) -> None:
        """Follow what our own things refer to until nothing new is found."""
        missing = dict(self.missing())
        fresh = list(self.found.live)
        while missing and fresh:
            for address in fresh:
                self.follow(address)
            fresh = [address for address, node in missing.items() if self.prove(address, node)]
            for address in fresh:
                del missing[address]

    def follow(self, address: Address) -> None:
        live, node = self.found.live[address], self.stack.nodes[address]
        for path, part in self.catalog[address.kind].shape.references():
            plain = part.to.attribute if part.to else ""
            said = [value for value in at_path(node.fields, path) if isinstance(value, Placeholder)]
            said = [placeholder for placeholder in said if placeholder.attribute == plain]
            shown = [value for value in at_path(live.fields, path) if isinstance(value, str)]
            for placeholder in said:
                self.named[placeholder.address].update(shown)
                if part.immutable and len(path) == 1 and part.to and not part.to.dangles:
                    self.proven[placeholder.address].update(shown)

    def prove(self, address: Address, node: Node) -> bool:
        unowned = self.unowned[address.kind]
        proven = [unowned[id] for id in sorted(self.proven[address]) if id in unowned]
        alike = [live for live in self.with_key_of(address, node) if live.id in unowned]
        proven += [live for live in alike if live.id in self.named[address] or self.implied(node)]
        if not proven:
            return False
        self.found.live[address] = unowned.pop(proven[0].id)
        return True

    def by_parents(self) -> None:
        """What takes no tags is ours where its parent is, or where a name that the document leaves open says so."""
        for address, node in self.missing():
            kind = self.catalog[address.kind]
            alike = self.with_key_of(address, node) if not kind.tagged else []
            if alike and (self.parent_is_ours(kind, node) or marked_by_name(kind, node)):
                self.settle(address, alike)
        for name, lives in self.inventory.live.items():
            self.found.orphans += self.children_left(self.catalog[name], lives)

    def parent_is_ours(self, kind: Kind, node: Node) -> bool:
        """Whether the node behind the reference to the parent is one of the stack that is live."""
        parent = node.fields.get(kind.parent)
        return isinstance(parent, Placeholder) and parent.address in self.found.live

    def children_left(self, kind: Kind, lives: Iterable[Live]) -> Iterator[tuple[Address, Live]]:
        """What takes no tags, has a name as this stack gives it within something of ours, and is no node's."""
        named = [name for name, part in kind.shape.fields.items() if part.named]
        if kind.tagged or not (kind.parent and named):
            return
        ours = {live.thing for live in (*self.found.live.values(), *(live for _, live in self.found.surplus))}
        parents = kind.shape.fields[kind.parent].to
        for live in lives:
            name = owner_of(str(live.fields.get(named[0])), self.stack.name)
            inside = [
                Thing(parent, live.fields.get(kind.parent, "")) for parent in (parents.kinds if parents else ())
            ]
            if name and live.thing not in ours and ours & {*inside}:
                yield Address(kind.name, name), live

    def implied(self, node: Node) -> bool:
        """Whether AWS made it together with something that is ours."""
        return node.alias is not None and node.alias.address in self.found.live

    def with_key_of(self, address: Address, node: Node) -> list[Live]:
        settled = replace_expressions(node.fields, self.value)
        kind = self.catalog[address.kind]
        alike = self.by_key.get((kind.name, natural_key(kind, settled)), [])
        return [live for live in alike if fits(kind, settled, live)]

    def value(self, expression: Expression) -> Any:
        resolution = self.resolve(expression)
        return resolution.value if isinstance(resolution, Known) else expression

    def resolve(self, expression: Expression) -> Known | Unknowable:
        if isinstance(expression, Foreign | Lookup):
            return find(self.inventory, expression)
        live = self.found.live.get(expression.address) if isinstance(expression, Placeholder) else None
        value = attribute_of(live, expression.attribute) if live and isinstance(expression, Placeholder) else None
        return Unknowable(f"{expression} is not known") if value is None else Known(value)

    def conflicts(self) -> None:
        taken = {live.thing for live in self.found.live.values()}
        for address, node in self.missing():
            adopting = [live for live in self.inventory.of(address.kind) if live.id == node.lifecycle.adopt]
            alike = [] if self.catalog[address.kind].shares_key else self.with_key_of(address, node)
            rivals = [live for live in (*adopting, *alike) if live.thing not in taken]
            if rivals:
                self.found.conflicts[address] = rivals[0]

    def unseen(self) -> None:
        """A thing of ours cannot be without what it stands in: a listing that leaves that out is not believed."""
        for address, _ in self.missing():
            lives = self.inventory.of(address.kind) if self.proven[address] else ()
            listed = [value for live in lives for value in (live.id, *live.attributes.values())]
            lost = [value for value in sorted(self.proven[address]) if value not in listed]
            if lost and address not in self.found.conflicts:
                self.found.unknown[address] = f"things of ours are in {lost[0]}, which no listing shows"


def marked_by_name(kind: Kind, node: Node) -> bool:
    """Whether the name of a node's thing, which the document leaves open, tells whose it is."""
    return any(isinstance(node.fields.get(name), OpenName) for name in kind.natural_key)


def fits(kind: Kind, fields: Tree, live: Live) -> bool:
    """Whether the name of a live thing is that of a node, or a variant of one that the document leaves open."""
    shapes = {name: kind.shape.fields[name].shape for name in kind.natural_key if kind.shape.fields[name].named}
    return all(
        isinstance(shape, Scalar) and shape.equality.equal(fields.get(name), live.fields.get(name))
        for name, shape in shapes.items()
    )


def misfits(kind: Kind, node: Node, live: Live, resolve: Resolve) -> list[str]:
    """The immutable fields in which a live thing differs from the document, as far as that is known."""
    return [
        name
        for name, value in node.fields.items()
        if (part := kind.shape.fields[name]).immutable
        and isinstance(part.shape, Scalar)
        and not part.write_only
        and unequal(part.shape, value, live.fields.get(name), resolve) is True
    ]


def natural_key(kind: Kind, fields: Tree) -> Hashable | None:
    """The values that tell a thing of this kind from others without tags; None where one is not known."""
    parts = []
    for name in kind.natural_key:
        shape, value = kind.shape.fields[name].shape, fields.get(name)
        if not isinstance(shape, Scalar) or value is None or isinstance(value, EXPRESSIONS):
            return None
        parts.append(shape.equality.normal(value))
    return tuple(parts) or None


def at_path(value: Any, path: Iterable[str]) -> Iterator[Any]:
    """Every value at a path of field names; lists on the way are walked through."""
    first, *rest = [*path] or [""]
    if isinstance(value, list):
        for part in value:
            yield from at_path(part, path)
    elif not first:
        yield value
    elif isinstance(value, Mapping) and first in value:
        yield from at_path(value[first], rest)


def pointing(catalog: Catalog, lives: Iterable[Live]) -> Callable[[Live], set[Thing]]:
    """A function that says which of these things another refers to, itself left out."""
    known = {(live.kind, name, value): live.thing for live in lives for name, value in _names(live)}

    def targets(live: Live) -> set[Thing]:
        values = (
            (kind, part.to.attribute, value)
            for path, part in catalog[live.kind].shape.references()
            if part.to and not part.write_only
            for value in at_path(live.fields, path)
            if isinstance(value, str)
            for kind in part.to.kinds
        )
        return {known[value] for value in values if value in known} - {live.thing}

    return targets


def _names(live: Live) -> Iterator[tuple[str, str]]:
    """All by which others may refer to a thing."""
    yield "id", live.id
    for name, value in (*live.attributes.items(), *live.fields.items()):
        if isinstance(value, str):
            yield name, value


def given(shape: Record, fields: Tree) -> Iterator[Any]:
    """What a thing gives itself to: the values of its references that give."""
    for path, part in shape.references():
        if part.to and part.to.gives:
            yield from at_path(fields, path)


def member_ids(lives: Iterable[Live]) -> dict[tuple[str, Hashable], str]:
    """AWS's own ids of elements by field and element, over all live things of a kind."""
    return {
        (name, element): id for live in lives for name, ids in live.members.items() for element, id in ids.items()
    }
