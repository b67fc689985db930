"""What a kind is to the core: reads as live things, writes as calls, and a few facts. No kind is named here.

`aws/declaration/kind.py` implements this once for all kinds of AWS; a kind itself is data.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from controller.core.model.cloud import Cloud
from controller.core.model.naming import stem
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Record, Tree, shape_of
from controller.core.model.spec import Spec

OWNER = "holdfast.dev/"
"""What the owner tags begin with; no document can set such tags."""
OWNER_STACK = "holdfast.dev/stack"
"""The owner tag that names the stack; together with `OWNER_NAME` it makes a live thing ours."""
OWNER_NAME = "holdfast.dev/name"
"""The owner tag that names the node within its stack."""
OWNER_ORIGIN = "holdfast.dev/origin"
"""The owner tag that tells stacks of one name apart: namespace and cluster of a Stack object. Commands set none."""
OWNER_RETAIN = "holdfast.dev/retain"
"""Set to `true` on what the document retains, so that it is still known when the node has left the document."""
OWNER_REPLACED = "holdfast.dev/replaced"
"""Set to a thing's own id before what replaces it is made: only so is it known as left over. No copy has it."""
OWNER_TAGS = (OWNER_STACK, OWNER_NAME, OWNER_ORIGIN)
"""All that says whose a live thing is."""


Marks = Mapping[str, Mapping[str, str]]
"""Tags by what the tag calls of a kind name a thing by."""
Recall = Callable[[str, Sequence[str], Callable[[Sequence[str]], Marks]], Marks]
"""Gives the tags of things of a kind, remembered or read by the given function."""


def recall_nothing(kind: str, targets: Sequence[str], read: Callable[[Sequence[str]], Marks]) -> Marks:
    """Read them all."""
    return read(targets)


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
    """What tells a live thing from all others: ids of different kinds may be alike."""

    kind: str
    id: str

    def __str__(self) -> str:
        return self.id


class Owner(NamedTuple):
    """Whose a live thing is, as its owner tags say."""

    stack: str
    name: str
    """The node's name within the stack."""
    origin: str = ""
    """Where the stack's document is kept, where there are several places; see `OWNER_ORIGIN`."""


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
    """AWS's own form of the whole thing, where it can only be replaced as a whole; None until it was read."""
    prepared: Prepared | None = None
    """The next state of it, where AWS keeps such a one and it is another than that in force."""
    protection: str = ""
    """The field that keeps AWS from deleting it, where that is set."""
    stamp: str = ""
    """When, or in which version, AWS says it was made or last changed; empty where the listing says neither."""
    progress: str = ""
    """What AWS is at work on, in its own words (`creating`, `refresh 40 %`); empty when it is not."""
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    """The changes that AWS could not make, or cannot make for now, by field."""
    unread: str = ""
    """Why what is shown is not all there is: then nothing of it may be compared, nor written."""

    @property
    def thing(self) -> Thing:
        """What tells it from all others."""
        return Thing(self.kind, self.id)

    @property
    def owner(self) -> Owner | None:
        """What the owner tags say, or None when stack or name is missing."""
        stack, name = self.tags.get(OWNER_STACK), self.tags.get(OWNER_NAME)
        return Owner(stack, name, self.tags.get(OWNER_ORIGIN, "")) if stack and name else None

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
    renews: Mapping[str, str] = field(default_factory=dict)
    """Attributes of the node that have another value after it, with where its answer shows that."""


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
    """Collections whose unmanaged are kept (`exclusive: {field: false}`)."""


@dataclass(frozen=True)
class Node:
    """One resource of the graph as the document wants it: fields with expressions, tags with the owner's."""

    address: Address
    fields: Tree
    tags: Mapping[str, str]
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    alias: Placeholder | None = None
    """Where its id comes from when AWS makes the thing together with another (the main route table of a VPC)."""
    region: str = ""
    """The region of its stack."""

    def __hash__(self) -> int:
        return hash(self.address)


@dataclass(frozen=True)
class WriteContext:
    """What a kind may know of the world when it writes calls for one node."""

    known: Callable[[Any], Any]
    """The live value of a placeholder, or the placeholder itself while nobody knows it."""
    member: Callable[[str, Any], str | None] = lambda field, value: None
    """AWS's own id of an element, whichever live thing of the kind holds it now."""
    circle: Callable[[Live], frozenset[str]] = lambda live: frozenset()
    """The ids of what goes too and refers to the live thing while that refers to it: neither could go first."""
    alike: Callable[[], Iterable[Live]] = tuple
    """The live things of the same kind in this account and region, ours or not."""


@dataclass(frozen=True)
class Scope:
    """What a look at a kind is for; what its listing leaves out is read for that only.

    `keys` are the natural keys of nodes, `names` those of names that a replacement may vary. `parents` are the ids
    of the things to look into, where a kind is listed by its parent. `search`: what is ours and no node names is
    wanted too. `stacks` are those whose things are ours.
    """

    stacks: frozenset[str] = frozenset()
    keys: frozenset[Hashable] = frozenset()
    names: frozenset[Hashable] = frozenset()
    parents: tuple[str, ...] = ()
    search: bool = False
    everything: bool = False
    """Whatever it is, ours or not."""
    recall: Recall = recall_nothing

    def wants(self, key: Hashable | None) -> bool:
        """Whether something with this natural key may be a node's."""
        return self.everything or key in self.keys or stem(key) in self.names


