"""Whose a thing is that takes no tags and is no node's: its name says it, or nothing but memory does.

A name that the document left open is made of the stack's and the node's, and nobody gives such a name by hand. It
counts within something of ours. Elsewhere it counts with one witness more: that the thing was the node when it was
last seen, or that stacks of one name are not told apart by where they are kept.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from controller.core.model.facts import Facts
from controller.core.model.kind import Catalog
from controller.core.model.live import Live, Thing
from controller.core.model.naming import owner_of
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.planning.inventory import Inventory


class Left(NamedTuple):
    """Something that was a node, and is none any more."""

    address: Address
    live: Live
    owned: bool
    """Whether its name says so, not memory alone."""


@dataclass(frozen=True)
class Untagged:
    """What is known of the things of a stack when those that take no tags are looked at."""

    stack: Stack
    catalog: Catalog
    remembered: Mapping[Address, str]
    """The ids of nodes when they were last seen."""
    ours: Collection[Thing]
    taken: Collection[Thing]
    """What is a node, or may be one."""
    doubted: Collection[Address]
    """Nodes of which nobody can say what they are: what has their names is not left over."""

    def left(self, inventory: Inventory) -> Iterator[Left]:
        """What is ours, and neither is a node nor may be one."""
        was = {(address.kind, id): address for address, id in self.remembered.items()}
        lives = [live for name, lives in inventory.live.items() if not self.catalog[name].tagged for live in lives]
        for live in lives:
            kind = self.catalog[live.kind]
            known, named = was.get((live.kind, live.id)), self.named(kind, live)
            if live.thing in self.taken or named in self.doubted:
                continue
            if named and (known == named or self.counts(kind, live)):
                yield Left(named, live, True)
            elif known and known not in self.stack.nodes:
                yield Left(known, live, False)

    def named(self, kind: Facts, live: Live) -> Address | None:
        """The node whose open name in this stack a thing has."""
        names = [live.fields.get(name) for name, part in kind.shape.fields.items() if part.named]
        name = owner_of(names[0], self.stack.name) if names and isinstance(names[0], str) else None
        return Address(kind.name, name) if name else None

    def counts(self, kind: Facts, live: Live) -> bool:
        """Whether an open name is enough where the thing stands."""
        to = kind.shape.fields[kind.parent].to if kind.parent else None
        if to is None:
            return not self.stack.origin
        return any(Thing(parent, live.fields.get(kind.parent, ""), live.region) in self.ours for parent in to.kinds)
