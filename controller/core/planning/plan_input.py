"""Everything that a plan is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from controller.core.model.kind import Catalog
from controller.core.model.live import Live
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.planning.guard import GuardContext
from controller.core.planning.inventory import Inventory
from controller.core.planning.match import Match
from controller.core.planning.step import Believed


@dataclass(frozen=True)
class PlanInput:
    """Everything that a plan is made from."""

    stack: Stack
    catalog: Catalog
    inventory: Inventory
    match: Match
    guard: GuardContext
    settling: Mapping[Address, str] = field(default_factory=dict)
    """Nodes that are made, or may be, and that no listing shows yet, with the reason."""
    unread: Mapping[Address, str] = field(default_factory=dict)
    """Nodes of which a detail could not be read, with the reason."""
    believed: Mapping[Address, Believed] = field(default_factory=dict)
    """Nodes of which something was remembered, not read."""

    def unread_of(self, address: Address, live: Live) -> str:
        """Why it cannot be told whether a live thing is as it should be; empty where it can."""
        return self.unread.get(address, live.unread)

    def beside(self, bugs: Mapping[Address, str]) -> "PlanInput":
        """The input in which these nodes cannot be told."""
        unseen = {address: why for address, why in bugs.items() if address not in self.match.live}
        match = replace(self.match, unknown={**self.match.unknown, **unseen})
        return replace(self, match=match, unread={**self.unread, **bugs})
