"""What may be the nodes of a stack: its live things by the owner tags that they carry, by id and by natural key."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import NamedTuple

from controller.core.model.facts import Facts
from controller.core.model.kind import Catalog
from controller.core.model.live import Live, Phase
from controller.core.model.naming import stem
from controller.core.model.node import Node
from controller.core.model.ownership import Owner
from controller.core.model.reference import Address
from controller.core.model.shape import Tree
from controller.core.model.stack import Stack
from controller.core.planning.claims import left_over, same
from controller.core.planning.inventory import Inventory, natural_key
from controller.core.planning.match import Match


class Remembered(NamedTuple):
    """What earlier passes have known of the nodes of a stack."""

    ids: Mapping[Address, str] = {}
    """The id of each node when it was last seen."""
    recalled: Collection[Address] = ()
    """Those that this program has not seen itself: their ids bear witness, and prove nothing alone."""
    copies: Mapping[Address, Collection[str]] = {}
    """Ids of what carried the owner tags of a node when another thing was the node."""
    places: Mapping[Address, str] = {}
    """The regions in which nodes were, if not in the stack's own."""

    def copied(self) -> "Remembered":
        """The same, for a thread beside one that goes on remembering."""
        return Remembered(dict(self.ids), set(self.recalled), dict(self.copies), dict(self.places))

    def within(self, region: str) -> "Remembered":
        """What is remembered of one region."""
        return self._replace(ids={a: id for a, id in self.ids.items() if self.places.get(a, "") == region})


NOTHING_REMEMBERED = Remembered()


class Candidates:
    """Live things of an account and region by whose owner tags they carry; `match` is told what is clear at once."""

    def __init__(
        self, stack: Stack, catalog: Catalog, inventory: Inventory, remembered: Remembered, match: Match
    ) -> None:
        self.stack, self.catalog, self.inventory = stack, catalog, inventory
        self.remembered, self.match = remembered, match
        self.unowned: dict[str, dict[str, Live]] = defaultdict(dict)
        """What carries nobody's owner tags, by kind and id."""
        self.by_key: dict[tuple[str, Hashable], list[Live]] = defaultdict(list)
        self.owned: dict[Address, list[Live]] = defaultdict(list)
        """What carries our owner tags, by the node that they name."""
        self.others: dict[Address, Live] = {}
        """What carries the owner tags of a stack of our name that is kept elsewhere."""
        self._sort_out()

    def _sort_out(self) -> None:
        """What carries our owner tags, and what does not."""
        identities, name = self.stack.identities, self.stack.name
        for kind, lives in self.inventory.live.items():
            for live in lives:
                owner = live.owner
                if owner is None or (owner.stack != name and (owner.stack, owner.origin) not in identities):
                    self.index(live)
                else:
                    self._sort(Address(kind, owner.name), owner, live)
        for address in self.stack.nodes:
            if address.kind in self.inventory.failed:
                self.match.unknown[address] = self.inventory.failed[address.kind]

    def _sort(self, address: Address, owner: Owner, live: Live) -> None:
        """One thing with the name of our stack in its owner tags, or of what we take over."""
        if (owner.stack, owner.origin) not in self.stack.identities:
            self.others[address] = live
            self.index(live)
        elif live.phase is Phase.LEAVING:
            self.match.leaving[address] = live
        elif address not in self.remembered.ids and live.id in self.remembered.copies.get(address, ()):
            self.leave_over(address, [live])  # the node has gone, and its copy does not take its place
        else:
            self.owned[address].append(live)

    def index(self, live: Live) -> None:
        """Let what is no node by its owner tags be found by its id and its natural key."""
        if live.phase is Phase.LEAVING:
            return
        if live.owner is None:
            self.unowned[live.kind][live.id] = live
        kind = self.catalog[live.kind]
        key = natural_key(kind, live.fields)
        for value in {key} if kind.tagged else {key, stem(key)}:
            if value is not None:
                self.by_key[live.kind, value].append(live)

    def leave_over(self, address: Address, lives: Iterable[Live]) -> None:
        """What carries the owner tags of a node that is another thing."""
        for live in lives:
            (self.match.surplus if left_over(live) else self.match.copies).append((address, live))
            self.index(live)

    def missing(self) -> list[tuple[Address, Node]]:
        """The nodes of which nothing is known yet."""
        known = (self.match.live, self.match.unknown, self.match.conflicts)
        return [(a, node) for a, node in self.stack.nodes.items() if not any(a in place for place in known)]

    def with_key(self, kind: Facts, settled: Tree) -> list[Live]:
        """What has the natural key of these fields, or a variant of it that a replacement made."""
        alike = self.by_key.get((kind.name, natural_key(kind, settled)), [])
        named = [name for name in kind.natural_key if kind.shape.fields[name].named]
        return [live for live in alike if same(kind, named, settled, live)]
