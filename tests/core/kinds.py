"""A few made-up kinds, enough to say everything that a document can say."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from controller.core.model.call import Call, Change, Complaint
from controller.core.model.cloud import Cloud
from controller.core.model.equality import Cidr, Json, OneOf
from controller.core.model.kind import Catalog, Kind
from controller.core.model.live import Live
from controller.core.model.naming import named
from controller.core.model.node import Node
from controller.core.model.reader import Scope
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.spec import (
    Disjoint,
    Immutable,
    Inside,
    Keyed,
    Named,
    Spec,
    Tagged,
    To,
    Unordered,
    WriteOnly,
)
from controller.core.model.writer import WriteContext


class Fake(Kind):
    """A kind that only a document needs: it has fields and facts, and nothing of it is ever live."""

    made_with: frozenset[str] = frozenset()
    """The fields that its create call takes."""

    def initial(self, fields: Tree) -> Tree:
        return {}

    def taken(self, fields: Tree) -> frozenset[str]:
        return self.made_with & fields.keys()

    def made_once(self, node: Node) -> bool:
        return bool(self.natural_key)

    def create(self, node: Node) -> tuple[Call, ...]:
        return ()

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        return ()

    def tag(self, node: Node, tags: Mapping[str, str], live: Live | None = None) -> tuple[Call, ...]:
        return ()

    def delete(self, address: Address, live: Live, around: WriteContext) -> tuple[Call, ...]:
        return ()

    def born(self, node: Node, sent: Mapping[str, Any], body: Mapping[str, Any]) -> Live:
        raise NotImplementedError

    def observe(self, cloud: Cloud, scope: Scope) -> Iterator[Live]:
        return iter(())

    def details(self, cloud: Cloud, live: Live, fields: Iterable[str]) -> Tree:
        return {}

    def detailed(self, fields: Iterable[str]) -> frozenset[str]:
        return frozenset()

    def attribute(self, cloud: Cloud, live: Live, attribute: str) -> Any:
        return None

    def unlisted(self, attributes: Iterable[str]) -> frozenset[str]:
        return frozenset()

    def problems(self, call: Call) -> list[Complaint]:
        return []


class NetworkSpec(Tagged):
    """Ranges of addresses of one's own."""

    cidr_block: Annotated[str, Cidr(), Immutable()]
    """The first range."""
    more_cidr_blocks: Annotated[list[Annotated[str, Cidr()]] | None, Unordered()] = None
    """Further ranges."""
    dns: bool | None = None
    """Whether names are resolved."""


class Network(Fake):
    """Ranges of addresses of one's own."""

    name, spec = "Network", NetworkSpec
    exports: ClassVar = {"arn": "Its ARN.", "mainGroup": "The group that AWS makes with it."}
    made_with = frozenset({"cidrBlock"})


class SegmentSpec(Tagged):
    """A part of a network."""

    network: Annotated[str, To("Network"), Immutable()]
    """The network that the range is cut from."""
    cidr_block: Annotated[
        str, Cidr(), Immutable(), Inside("network", ("cidrBlock", "moreCidrBlocks")), Disjoint("network")
    ]
    """The range."""
    zone: str | None = None
    """The zone that it lies in."""


class Segment(Fake):
    """A part of a network."""

    name, spec = "Segment", SegmentSpec
    made_with = frozenset({"network", "cidrBlock", "zone"})


class Rule(Spec):
    """Who may come in."""

    protocol: Annotated[str, OneOf({"6": "tcp"})]
    """`tcp`, `udp` or a number."""
    port: Annotated[int, Field(ge=0, le=65535)]
    """The port."""
    peer: Annotated[str | None, To("Group")] = None
    """Those who may."""
    why: str | None = None
    """What it is for."""


class GroupSpec(Tagged):
    """A set of rules."""

    group_name: Annotated[str | None, Named(20), Immutable()] = None
    """Its name in AWS."""
    network: Annotated[str | None, To("Network"), Immutable()] = None
    """Where it belongs."""
    rules: Annotated[list[Rule] | None, Keyed("protocol", "port", "peer")] = None
    """Who may come in."""


class Group(Fake):
    """A set of rules."""

    name, spec = "Group", GroupSpec
    made_with = frozenset({"groupName", "network"})

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        if fields.get("groupName") == "default":
            raise ValueError('AWS keeps the name "default" for itself')
        return {"groupName": named(stack, address.name, 20), **fields}

    def alias(self, fields: Tree) -> Placeholder | None:
        main = fields.get("groupName") == "main"
        return Placeholder(fields["network"].address, "mainGroup") if main else None


class Lock(Spec):
    """What keeps a door shut."""

    grade: Literal["light", "heavy"] | None = None
    """How hard it is to open."""
    code: Annotated[str | None, WriteOnly()] = None
    """What opens it."""


class DoorSpec(Spec):
    """The way in; it cannot carry tags."""

    segments: Annotated[list[Annotated[str, To("Segment")]], Unordered()]
    """Where it stands."""
    other: Annotated[str | None, To("Door", "Group")] = None
    """What else it leads to."""
    lock: Lock | None = None
    """What keeps it shut."""
    ports: Annotated[list[int] | None, Unordered()] = None
    """Where it listens."""
    weight: float | None = None
    """How heavy it is."""
    open: bool | None = None
    """Whether it stands open."""
    pin: Annotated[int | None, WriteOnly()] = None
    """A secret number."""
    greeting: str | None = None
    """What it says."""
    labels: dict[str, str] | None = None
    """Free words on it."""
    policy: Annotated[dict[str, Any] | None, Json()] = None
    """Who may pass."""


class Door(Fake):
    """The way in; it cannot carry tags."""

    name, spec = "Door", DoorSpec
    exports: ClassVar = {"address": "Where it is found.", "endpoint.port": "Where it listens."}
    made_with = frozenset({"segments", "other"})


class BellSpec(Spec):
    """What is rung."""

    bell_name: Annotated[str | None, Named(20), Immutable()] = None
    """Its name."""


class Bell(Fake):
    """What is rung; it cannot carry tags, and stands in nothing."""

    name, spec, natural_key = "Bell", BellSpec, ("bellName",)

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        return {"bellName": named(stack, address.name, 20, identifies=True), **fields}


CATALOG: Catalog = {kind.name: kind for kind in (Network(), Segment(), Group(), Door(), Bell())}
