"""The graph of a stack, before anyone draws it: nodes with their states, and what refers to what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from controller.core.model.reference import placeholders_in
from controller.core.model.stack import Stack
from controller.core.planning.step import Plan, State


@dataclass(frozen=True)
class Picture:
    """Nodes by address with their state, empty while nobody looked; edges go from a node to what it names."""

    nodes: Mapping[str, str]
    edges: Sequence[tuple[str, str]]
    unhealthy: frozenset[str] = frozenset()
    """Nodes that do not do their work, whatever their state."""
    regions: Mapping[str, str] = field(default_factory=dict)
    """Where nodes are that are in another region than the stack."""

    def states(self) -> list[str]:
        """The states that occur, in the order of the glossary."""
        return [state for state in COLOURS if state in set(self.nodes.values())]

    def words(self, address: str) -> str:
        """What is written of a node: its region, its state, and that it is unhealthy."""
        unhealthy = "unhealthy" if address in self.unhealthy else ""
        return ", ".join(filter(None, (self.regions.get(address), self.nodes[address], unhealthy)))

    def looks(self, address: str) -> "Colour":
        """How a node is drawn: in the colour of its state, with a line of its own when it is unhealthy."""
        colour = COLOURS.get(self.nodes[address], PLAIN)
        return replace(colour, line=UNHEALTHY) if address in self.unhealthy else colour


@dataclass(frozen=True)
class Colour:
    """How a state looks. What is not there is dashed too, for those who do not tell the colours apart."""

    fill: str
    line: str
    dashed: bool = False


COLOURS: Mapping[str, Colour] = {
    State.IN_SYNC: Colour("#e3f4e6", "#2e7d32"),
    State.MISSING: Colour("#e3effb", "#1565c0", dashed=True),
    State.DRIFTED: Colour("#fff0d1", "#b26a00"),
    State.ORPHANED: Colour("#efe4f7", "#6a1b9a", dashed=True),
    State.CONFLICT: Colour("#fde3e1", "#b71c1c"),
    State.UNKNOWN: Colour("#ececec", "#616161", dashed=True),
    State.PENDING: Colour("#e0f5f5", "#00707a"),
    State.LEAVING: Colour("#f5ebe5", "#6d4c41", dashed=True),
}
PLAIN = Colour("#ffffff", "#455a64")
"""A node whose state nobody looked at."""
UNHEALTHY = "#d50000"
"""The line around a node that is unhealthy; its words say so too."""


def picture_of(stack: Stack, plan: Plan | None) -> Picture:
    """The nodes of the document, and with a plan their states and the orphans besides."""
    nodes = {str(address): "" for address in stack.nodes}
    for step in reversed(plan.steps if plan else ()):
        nodes[str(step.address)] = str(step.state)
    named = (
        (str(address), str(placeholder.address))
        for address, node in stack.nodes.items()
        for placeholder in placeholders_in(node.fields)
    )
    edges = dict.fromkeys((user, used) for user, used in named if used in nodes and used != user)
    unhealthy = frozenset(str(step.address) for step in plan.unhealthy) if plan else frozenset()
    regions = {str(step.address): step.region for step in (plan.steps if plan else ()) if step.region}
    regions |= {str(address): region for address, region in stack.abroad.items()}
    return Picture(nodes, tuple(edges), unhealthy, regions)
