"""What AWS shows: a live thing, ours or not, in the shape in which a document describes it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from controller.core.model.ownership import OWNER_NAME, OWNER_ORIGIN, OWNER_STACK, Owner
from controller.core.model.shape import Tree


class Phase(StrEnum):
    """How far a live thing has come in AWS's own eyes."""

    PENDING = "pending"
    """Being made or changed; others may not refer to it yet."""
    USABLE = "usable"
    """Others may refer to it, though it is not as it will end up."""
    READY = "ready"
    """As it should end up."""
    LEAVING = "leaving"
    """Being deleted by AWS, still holding what it holds."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a live thing does its work, as AWS sees it; being in sync says nothing about that.

    `good` of `total` members do (targets of a target group, instances of a group), where it has such.
    """

    healthy: bool
    why: str = ""
    """AWS's own words for what is wrong; empty when nothing is."""
    good: int | None = None
    total: int | None = None


class Thing(NamedTuple):
    """What tells a live thing from all others: ids of different kinds, or of different regions, may be alike."""

    kind: str
    id: str
    region: str = ""
    """Where it is, if not in the stack's own region."""

    def __str__(self) -> str:
        return self.id


class Placed(NamedTuple):
    """A kind in one region; an empty name is the stack's own region."""

    kind: str
    region: str = ""

    @classmethod
    def parse(cls, text: str) -> "Placed":
        """Read what was printed."""
        kind, _, region = text.partition("@")
        return cls(kind, region)

    def __str__(self) -> str:
        return f"{self.kind}@{self.region}" if self.region else self.kind


class Refusal(NamedTuple):
    """A change that AWS cannot make: that to `value`, or to any value when that is None; `why` has the way out."""

    value: Any
    why: str


class Prepared(NamedTuple):
    """What was made for a change and is not in force yet, such as a version that is not the default one."""

    fields: Tree
    attributes: Mapping[str, Any]
    """What the attributes that the change renews will be once it is."""


@dataclass(frozen=True, slots=True)
class Live:
    """One live thing, ours or not, as the listing of its kind shows it.

    `fields` has the shape of the kind's spec, with ids where a document has references. `attributes` holds what
    others may refer to beside the fields. `members` maps a field to AWS's own ids of its elements, where AWS
    has such (the association of a subnet), keyed by the element's value.
    """

    kind: str
    id: str
    fields: Tree
    tags: Mapping[str, str]
    phase: Phase = Phase.READY
    attributes: Mapping[str, Any] = field(default_factory=dict)
    members: Mapping[str, Mapping[Hashable, str]] = field(default_factory=dict)
    health: Health | None = None
    """None where AWS knows of no health."""
    original: Mapping[str, Any] | None = None
    """AWS's own form of what a write has to keep though no field stands for it; None where there is no such thing."""
    prepared: Prepared | None = None
    """The next state of it, where AWS keeps such a one and it is another than that in force."""
    protection: str = ""
    """What keeps AWS from deleting it, with the way out; empty where nothing does."""
    stamp: str = ""
    """When, or in which version, AWS says it was made or last changed; empty where the listing says neither."""
    progress: str = ""
    """What AWS is at work on, in its own words (`creating`, `refresh 40 %`); empty when it is not."""
    awaits: str = ""
    """What a person has to do before AWS goes on; empty while AWS goes on by itself, or has finished."""
    notice: str = ""
    """What AWS will do by itself, or does only when somebody acts, in words for people: a reboot, a retirement."""
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    """The changes that AWS could not make, or cannot make for now, by field."""
    unread: str = ""
    """Why what is shown is not all there is: then nothing of it may be compared, nor written."""
    region: str = ""
    """Where it is, if not in the stack's own region."""

    @property
    def thing(self) -> Thing:
        """What tells it from all others."""
        return Thing(self.kind, self.id, self.region)

    @property
    def placed(self) -> Placed:
        """Its kind, where it is."""
        return Placed(self.kind, self.region)

    @property
    def owner(self) -> Owner | None:
        """What the owner tags say, or None when stack or name is missing."""
        stack, name = self.tags.get(OWNER_STACK), self.tags.get(OWNER_NAME)
        return Owner(stack, name, self.tags.get(OWNER_ORIGIN, "")) if stack and name else None

    @property
    def usable(self) -> bool:
        """Whether others may refer to it."""
        return self.phase in (Phase.USABLE, Phase.READY)
