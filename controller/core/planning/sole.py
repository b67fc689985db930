"""Elements that are in one list at a time, such as a route table's subnets: adding one here takes it from there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from controller.core.model.call import Change
from controller.core.model.kind import Catalog
from controller.core.model.paths import element_keys
from controller.core.model.reference import Address
from controller.core.model.shape import Field, Many
from controller.core.model.stack import Stack
from controller.core.planning.diff import Known, Resolve

Element = tuple[str, str, object]
"""A kind, a field of it, and the key of an element."""


@dataclass
class SoleElements:
    """Which node of a stack takes such an element over from which other."""

    stack: Stack
    catalog: Catalog
    takers: dict[Element, Address] = field(default_factory=dict)
    """Found when they are first asked for."""

    def attributed(self, address: Address, change: Change, resolve: Resolve) -> Change:
        """A removal from a list where another node's list takes the element over is that node's doing."""
        part = self.part(address, change.field)
        if change.op != "remove" or not part.sole:
            return change
        self.takers = self.takers or dict(self.wanted(resolve))
        taker = self.takers.get((address.kind, part.name, change.observed))
        return replace(change, because=taker) if taker and taker != address else change

    def wanted(self, resolve: Resolve) -> Iterator[tuple[Element, Address]]:
        """Which node wants which element."""
        for address, node in self.stack.nodes.items():
            for name, value in node.fields.items():
                part = self.part(address, name)
                if part.sole and isinstance(part.shape, Many):
                    settled = [resolve(item) if not isinstance(item, str) else Known(item) for item in value]
                    known = [item.value for item in settled if isinstance(item, Known)]
                    yield from (((address.kind, name, key), address) for key, _ in element_keys(part.shape, known))

    def own(self, address: Address, changes: Iterable[Change]) -> list[Change]:
        """The changes that a node's own calls make: a removal that another's list takes over is not one of them."""
        return [c for c in changes if not (c.because and c.op == "remove" and self.part(address, c.field).sole)]

    def part(self, address: Address, name: str) -> Field:
        """A field of a node."""
        return self.catalog[address.kind].shape.fields[name]
