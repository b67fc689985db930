"""What our own things say of each other: evidence of which live thing is which node, beside the owner tags."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from controller.core.model.live import Live
from controller.core.model.reference import Address, Expression, Foreign, Lookup, Placeholder, replace_expressions
from controller.core.model.shape import Tree
from controller.core.planning.candidates import Candidates
from controller.core.planning.diff import Known, Unknowable
from controller.core.planning.inventory import Inventory, at_path, attribute_of, find


class Said(NamedTuple):
    """What a node of ours says of another, and its live thing of live things."""

    target: Address
    """The node that the document refers to."""
    shown: list[str]
    """The ids that the live thing refers to there."""
    proof: bool
    """Whether AWS cannot re-point it."""
    sole: bool
    """Whether nothing else can hold the same, such as a subnet in one table."""


class Elsewhere(NamedTuple):
    """What the nodes of one region may refer to in others."""

    inventory: Inventory
    """That of all regions."""
    live: Mapping[Address, Live]
    """The nodes of other regions, as far as they are known."""


class Evidence:
    """What can be told from the nodes whose live things are known so far, which `live` has.

    What other regions show is only referred to from here: nothing is told of it.
    """

    def __init__(self, candidates: Candidates, elsewhere: Elsewhere) -> None:
        self.stack, self.catalog, self.inventory = candidates.stack, candidates.catalog, candidates.inventory
        self.live, self.elsewhere = candidates.match.live, elsewhere
        self.named: dict[Address, set[str]] = defaultdict(set)
        """Ids that things of ours refer to where the document says that they refer to the node."""
        self.proven: dict[Address, set[str]] = defaultdict(set)
        """The same, by a field that cannot be re-pointed: proof without a natural key."""
        self._listed: dict[str, frozenset[str]] = {}

    def follow(self, address: Address) -> None:
        """Take down what a node refers to."""
        for said in self.said(address):
            self.named[said.target].update(said.shown)
            if said.proof:
                self.proven[said.target].update(said.shown)

    def said(self, address: Address) -> Iterator[Said]:
        """The nodes that a node refers to, and what its live thing refers to there."""
        live, node = self.live[address], self.stack.nodes[address]
        for path, part in self.catalog[address.kind].shape.references:
            plain = part.to.attribute if part.to else ""
            named = [value for value in at_path(node.fields, path) if isinstance(value, Placeholder)]
            shown = [value for value in at_path(live.fields, path) if isinstance(value, str)]
            proof = bool(part.immutable and len(path) == 1 and part.to and not part.to.dangles)
            sole = self.catalog[address.kind].shape.fields[path[0]].sole
            yield from (
                Said(placeholder.address, shown, proof, sole)
                for placeholder in named
                if placeholder.attribute == plain and placeholder.address in self.stack.nodes
            )

    def listed(self, kind: str) -> frozenset[str]:
        """All by which what is listed of a kind may be referred to."""
        if kind not in self._listed:
            lives = self.inventory.of(kind)
            values = (value for live in lives for value in (live.id, *live.attributes.values()))
            self._listed[kind] = frozenset(value for value in values if isinstance(value, str))
        return self._listed[kind]

    def settled(self, address: Address) -> Tree:
        """The fields of a node with what is known filled in."""
        fields: Tree = replace_expressions(self.stack.nodes[address].fields, self.value)
        return fields

    def value(self, expression: Expression) -> Any:
        """The value of an expression, or the expression where none is known."""
        resolution = self.resolve(expression)
        return resolution.value if isinstance(resolution, Known) else expression

    def resolve(self, expression: Expression) -> Known | Unknowable:
        """The value of an expression, or why it is not known."""
        if isinstance(expression, Foreign | Lookup):
            return find(self.elsewhere.inventory, expression)
        value = None
        if isinstance(expression, Placeholder):
            live = self.live.get(expression.address) or self.elsewhere.live.get(expression.address)
            value = attribute_of(live, expression.attribute) if live else None
        return Unknowable(f"{expression} is not known") if value is None else Known(value)