class Kind(ABC):
    """A type of resource. Everything but the readers is pure."""

    name: ClassVar[str]
    spec: ClassVar[type[Spec]]
    natural_key: ClassVar[tuple[str, ...]] = ()
    """Fields that together tell one live thing from another without tags; empty when nothing does."""
    shares_key: ClassVar[bool] = False
    """Whether several things may have the same natural key: it only says where to look for what is ours."""
    exports: ClassVar[Mapping[str, str]] = {}
    """Attributes beside the fields that others may refer to, each with what it is."""
    lingers: ClassVar[bool] = False
    """Whether a deleted thing stays for a while and holds what it holds."""
    parent: ClassVar[str] = ""
    """The reference to what it is listed by; what takes no tags belongs to whom that belongs."""
    id_from: ClassVar[str] = ""
    """The field whose value is the id, so that the id is known before the thing is made."""
    id_recurs: ClassVar[bool] = False
    """Whether another thing of the same name has the same id later: a name is, and an ARN may end in one."""
    early: ClassVar[frozenset[str]] = frozenset()
    """Attributes that others may use while the thing is still being made."""
    renewed: ClassVar[frozenset[str]] = frozenset()
    """Attributes that have another value after a change of the thing, such as a version."""
    marks_unlisted: ClassVar[bool] = False
    """Whether its tags come from reads of their own, which may be remembered."""
    scoped: ClassVar[bool] = False
    """Whether it reads more of what is wanted than of the rest."""
    protected_by: ClassVar[str] = ""
    """The field that keeps AWS from deleting the thing."""
    searches: ClassVar[bool] = False
    """Whether a look-up asks AWS for what fits, because a listing of all would be too long."""
    lag: ClassVar[float] = 60.0
    """Seconds for which a new thing may be missing from its listing."""

    @property
    def taggable(self) -> bool:
        """Whether a document can give it tags."""
        return "tags" in self.spec.model_fields

    @property
    def tagged(self) -> bool:
        """Whether it carries the owner tags: as tags of AWS, or in another way that shows as tags here."""
        return self.taggable

    @property
    def marking(self) -> tuple[str, ...]:
        """The fields whose open name alone says whose a thing is: of what takes no tags and stands in nothing."""
        named = [name for name in self.natural_key if self.shape.fields[name].named]
        return () if self.tagged or self.parent else tuple(named)

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
    def initial(self, fields: Tree) -> Tree:
        """What AWS shows right after the create call with these fields, in the fields that call does not take."""

    @abstractmethod
    def taken(self, fields: Tree) -> frozenset[str]:
        """The set fields that the create call takes."""

    @abstractmethod
    def made_once(self, node: Node) -> bool:
        """Whether AWS itself sees to it that the thing is not made twice.

        Its create call carries a token, or a name or place that AWS keeps unique.
        """

    # --- writes as data, pure ---

    @abstractmethod
    def create(self, node: Node) -> tuple[Call, ...]:
        """The call that makes it, owner tags included; empty for what has an alias."""

    @abstractmethod
    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        """The calls that make these changes: additions, then changes, then removals."""

    @abstractmethod
    def tag(self, node: Node, tags: Mapping[str, str], live: Live | None = None) -> tuple[Call, ...]:
        """The calls that set these tags; those that are live now stay, also where AWS takes nothing less than all."""

    def correct(
        self, node: Node, tags: Mapping[str, str], changes: Sequence[Change], live: Live, around: WriteContext
    ) -> tuple[Call, ...]:
        """The calls that set these tags and make these changes."""
        marks = self.tag(node, tags, live) if tags else ()
        return (*marks, *(self.update(node, changes, live, around) if changes else ()))

    @abstractmethod
    def delete(self, address: Address, live: Live, around: WriteContext) -> tuple[Call, ...]:
        """The calls that empty its binding members and delete it; what cannot be deleted is released."""

    # --- reads ---

    @abstractmethod
    def born(self, node: Node, sent: Mapping[str, Any], body: Mapping[str, Any]) -> Live:
        """The live thing in the answer to its create call, which was made with the parameters `sent`.

        It is leaving where AWS has answered with what an earlier try made, and what is gone since.
        """

    def renewals(self, call: Call, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The new values of the attributes that a call renews, from its answer."""
        return {}

    @abstractmethod
    def observe(self, cloud: Cloud, scope: Scope) -> Iterator[Live]:
        """Every live thing of the kind in the account and region, gone ones left out.

        Of what the scope does not want, that may be without what no listing shows. Raises `Refused` or
        `Unreachable`; then nothing that came before counts.
        """

    def search(self, cloud: Cloud, query: Mapping[str, Any]) -> Iterator[Live]:
        """What fits a look-up, for a kind that `searches`, the best first. Raises as `observe` does."""
        raise NotImplementedError

    def shows(self, cloud: Cloud, id: str) -> bool | None:
        """Whether AWS, asked for this one thing by its id, shows it, and it is not gone; None where there is no such
        read. Raises as `observe` does."""
        return None

    @abstractmethod
    def details(self, cloud: Cloud, live: Live, fields: Iterable[str]) -> Tree:
        """Those of `fields` that the listing leaves out, read for one live thing; empty when there are none."""

    @abstractmethod
    def detailed(self, fields: Tree) -> frozenset[str]:
        """What needs `details` of a node with these fields: some of them, and what else is read for each node."""

    def momentary(self, detail: str) -> bool:
        """Whether a detail is read in every pass, because it changes by itself."""
        return False

    def guards(self, detail: str) -> bool:
        """Whether a detail says who may reach the thing or what keeps it secret: that is not believed for long."""
        return False

    def target(self, live: Live) -> str:
        """What the calls for tags name it by."""
        return live.id

    def completed(self, live: Live, found: Mapping[str, Any]) -> Live:
        """The live thing with the details and attributes that were read for it."""
        fields = {name: value for name, value in found.items() if name not in self.exports}
        shown = {name: value for name, value in found.items() if name in self.exports and value is not None}
        return replace(live, fields={**live.fields, **fields}, attributes={**live.attributes, **shown})

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
