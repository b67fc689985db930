"""Rules that no field can keep by itself: what nodes say about each other, and elements of theirs.

Each rule is a function from all nodes of a stack to what is wrong; the list `RULES` is the specification. All
of them take time in proportion to the document (sorting aside), so that ten thousand nodes are no matter.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from itertools import chain
from typing import Any

from controller.core.document.constraints import excesses, misfits, structures
from controller.core.document.problem import Loc, near
from controller.core.model.cloud import Bug, blaming
from controller.core.model.conditions import Follow
from controller.core.model.equality import Json, hashable, network
from controller.core.model.kind import Catalog
from controller.core.model.limits import Broken
from controller.core.model.naming import OpenName
from controller.core.model.node import Node
from controller.core.model.paths import element_keys, label
from controller.core.model.reference import EXPRESSIONS, Address, Placeholder, Text, placeholders_in
from controller.core.model.shape import Field, Many, Record, Scalar, Table
from controller.core.model.spec import Disjoint, Inside

Range = IPv4Network | IPv6Network
MOST_SUGGESTIONS = 100
"""Looking for what was meant is slow, and nobody reads more of them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at `at` within the fields of a node; `other` is the second place of a contradiction."""

    address: Address
    at: Loc
    message: str
    hint: str = ""
    other: tuple[Address, Loc] | None = None


@dataclass(frozen=True)
class DocumentScope:
    """A stack as the rules see it. `names` are all nodes it writes, by kind.

    `faulty` are those among them that are wrong by themselves, with the fields that are not.
    """

    nodes: Mapping[Address, Node]
    names: Mapping[str, AbstractSet[str]]
    catalog: Catalog
    faulty: Mapping[Address, Node] = field(default_factory=dict)
    unsound: Mapping[Address, frozenset[str]] = field(default_factory=dict)
    """The fields of those that are wrong."""

    def fields(self, word: Callable[[Field], Any]) -> Iterator[tuple[Node, Field, Any]]:
        """Every top-level field of every node that has the word and is set."""
        having = {
            name: [part for part in kind.shape.fields.values() if word(part)] for name, kind in self.catalog.items()
        }
        for node in self.nodes.values():
            for part in having[node.address.kind]:
                if part.name in node.fields:
                    yield node, part, node.fields[part.name]


def faults(world: DocumentScope) -> Iterator[Fault]:
    """Everything that is wrong, rule by rule."""
    for rule in RULES:
        yield from rule(world)


# --- references -------------------------------------------------------------------------------------------


def references_lead_somewhere(world: DocumentScope) -> Iterator[Fault]:
    """Every placeholder names a node of the stack and an attribute that its kind has."""
    references = _References(world)
    for node in chain(world.nodes.values(), world.faulty.values()):
        wrong = {placeholder for placeholder in placeholders_in(node.fields) if references.wrong(placeholder)}
        if node.alias and references.wrong(node.alias) and node.alias not in wrong:
            yield references.fault(node, (), node.alias)
        for at, placeholder in _places(node.fields) if wrong else ():
            if placeholder in wrong:
                yield references.fault(node, at, placeholder)


@dataclass
class _References:
    world: DocumentScope
    verdicts: dict[Placeholder, bool] = field(default_factory=dict)
    suggestions: int = MOST_SUGGESTIONS

    def wrong(self, placeholder: Placeholder) -> bool:
        if placeholder not in self.verdicts:
            self.verdicts[placeholder] = not (self.known(placeholder.address) and self.has(placeholder))
        return self.verdicts[placeholder]

    def known(self, address: Address) -> bool:
        return address.kind in self.world.catalog and address.name in self.world.names.get(address.kind, ())

    def has(self, placeholder: Placeholder) -> bool:
        kind, attribute = self.world.catalog[placeholder.address.kind], placeholder.attribute
        return attribute == "id" or attribute in kind.exports or _readable(kind.shape, attribute)

    def fault(self, node: Node, at: Loc, placeholder: Placeholder) -> Fault:
        address, attribute = placeholder.address, placeholder.attribute
        kind = self.world.catalog.get(address.kind)
        if kind is None:
            hint = self.near(address.kind, self.world.catalog) or "`holdfast kinds` lists the kinds"
            return Fault(node.address, (*at, "from"), f"there is no kind {address.kind}", hint)
        if not self.known(address):
            names = self.world.names.get(address.kind, ())
            hint = self.near(address.name, names) or f"the stack has {_listed(names, address.kind)}"
            return Fault(node.address, (*at, "from"), f"there is no {address} in this stack", hint)
        if attribute in kind.shape.fields and kind.shape.fields[attribute].write_only:
            message = f"AWS never returns {attribute} of {address.kind}, so nothing can refer to it"
            return Fault(node.address, (*at, "attribute"), message)
        known = [
            "id",
            *kind.exports,
            *(name for name, part in kind.shape.fields.items() if not part.write_only),
        ]
        hint = self.near(attribute, known) or f"its attributes are {', '.join(known)}"
        return Fault(node.address, (*at, "attribute"), f"{address.kind} has no attribute {attribute}", hint)

    def near(self, word: str, words: Any) -> str:
        self.suggestions -= 1
        return near(word, words) if self.suggestions >= 0 else ""


def _listed(names: AbstractSet[str] | tuple[()], kind: str) -> str:
    shown = sorted(names)[:5]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"{', '.join(f'{kind}/{name}' for name in shown)}{more}" if shown else f"no {kind} at all"


def _readable(shape: Record, attribute: str) -> bool:
    """Whether the path leads to something that AWS shows."""
    name, _, rest = attribute.partition(".")
    part = shape.fields.get(name)
    if part is None or part.write_only:
        return False
    if not rest or isinstance(part.shape, Table):
        return True
    if isinstance(part.shape, Record):
        return _readable(part.shape, rest)
    return isinstance(part.shape, Scalar) and isinstance(part.shape.equality, Json)


def _places(value: Any, at: Loc = ()) -> Iterator[tuple[Loc, Placeholder]]:
    """Every placeholder in a tree with its path; one within a text stands where its hole is named."""
    if isinstance(value, Placeholder):
        yield at, value
    elif isinstance(value, Text):
        for name, part in value.parts:
            yield from _places(part, (*at, "with", name))
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _places(part, (*at, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _places(part, (*at, index))


# --- elements ---------------------------------------------------------------------------------------------


def elements_are_different(world: DocumentScope) -> Iterator[Fault]:
    """No two elements of a collection have the same key, in whatever form it is written."""
    for node in world.nodes.values():
        try:
            with blaming("comparing the elements of", node.address):
                yield from _same_elements(node.address, world.catalog[node.address.kind].shape, node.fields, ())
        except Bug as bug:
            yield Fault(node.address, (), str(bug))


def _same_elements(address: Address, shape: Record, fields: Mapping[str, Any], at: Loc) -> Iterator[Fault]:
    for name, value in fields.items():
        part = shape.fields[name].shape
        if isinstance(part, Many) and part.elementwise and isinstance(value, list):
            yield from _same_keys(address, part, value, (*at, name))
        for step, inner, element in structures(part, value):
            yield from _same_elements(address, inner, element, (*at, name, *step))


def _same_keys(address: Address, many: Many, elements: list[Any], at: Loc) -> Iterator[Fault]:
    first: dict[Any, int] = {}
    for index, (key, element) in enumerate(element_keys(many, elements)):
        earlier = first.setdefault(key, index)
        if earlier != index:
            what = " and ".join(many.key) or "value"
            message = f"{at[-1]} has two elements with the same {what}: {label(many, element)}"
            yield Fault(address, (*at, index), message, "keep one of them", (address, (*at, earlier)))


# --- what AWS takes ---------------------------------------------------------------------------------------


def fields_go_together(world: DocumentScope) -> Iterator[Fault]:
    """Fields go together as AWS wants it; what is adopted is there already."""
    for address, node in chain(world.nodes.items(), world.faulty.items()):
        but = world.unsound.get(address, frozenset())
        shape = world.catalog[address.kind].shape
        yield from _judged(node, misfits(shape, node.fields, _following(world.nodes), but))


def values_are_taken(nodes: Iterable[Node], catalog: Catalog) -> Iterator[Fault]:
    """AWS takes the values of all fields, as far as its pages say; not among the rules, for AWS revises them."""
    known = {node.address: node for node in nodes}
    for address, node in known.items():
        yield from _judged(node, excesses(catalog[address.kind].shape, node.fields, _following(known)))


def _following(nodes: Mapping[Address, Node]) -> Follow:
    return lambda address: nodes[address].fields if address in nodes else None


def _judged(node: Node, faults: Iterator[Broken]) -> Iterator[Fault]:
    try:
        with blaming("judging", node.address):
            for fault in faults if not node.lifecycle.adopt else ():
                yield Fault(node.address, fault.at, fault.message, fault.hint)
    except Bug as bug:
        yield Fault(node.address, (), str(bug))


# --- ranges of addresses ----------------------------------------------------------------------------------


def ranges_lie_inside(world: DocumentScope) -> Iterator[Fault]:
    """A range that is cut from another node's ranges lies within one of them."""
    for node, part, value in world.fields(lambda part: part.inside):
        assert part.inside is not None
        outer = _outer_ranges(world, node, part.inside)
        for at, range_ in _ranges(value, (part.name,)):
            near_by = [other for other in outer or () if other.version == range_.version]
            if near_by and not any(_contains(other, range_) for other in near_by):
                message = f"{range_} is not within any CIDR block of {node.fields[part.inside.reference].address}"
                hint = f"it has {', '.join(map(str, near_by))}"
                yield Fault(node.address, at, message, hint)


