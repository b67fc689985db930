"""Matching a stack that is in several regions: each by itself, so that equal ids and names in two are not mixed up.

A node that the document has moved to another region is what carries its owner tags in the one where it was: it is
replaced, and never made beside that.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from controller.core.model.kind import Catalog
from controller.core.model.live import Live
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.planning.candidates import Remembered
from controller.core.planning.claims import Witnesses, elected, left_over
from controller.core.planning.evidence import Elsewhere
from controller.core.planning.inventory import Inventory
from controller.core.planning.match import Match

MatchOne = Callable[[Stack, Catalog, Inventory, Remembered, Elsewhere], Match]
"""Matches what is in one region."""


def matched(
    stack: Stack, catalog: Catalog, inventory: Inventory, remembered: Remembered, match_one: MatchOne
) -> Match:
    """Which live thing is which node, in whatever region it is."""
    if not (stack.abroad or inventory.abroad):
        return match_one(stack, catalog, inventory, remembered, Elsewhere(inventory, {}))
    everywhere = Match()
    for _ in range(2):  # the second time, what the first has found in one region is known to those that refer to it
        elsewhere, everywhere = Elsewhere(inventory, everywhere.live), Match()
        for region, there in inventory.regions.items():
            part = stack.parts.get(region) or replace(stack, nodes={})
            _add(everywhere, match_one(part, catalog, there, remembered.within(region), elsewhere))
    return _Moved(stack, inventory, remembered, everywhere).settled()


def _add(everywhere: Match, found: Match) -> None:
    """Take over what was found in one region."""
    everywhere.live |= found.live
    everywhere.leaving = {**found.leaving, **everywhere.leaving}
    everywhere.conflicts |= found.conflicts
    everywhere.doubts |= found.doubts
    everywhere.unknown |= found.unknown
    everywhere.adopted |= found.adopted
    everywhere.without_owner_tags |= found.without_owner_tags
    everywhere.surplus += found.surplus
    everywhere.copies += found.copies
    everywhere.orphans += found.orphans
    everywhere.former += found.former


class _Moved:
    """What carries the owner tags of nodes in other regions than theirs."""

    def __init__(self, stack: Stack, inventory: Inventory, remembered: Remembered, match: Match) -> None:
        self.stack, self.inventory, self.remembered, self.match = stack, inventory, remembered, match

    def settled(self) -> Match:
        """The same match, in which each such thing is the node, or is told."""
        nodes = self.stack.nodes
        moved = [(address, live) for address, live in self.match.orphans if address in nodes]
        self.match.orphans = [pair for pair in self.match.orphans if pair[0] not in nodes]
        self.elect()
        for address, live in moved:
            self.settle(address, live)
        doubted = [(a, live) for a, live in self.match.copies if a in nodes and not self.is_known(a)]
        for address, live in doubted:
            self.doubt(address, live)
        self.unseen()
        return self.match

    def elect(self) -> None:
        """Of what carries the owner tags of a node that is no more, in several regions, only one can have been it."""
        bearers: dict[Address, list[Live]] = defaultdict(list)
        for address, live in (*self.match.orphans, *self.match.copies):
            bearers[address].append(live)
        orphans, self.match.orphans = self.match.orphans, []
        for address, live in orphans:
            sure = elected(bearers[address], Witnesses(self.remembered.ids.get(address)))
            certain = live is sure or left_over(live)
            (self.match.orphans if certain else self.match.copies).append((address, live))

    def settle(self, address: Address, live: Live) -> None:
        """The node, where nothing else is; else what its move has left over, or something that nobody can explain.

        What memory knows as another thing has no more than a copy of the owner tags.
        """
        if not self.is_known(address) and self.remembered.ids.get(address, live.id) != live.id:
            self.doubt(address, live)
        elif not self.is_known(address):
            self.match.live[address] = live
        elif left_over(live) and address in self.match.live:
            self.match.surplus.append((address, live))
        elif (other := self.match.live.get(address)) and other.region != self.stack.where(address):
            del self.match.live[address]
            self.doubt(address, other)
            self.match.copies.append((address, live))
        else:
            self.match.copies.append((address, live))

    def is_known(self, address: Address) -> bool:
        """Whether something is the node, or may be."""
        return any(address in place for place in (self.match.live, self.match.conflicts, self.match.unknown))

    def doubt(self, address: Address, live: Live) -> None:
        """Nobody can say whether this is the node."""
        self.match.conflicts[address] = live
        self.match.doubts[address] = (
            f"{live.id} in {live.region or self.inventory.region} carries the owner tags of {address}, and nothing "
            "proves that it is the only one: remove the owner tags from what it is not, or delete that by hand"
        )

    def unseen(self) -> None:
        """A node that was last seen in another region is not made while that cannot be looked at."""
        for address in self.stack.nodes.keys() & self.remembered.ids.keys():
            region = self.remembered.places.get(address, "")
            there = self.inventory.at(region)
            moved = region != self.stack.where(address) and not self.is_known(address)
            if moved and address.kind not in there.live:
                why = there.failed.get(address.kind, "it was not looked at there")
                self.match.unknown[address] = f"it was in {region or self.inventory.region} when last seen: {why}"
