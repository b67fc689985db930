"""What a kind is to the core: reads as live things, writes as calls, and a few facts. No kind is named here.

`aws/declare.py` implements this once for all kinds of AWS; a kind itself is data.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from controller.core.cloud import Cloud
from controller.core.reference import Address, Placeholder
from controller.core.shape import Record, Tree, shape_of
from controller.core.spec import Spec

OWNER_STACK = "holdfast.dev/stack"
"""The owner tag that names the stack; together with `OWNER_NAME` it makes a live thing ours."""
OWNER_NAME = "holdfast.dev/name"
"""The owner tag that names the node within its stack."""
OWNER_RETAIN = "holdfast.dev/retain"
"""Set to `true` on what the document retains, so that it is still known when the node has left the document."""


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
    progress: str = ""
    """What AWS is at work on, in its own words (`creating`, `refresh 40 %`); empty when it is not."""

    @property
    def owner(self) -> tuple[str, str] | None:
        """Stack and name that the owner tags say, or None when either is missing."""
        stack, name = self.tags.get(OWNER_STACK), self.tags.get(OWNER_NAME)
        return (stack, name) if stack and name else None

    @property
    def usable(self) -> bool:
        """Whether others may refer to it."""
        return self.phase in (Phase.USABLE, Phase.READY)


@dataclass(frozen=True, slots=True)
class Call:
    """One AWS write, as data. `parameters` may hold expressions, which are filled in when it is made."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    fields: tuple[str, ...] = ()
    """The paths of the changes it is for."""
    makes: bool = False
    """Its answer brings the node's new id."""
    takes_away: bool = False
    """It removes an element: when that is gone already, the call is as good as made."""
    deletes: bool = False
    """After it the thing is gone, or leaving."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `path` in the document's names, `op` add, change or remove.

    `because` is the address of the node whose step causes it: then it is a consequence, not drift.
    """

    path: str
    op: str
    desired: Any
    observed: Any
    because: Address | None = None

    @property
    def field(self) -> str:
        """The top-level field it belongs to."""
        return self.path.split("[", 1)[0].split(".", 1)[0]


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
    """Collections whose strangers are kept (`exclusive: {field: false}`)."""


@dataclass(frozen=True)
class Node:
    """One resource of the graph as the document wants it: fields with expressions, tags with the owner's."""

    address: Address
    fields: Tree
    tags: Mapping[str, str]
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    alias: Placeholder | None = None
    """Where its id comes from when AWS makes the thing together with another (the main route table of a VPC)."""

    def __hash__(self) -> int:
        return hash(self.address)


@dataclass(frozen=True)
class Surroundings:
    """What a kind may know of the world when it writes calls for one node."""

    known: Callable[[Any], Any]
    """The live value of a placeholder, or the placeholder itself while nobody knows it."""
    member: Callable[[str, Any], str | None] = lambda field, value: None
    """AWS's own id of an element, whichever live thing of the kind holds it now."""
    circle: Callable[[str], frozenset[str]] = lambda id: frozenset()
    """The ids of what goes too and refers to the live thing while that refers to it: neither could go first."""
    alike: Callable[[], Iterable[Live]] = tuple
    """The live things of the same kind in this account and region, ours or not."""


class Kind(ABC):
    """A type of resource. Everything but the three readers is pure."""

    name: ClassVar[str]
    spec: ClassVar[type[Spec]]
    natural_key: ClassVar[tuple[str, ...]] = ()
    """Fields that together tell one live thing from another without tags; empty when nothing does."""
    exports: ClassVar[Mapping[str, str]] = {}
    """Attributes beside the fields that others may refer to, each with what it is."""
    lingers: ClassVar[bool] = False
    """Whether a deleted thing stays for a while and holds what it holds."""

    @property
    def shape(self) -> Record:
        """The fields of the kind's spec."""
        return shape_of(self.spec)

    # --- desired, pure ---

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """The fields a document sets in the one form that is compared and sent: names filled in, synonyms gone."""
        return fields

    def alias(self, fields: Tree) -> Placeholder | None:
        """Where the id comes from when AWS makes the thing together with another; None when a call makes it."""
        return None

    @abstractmethod
    def newborn(self, fields: Tree) -> Tree:
        """What AWS shows right after the create call with these fields, in the fields that call does not take."""

    @abstractmethod
    def taken(self, fields: Tree) -> frozenset[str]:
        """The set fields that the create call takes."""

    # --- writes as data, pure ---

    @abstractmethod
    def create(self, node: Node) -> tuple[Call, ...]:
        """The call that makes it, owner tags included; empty for what has an alias."""

    @abstractmethod
    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: Surroundings
    ) -> tuple[Call, ...]:
        """The calls that make these changes: additions, then changes, then removals."""

    @abstractmethod
    def tag(self, node: Node, tags: Mapping[str, str]) -> tuple[Call, ...]:
        """The calls that set these tags."""

    @abstractmethod
    def delete(self, address: Address, live: Live, around: Surroundings) -> tuple[Call, ...]:
        """The calls that empty its binding members and delete it; what cannot be deleted is released."""

    # --- reads ---

    @abstractmethod
    def born(self, node: Node, body: Mapping[str, Any]) -> Live:
        """The live thing in the answer to its create call."""

    @abstractmethod
    def observe(self, cloud: Cloud) -> Iterator[Live]:
        """Every live thing of the kind in the account and region, gone ones left out.

        Raises `Refused` or `Unreachable`; then nothing that came before counts.
        """

    @abstractmethod
    def details(self, cloud: Cloud, live: Live, fields: Iterable[str]) -> Tree:
        """Those of `fields` that the listing leaves out, read for one live thing; empty when there are none."""

    @abstractmethod
    def detailed(self, fields: Iterable[str]) -> frozenset[str]:
        """Which of these fields need `details`."""

    @abstractmethod
    def attribute(self, cloud: Cloud, live: Live, attribute: str) -> Any:
        """An attribute that no listing shows, read when a call needs it; None when there is none."""

    @abstractmethod
    def unlisted(self, attributes: Iterable[str]) -> frozenset[str]:
        """Which of these attributes no listing shows."""

    # --- offline facts ---

    @abstractmethod
    def problems(self, call: Call) -> list[str]:
        """What AWS's own model of the operation says against the parameters, in words, without their values."""


Catalog = Mapping[str, Kind]