def _outer_ranges(world: DocumentScope, node: Node, word: Inside) -> list[Range] | None:
    """The ranges of the node referred to, or None while one of them is not known."""
    reference = node.fields.get(word.reference)
    outer = world.nodes.get(reference.address) if isinstance(reference, Placeholder) else None
    values = [outer.fields[name] for name in word.fields if name in outer.fields] if outer else []
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    if any(isinstance(item, EXPRESSIONS) for item in flat):
        return None
    return [range_ for item in flat for _, range_ in _ranges(item, ())]


def _contains(outer: Range, inner: Range) -> bool:
    return int(outer[0]) <= int(inner[0]) and int(inner[-1]) <= int(outer[-1])


def _ranges(value: Any, at: Loc) -> Iterator[tuple[Loc, Range]]:
    """The literal ranges in a field that holds one or a list of them."""
    values = [((*at, index), item) for index, item in enumerate(value)] if isinstance(value, list) else [(at, value)]
    for place, item in values:
        range_ = network(item) if isinstance(item, str) else None
        if range_:
            yield place, range_


def ranges_are_disjoint(world: DocumentScope) -> Iterator[Fault]:
    """Ranges that are cut from the same node do not overlap."""
    groups: dict[Any, list[tuple[Any, int, Node, Loc]]] = defaultdict(list)
    for order, (node, part, value) in enumerate(world.fields(lambda part: part.disjoint)):
        assert isinstance(part.disjoint, Disjoint)
        within = node.fields.get(part.disjoint.within)
        for at, range_ in _ranges(value, (part.name,)) if within is not None else ():
            group = (node.address.kind, part.name, hashable(within), range_.version)
            groups[group].append((range_, order, node, at))
    for ranges in groups.values():
        yield from _overlaps(ranges)


