"""One document, one graph: what the loader makes of a YAML document, references and names filled in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from controller.core.model.components import in_order
from controller.core.model.kind import Catalog
from controller.core.model.live import Placed
from controller.core.model.node import Node
from controller.core.model.reference import Address, Foreign, Lookup, expressions_in, placeholders_in
from controller.core.model.writer import Writer


class Mode(StrEnum):
    """Whether the stack may be written to at all."""

    ENFORCE = "Enforce"
    OBSERVE = "Observe"


class Allow(StrEnum):
    """The actions that a document can allow."""

    CREATE = "Create"
    UPDATE = "Update"
    REPLACE = "Replace"
    DELETE = "Delete"


class DeletionPolicy(StrEnum):
    """What becomes of all that a stack owns when its object is deleted from Kubernetes."""

    RETAIN = "Retain"
    DELETE = "Delete"


class Identity(NamedTuple):
    """What a stack tags its own things with, beside the node's name."""

    stack: str
    origin: str = ""

    def __str__(self) -> str:
        return f"stack {self.stack} of {self.origin}" if self.origin else f"stack {self.stack}"


@dataclass(frozen=True)
class Stack:
    """The desired state of one account: nodes by address, and what may be done to them."""

    name: str
    region: str
    """Where its nodes are that name no other region."""
    nodes: Mapping[Address, Node]
    account_id: str = ""
    """When given, nothing is read or written in any other account."""
    mode: Mode = Mode.ENFORCE
    allow: frozenset[Allow] = frozenset({Allow.CREATE, Allow.UPDATE})
    tags: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    """Where it was read from: `file:line`."""
    namespace: str = ""
    """The Kubernetes namespace it comes from; empty elsewhere."""
    origin: str = ""
    """What tells it from stacks of the same name that are kept elsewhere; empty for commands."""
    moved_from: Identity | None = None
    """What its things were tagged with before; they are taken over."""
    deletion_policy: DeletionPolicy = DeletionPolicy.RETAIN
    """Read by the operator alone: `holdfast destroy` deletes because it was told to."""

    @property
    def identity(self) -> Identity:
        """What its own things are tagged with."""
        return Identity(self.name, self.origin)

    @property
    def identities(self) -> frozenset[Identity]:
        """Those of what is its own, and of what it takes over."""
        return frozenset({self.identity, self.moved_from} if self.moved_from else {self.identity})

    @cached_property
    def by_kind(self) -> dict[str, list[Node]]:
        """The nodes by their kinds."""
        nodes: dict[str, list[Node]] = {}
        for address, node in self.nodes.items():
            nodes.setdefault(address.kind, []).append(node)
        return nodes

    @cached_property
    def abroad(self) -> dict[Address, str]:
        """The nodes that are in another region than the stack's, with that."""
        return {a: node.region for a, node in self.nodes.items() if node.region not in ("", self.region)}

    def where(self, address: Address) -> str:
        """The region of a node, if not the stack's own."""
        return self.abroad.get(address, "")

    @cached_property
    def parts(self) -> "dict[str, Stack]":
        """The stack's nodes by region, each part as a stack; the stack's own region comes first, as an empty name."""
        if not self.abroad:
            return {"": self}
        nodes: dict[str, dict[Address, Node]] = {"": {}}
        for address, node in self.nodes.items():
            nodes.setdefault(self.where(address), {})[address] = node
        return {region: replace(self, nodes=part) for region, part in nodes.items()}

    @cached_property
    def elsewhere(self) -> dict[str, list[Foreign | Lookup]]:
        """What the document refers to that is not of this stack, by its kind."""
        expressions: dict[str, list[Foreign | Lookup]] = {}
        for node in self.nodes.values():
            for expression in expressions_in(node.fields):
                if isinstance(expression, Foreign | Lookup):
                    kind = expression.kind if isinstance(expression, Lookup) else expression.address.kind
                    expressions.setdefault(kind, []).append(expression)
        return expressions

    @cached_property
    def as_read(self) -> list[Address]:
        """What is referred to before what refers to it. Nodes that name each other are as in the document."""
        nodes = self.nodes
        return in_order(
            {a: {p.address for p in placeholders_in(node.fields)} & nodes.keys() - {a} for a, node in nodes.items()}
        )

    @cached_property
    def placed_kinds(self) -> frozenset[Placed]:
        """The kinds that the document names, by its nodes or by what they refer to outside, each where it is."""
        nodes = {Placed(kind, region) for region, part in self.parts.items() for kind in part.by_kind}
        return frozenset(nodes | {Placed(kind, r.region) for kind, named in self.elsewhere.items() for r in named})

    def foundation(self, address: Address) -> set[Address]:
        """A node of this stack and all that it refers to, at any depth; nothing for an address that is no node's."""
        addresses: set[Address] = set()
        fresh = {address} & self.nodes.keys()
        while fresh:
            addresses |= fresh
            named = {placeholder.address for one in fresh for placeholder in placeholders_in(self.nodes[one].fields)}
            fresh = named & self.nodes.keys() - addresses
        return addresses


def parents_first(stack: Stack, catalog: Catalog) -> list[Address]:
    """Parents before what cannot live without them. A cycle was refused when the document was read."""
    nodes = stack.nodes
    return in_order({a: {p for p in parents(catalog[a.kind], n) if p in nodes} for a, n in nodes.items()})


def parents(kind: Writer, node: Node) -> Iterator[Address]:
    """The nodes behind the references that cannot be re-pointed, and behind those that its own making needs."""
    taken = kind.taken(node.fields)
    for name, value in node.fields.items():
        if kind.shape.fields[name].immutable or name in taken:
            yield from (p.address for p in placeholders_in(value) if p.address != node.address)
