"""What is true of a network, and what its document wants, in the same words; written for the auditor alone.

Of several things that were made for one node, the node is the oldest that can be what the document says. What refers
to another of them refers to something else.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from emulators.ec2.groups import source
from emulators.ec2.store import Thing
from emulators.ec2.world import World
from tests.slow.wire import Tree
from tests.torture.kept import PREFIXES
from tests.torture.scene import ANOTHER, OWNER_NAME, OWNER_STACK, Fact, Facts, Ledger, Made

GONE = ("deleted", "deleting", "failed")
LASTING = {
    "Vpc": {"cidr"},
    "Subnet": {"vpc", "cidr", "zone"},
    "SecurityGroup": {"vpc", "description"},
    "RouteTable": {"vpc"},
    "NatGateway": {"subnet", "address"},
}
"""Aspects of a kind that nothing can change: another value is another thing."""
ORDER = ("Vpc", "InternetGateway", "ElasticIp", "Subnet", "SecurityGroup", "RouteTable", "NatGateway")
"""Kinds, after those that their lasting aspects refer to."""
TARGETS = {"GatewayId": "internetGateway", "NatGatewayId": "natGateway"}
REFERENCES = {"internetGateway": "InternetGateway", "natGateway": "NatGateway"}


class Network:
    """The true state of what was made in a world, against one document."""

    def __init__(self, world: World, ledger: Ledger, tree: Tree) -> None:
        self.world, self.ledger = world, ledger
        self.document = wanted(tree)
        self.tags: Mapping[str, str] = tree["spec"].get("tags", {})
        self.of: dict[str, str] = {}
        """The address of each id that is a node."""
        for kind in ORDER:
            for made in self._live(kind):
                if made.address not in self.of.values() and self.right(made):
                    self.of[made.id] = made.address

    def live(self, id: str) -> bool:
        """Whether it is there, and not leaving."""
        thing = self.thing(id)
        return thing is not None and thing.get("State") not in GONE

    def thing(self, id: str) -> Thing | None:
        """The thing of an id."""
        return self.world.things.get(id.rpartition("-")[0], {}).get(id)

    def right(self, made: Made) -> bool:
        """Whether it can be what the document says, without being replaced."""
        thing = self.thing(made.id)
        lasting = LASTING.get(made.kind, set())
        want = {fact for fact in self.document if fact.address == made.address}
        mine = set(self._of_thing(made, thing)) if thing else set()
        return bool(want) and {f for f in want if f.aspect in lasting} <= mine

    def facts(self) -> Facts:
        """All that is true."""
        return frozenset(self._facts())

    def wanted(self) -> Facts:
        """The document's, with the tags that each thing was born with, the document's over them."""
        return frozenset([*self.document, *self._wanted_tags()])

    def _wanted_tags(self) -> Iterator[Fact]:
        for id, address in self.of.items():
            tags = {**self.ledger.made[id].tags, **self.tags}
            yield from (Fact(address, f"tag {key}", value) for key, value in tags.items())

    def _live(self, kind: str) -> list[Made]:
        return [each for each in self.ledger.made.values() if each.kind == kind and self.live(each.id)]

    def _facts(self) -> Iterator[Fact]:
        for made in self.ledger.made.values():
            thing = self.thing(made.id)
            if thing is None or not self.live(made.id):
                continue
            if made.id not in self.of:
                for each in self._of_thing(made, thing):
                    yield each._replace(aspect=f"{ANOTHER} {made.id} {each.aspect}")
                continue
            yield from self._of_thing(made, thing)
            born = {*made.tags, *self.tags, OWNER_STACK, OWNER_NAME}
            yield from (Fact(made.address, f"tag {k}", v) for k, v in thing.tags.items() if k in born)

    def _of_thing(self, made: Made, thing: Thing) -> Iterator[Fact]:
        yield Fact(made.address, "exists", "")
        for aspect, value in getattr(self, f"_{made.kind.lower()}")(thing):
            yield Fact(made.address, aspect, str(value))

    def _named(self, id: Any) -> str:
        return self.of.get(str(id), str(id))

    # --- by kind: aspects and values ---

    def _vpc(self, thing: Thing) -> Iterator[tuple[str, Any]]:
        yield "cidr", thing["CidrBlock"]
        yield "dns-support", thing["EnableDnsSupport"]
        yield "dns-hostnames", thing["EnableDnsHostnames"]

    def _subnet(self, thing: Thing) -> Iterator[tuple[str, Any]]:
        yield "vpc", self._named(thing["VpcId"])
        yield "cidr", thing["CidrBlock"]
        yield "zone", thing["AvailabilityZone"]
        yield "public", thing["MapPublicIpOnLaunch"]

    def _internetgateway(self, thing: Thing) -> Iterator[tuple[str, Any]]:
        yield from (("vpc", self._named(each["VpcId"])) for each in thing["Attachments"])

    def _elasticip(self, thing: Thing) -> Iterator[tuple[str, Any]]:
        yield from ()

    def _natgateway(self, thing: Thing) -> Iterator[tuple[str, Any]]:
        yield "subnet", self._named(thing["SubnetId"])
        yield from (("address", self._named(each.get("AllocationId"))) for each in thing["NatGatewayAddresses"])

    def _routetable(self, thing: Thing) -> Iterator[tuple[str, Any]]:
        yield "vpc", self._named(thing["VpcId"])
        for each in thing["Associations"]:
            yield "subnet", self._named(each.get("SubnetId", "main"))
        for each in thing["Routes"]:
            if each.get("GatewayId") != "local":
                target = next((each[name] for name in TARGETS if each.get(name)), "")
                yield f"route {each.get('DestinationCidrBlock')}", self._named(target)

    def _securitygroup(self, thing: Thing) -> Iterator[tuple[str, Any]]:
        yield "vpc", self._named(thing["VpcId"])
        yield "description", thing["Description"]
        for rule in thing["Rules"]:
            if not rule["IsEgress"]:
                ports = f"{rule['IpProtocol']} {rule['FromPort']}-{rule['ToPort']}"
                yield f"ingress {ports}", f"{self._named(source(rule)[1])} {rule.get('Description') or ''}"


def wanted(tree: Tree) -> Facts:
    """What a document wants, its tags left out."""
    return frozenset(
        Fact(f"{kind}/{name}", aspect, str(value))
        for kind, nodes in tree["spec"]["resources"].items()
        for name, fields in nodes.items()
        for aspect, value in [("exists", ""), *_BY_KIND[kind](fields)]
    )


def _vpc(fields: Tree) -> Iterable[tuple[str, Any]]:
    yield "cidr", fields["cidrBlock"]
    yield "dns-support", fields["enableDnsSupport"]
    yield "dns-hostnames", fields["enableDnsHostnames"]


def _subnet(fields: Tree) -> Iterable[tuple[str, Any]]:
    yield "vpc", f"Vpc/{fields['vpc']}"
    yield "cidr", fields["cidrBlock"]
    yield "zone", fields["availabilityZone"]
    yield "public", fields["mapPublicIpOnLaunch"]


def _gateway(fields: Tree) -> Iterable[tuple[str, Any]]:
    yield "vpc", f"Vpc/{fields['vpc']}"


def _nat(fields: Tree) -> Iterable[tuple[str, Any]]:
    yield "subnet", f"Subnet/{fields['subnet']}"
    yield "address", f"ElasticIp/{fields['elasticIp']}"


def _table(fields: Tree) -> Iterable[tuple[str, Any]]:
    yield "vpc", f"Vpc/{fields['vpc']}"
    yield from (("subnet", f"Subnet/{each}") for each in fields["subnets"])
    for each in fields["routes"]:
        (target,) = ((kind, each[name]) for name, kind in REFERENCES.items() if name in each)
        yield f"route {each['destination']}", "/".join(target)


def _group(fields: Tree) -> Iterable[tuple[str, Any]]:
    yield "vpc", f"Vpc/{fields['vpc']}"
    yield "description", fields["description"]
    for each in fields["ingress"]:
        peer = each.get("cidr") or f"SecurityGroup/{each['group']}"
        ports = f"{each['protocol']} {each['fromPort']}-{each['toPort']}"
        yield f"ingress {ports}", f"{peer} {each.get('description', '')}"


_BY_KIND = {
    "Vpc": _vpc,
    "Subnet": _subnet,
    "InternetGateway": _gateway,
    "ElasticIp": lambda fields: (),
    "NatGateway": _nat,
    "RouteTable": _table,
    "SecurityGroup": _group,
}


def born_with(world: World, vpcs: set[str]) -> set[str]:
    """Ids of what AWS gives a VPC: its main route table, default group and default network ACL."""
    found = set()
    for prefix in ("rtb", "sg", "acl"):
        for thing in world.things[prefix].values():
            main = prefix == "rtb" and any(each["Main"] for each in thing["Associations"])
            if thing["VpcId"] in vpcs and (main or thing.get("GroupName") == "default" or thing.get("IsDefault")):
                found.add(thing.id)
    return found


KINDS_OF_WORLD = (*PREFIXES.values(), "acl", "vpce")
"""Prefixes of all that the audit counts."""
