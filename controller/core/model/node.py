"""What a document wants: one resource of the graph, and what its reserved key `lifecycle` says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree


@dataclass(frozen=True)
class Lifecycle:
    """What the reserved key `lifecycle` of a node says."""

    retain: bool = False
    ignore: tuple[str, ...] = ()
    adopt: str = ""
    hold_until: str = ""
    """ISO 8601 with a time zone; empty when the node is not held."""
    hold_by: str = ""
    hold_why: str = ""
    additive: frozenset[str] = frozenset()
    """Collections whose unmanaged are kept (`exclusive: {field: false}`)."""


@dataclass(frozen=True)
class Node:
    """One resource of the graph as the document wants it: fields with expressions, tags with the owner's."""

    address: Address
    fields: Tree
    tags: Mapping[str, str]
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    alias: Placeholder | None = None
    """Where its id comes from when AWS makes the thing together with another (the main route table of a VPC)."""
    region: str = ""
    """Where it is: in its stack's region, unless it names another."""

    def __hash__(self) -> int:
        return hash(self.address)
