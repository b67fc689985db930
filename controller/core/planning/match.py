"""What matching has found: which live thing is which node of a stack, and what it could not tell."""

from dataclasses import dataclass, field

from controller.core.model.live import Live
from controller.core.model.reference import Address


@dataclass
class Match:
    """Which live thing is which node of one stack."""

    live: dict[Address, Live] = field(default_factory=dict)
    leaving: dict[Address, Live] = field(default_factory=dict)
    """Ours, being deleted by AWS; the node itself is missing."""
    surplus: list[tuple[Address, Live]] = field(default_factory=list)
    """What a replacement of ours that was cut short has left over, as the tag on it proves."""
    copies: list[tuple[Address, Live]] = field(default_factory=list)
    """Tagged as a node that another live thing is, and nothing proves that we made it: not ours to touch."""
    orphans: list[tuple[Address, Live]] = field(default_factory=list)
    """Ours by their tags, or by their names where they take none; no longer in the document."""
    former: list[tuple[Address, Live]] = field(default_factory=list)
    """Nodes when they were last seen, no longer in the document; nothing but memory says that they are ours."""
    conflicts: dict[Address, Live] = field(default_factory=dict)
    doubts: dict[Address, str] = field(default_factory=dict)
    """Why a node is in conflict, where the owner of the other thing does not say it."""
    unknown: dict[Address, str] = field(default_factory=dict)
    adopted: set[Address] = field(default_factory=set)
    """Taken over because the document says so, not yet tagged."""
    without_owner_tags: set[Address] = field(default_factory=set)
    """Ours as far as can be told, without our owner tags: corrected, and never deleted."""

    @property
    def empty(self) -> bool:
        """Whether nothing at all of the stack is there, nor anything that may be of it."""
        ours = (self.live, self.leaving, self.surplus, self.orphans)
        return not any((*ours, self.copies, self.former, self.conflicts, self.unknown))