def _overlaps(ranges: list[tuple[Any, int, Node, Loc]]) -> Iterator[Fault]:
    """Walk the ranges from low to high: one that begins before the end of an earlier one overlaps it."""
    ranges.sort(key=lambda entry: (entry[0].network_address, entry[0].prefixlen, entry[1]))
    widest = None
    for entry in ranges:
        if widest and entry[0].network_address <= widest[0].broadcast_address:
            earlier, later = sorted((widest, entry), key=lambda one: one[1])
            message = f"{later[0]} overlaps {earlier[0]} of {earlier[2].address}"
            yield Fault(later[2].address, later[3], message, other=(earlier[2].address, earlier[3]))
        if widest is None or entry[0].broadcast_address > widest[0].broadcast_address:
            widest = entry


# --- names ------------------------------------------------------------------------------------------------


def identifying_names_are_open(world: DocumentScope) -> Iterator[Fault]:
    """Where the name alone says whose a thing is, the document leaves it open, or adopts what has the name."""
    for node in world.nodes.values():
        for name in world.catalog[node.address.kind].identifying_names if not node.lifecycle.adopt else ():
            if name in node.fields and not isinstance(node.fields[name], OpenName):
                message = f"{node.address.kind} cannot be tagged: only a generated name shows which stack owns it"
                hint = f"omit {name}, or adopt the existing one with lifecycle: {{adopt: {{id: …}}}}"
                yield Fault(node.address, (name,), message, hint)


