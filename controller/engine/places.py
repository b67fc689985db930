"""In which regions beside its own a stack has been, as far as its passes remember."""

from collections.abc import Callable, Collection, Container, Iterable
from dataclasses import dataclass, field

from controller.core.model.live import Placed
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.planning.inventory import Inventory
from controller.core.planning.match import Match

Where = Callable[[Address], str]
"""Says in which region a node is, if not in the stack's own."""


def at_home(address: Address) -> str:
    """In the stack's own region."""
    return ""


@dataclass
class Places:
    """The regions of nodes, and those in which something of the stack may be left."""

    of_nodes: dict[Address, str] = field(default_factory=dict)
    """Where each node was when it was last seen, if not in the stack's own region."""
    regions: set[str] = field(default_factory=set)
    """Where something of the stack has been, and no search has found that nothing is left."""

    def of(self, address: Address) -> str:
        """Where a node was when it was last seen, if not in the stack's own region."""
        return self.of_nodes.get(address, "")

    def born(self, addresses: Iterable[Address], where: Where) -> None:
        """These nodes were made just now."""
        for address in addresses:
            self._locate(address, where(address))

    def believe(self, match: Match) -> None:
        """What was seen is where it was seen."""
        for address, live in match.live.items():
            self._locate(address, live.region)
        self.regions.update(live.region for _, live in (*match.orphans, *match.surplus) if live.region)

    def _locate(self, address: Address, region: str) -> None:
        if region:
            self.of_nodes[address] = region
            self.regions.add(region)
        elif self.of_nodes:
            self.of_nodes.pop(address, None)

    def moved(self, stack: Stack, known: Container[Address]) -> dict[Address, str]:
        """The nodes that the document has moved since they were last seen, with where they were."""
        placed = {*self.of_nodes, *stack.abroad} if self.of_nodes or stack.abroad else ()
        seen = {address: self.of(address) for address in placed if address in known and address in stack.nodes}
        return {address: region for address, region in seen.items() if region != stack.where(address)}

    def searched(self, inventory: Inventory, left: Collection[Placed]) -> None:
        """Everything was searched, and `left` is what was found: forget the regions in which nothing is."""
        full = {placed.region for placed in left} | {*self.of_nodes.values()}
        seen = {region for region, there in inventory.abroad.items() if not (there.failed or there.unsearched)}
        self.regions -= seen - full