# --- circles ----------------------------------------------------------------------------------------------


def no_node_needs_itself(world: DocumentScope) -> Iterator[Fault]:
    """What a node needs in order to be made never needs that node in order to be made."""
    needs: dict[Address, dict[Address, Loc]] = {}
    for address, node in sorted(world.nodes.items()):
        try:
            with blaming("looking for the needs of", address):
                needs[address] = _needs(world, node)
        except Bug as bug:
            yield Fault(address, (), str(bug))
    within = {address: sorted(other for other in needed if other in needs) for address, needed in needs.items()}
    for circle in circles(within):
        first, second = circle[0], circle[1 % len(circle)]
        chain = " → ".join(map(str, [*circle, first]))
        message = f"dependency cycle, none of these can be created first: {chain}"
        if len(circle) == 1:
            message = f"this depends on itself and cannot be created: {chain}"
        yield Fault(
            first, needs[first][second], message, "make one of the references in a field that is set after creation"
        )


def _needs(world: DocumentScope, node: Node) -> dict[Address, Loc]:
    """The nodes that must be there before this one is made, each with the place that says so."""
    kind = world.catalog[node.address.kind]
    hard = {name for name in node.fields if kind.shape.fields[name].immutable}
    places: dict[Address, Loc] = {node.alias.address: ()} if node.alias else {}
    if not node.alias:
        hard |= kind.taken(node.fields)
    for name in node.fields:
        for at, placeholder in _places(node.fields[name], (name,)) if name in hard else ():
            places.setdefault(placeholder.address, at)
    return places


def circles(edges: Mapping[Address, Sequence[Address]]) -> Iterator[list[Address]]:
    """Circles that share no node, at least one of every set of nodes that all lead to each other; linear."""
    done: set[Address] = set()
    for root in edges:
        if root not in done:
            yield from _circles_from(root, edges, done)


def _circles_from(
    root: Address, edges: Mapping[Address, Sequence[Address]], done: set[Address]
) -> Iterator[list[Address]]:
    path, place = [root], {root: 0}
    told: list[tuple[int, int]] = []
    """Where on the path each circle that was told begins and ends."""
    work = [iter(edges[root])]
    while work:
        following = next((target for target in work[-1] if target not in done), None)
        if following is None:
            work.pop()
            done.add(path[-1])
            del place[path.pop()]
            while told and told[-1][0] >= len(path):
                told.pop()
        elif following not in place:
            place[following] = len(path)
            path.append(following)
            work.append(iter(edges[following]))
        elif not told or place[following] >= told[-1][1]:
            yield path[place[following] :]
            told.append((place[following], len(path)))


RULES = (
    references_lead_somewhere,
    elements_are_different,
    fields_go_together,
    ranges_lie_inside,
    ranges_are_disjoint,
    identifying_names_are_open,
    no_node_needs_itself,
)
