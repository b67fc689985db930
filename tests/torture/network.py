"""The network, `desired/network.yaml`, on the strict stand-in for EC2: the account, and what others do in it."""

import copy
import json
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from random import Random
from typing import Any

from botocore.client import BaseClient

from controller.core.document.loader import load
from controller.core.model.kind import Catalog
from controller.core.model.stack import Stack
from controller.sources.files import LocalFiles
from emulators.ec2.server import StrictEc2
from emulators.ec2.store import Fault, Thing
from emulators.ec2.world import World
from tests.clock import Clock
from tests.direct import Answering, asked_of
from tests.engine.harness import CATALOG
from tests.slow.wire import Tree
from tests.stacks.documents import tree_of
from tests.torture.facts import KINDS_OF_WORLD, Network, born_with
from tests.torture.faults import Sort
from tests.torture.kept import PREFIXES
from tests.torture.scene import OWNER_NAME, OWNER_STACK, Facts, Ledger, Made, Undo

PENDING, DELETING = 20.0, 12.0
"""Seconds that a NAT gateway takes to come and to go."""
ELSEWHERE = "172.20.0.0/16"
Act = Callable[["NetworkScene", Random], Undo | None]
Edit = Callable[[Tree], None]


class NetworkScene:
    """One account, with things of others in it from the start."""

    standing = False

    def __init__(self, clock: Clock, chance: Random, sorts: Collection[Sort]) -> None:
        self.server = StrictEc2(clock=clock, pending=PENDING, deleting=DELETING)
        self.server._listener.server_close()  # nothing comes by a socket
        self.world: World = self.server.world
        self.answering: Answering = asked_of(self.server)
        self.catalog: Catalog = {name: CATALOG[name] for name in PREFIXES}
        self.ledger = Ledger()
        self.clients: dict[str, BaseClient] = {}
        self.tree: Tree = copy.deepcopy(tree_of("network"))
        self.name: str = self.tree["metadata"]["name"]
        if chance.random() < 0.5:
            self.tree["spec"]["allow"] = ["Create", "Update", "Replace", "Delete"]
        self.others: set[str] = set()
        """Ids of what is not ours."""
        self._scenery(Sort.ALIKE in sorts)

    # --- the document ---

    def stack(self) -> Stack:
        """The document, read as any is."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.yaml"
            path.write_text(json.dumps(self.tree))
            (stack,) = load(LocalFiles([path]), CATALOG)
        return stack

    def edit(self, chance: Random, everything: bool) -> str:
        """One or two edits."""
        edits = [*EDITS, *(SWEEPING if everything else [])]
        chosen = chance.sample(edits, chance.choice((1, 1, 2)))
        for each in chosen:
            each(self.tree["spec"])
        return ", ".join(each.__name__ for each in chosen)

    # --- the truth ---

    def _network(self) -> Network:
        self.world.settle()
        return Network(self.world, self.ledger, self.tree)

    def live(self, id: str) -> bool:
        """Whether it is there, and not leaving."""
        return self._network().live(id)

    def right(self, made: Made) -> bool:
        """Whether it can stay."""
        return self._network().right(made)

    def facts(self) -> Facts:
        """All that is true."""
        return self._network().facts()

    def wanted(self) -> Facts:
        """All that is wanted."""
        return self._network().wanted()

    def foreign(self) -> Mapping[str, str]:
        """What others have, every member of it."""
        found = {id: self.thing(id) for id in sorted(self.others)}
        return {id: json.dumps(thing, sort_keys=True) for id, thing in found.items() if thing is not None}

    def strays(self) -> Collection[str]:
        """What is there and nobody has made, the deleted that are still listed left out."""
        network = self._network()
        there = {id for prefix in KINDS_OF_WORLD for id in self.world.things[prefix] if network.live(id)}
        vpcs = set(self.world.things["vpc"])
        return there - self.others - self.ledger.made.keys() - born_with(self.world, vpcs)

    def thing(self, id: str) -> Thing | None:
        """The thing of an id."""
        return self.world.things[id.rpartition("-")[0]].get(id)

    def node(self, address: str) -> Thing | None:
        """The thing that is a node."""
        ids = [id for id, found in self._network().of.items() if found == address]
        return self.thing(ids[0]) if ids else None

    # --- others ---

    def by_hand(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Somebody else asks for something."""
        return self.world.perform(operation, parameters)

    def make(self, operation: str, id: str, tags: Mapping[str, str] | None = None, **parameters: Any) -> str:
        """Somebody else makes something; its id."""
        answer = self.by_hand(operation, **parameters)
        inner = next((value for value in answer.values() if isinstance(value, dict) and id in value), answer)
        self.others.add(inner[id])
        found = self.thing(inner[id])
        if tags and found is not None:
            found.tag(tags)
        return str(inner[id])

    def _scenery(self, alike: bool) -> None:
        """Somebody else's network; alike: named as ours would be, and marked for stacks with nearly our name."""

        def tags(name: str) -> Mapping[str, str]:
            if not alike:
                return {"Name": f"legacy-{name}"}
            stack = self.name if name == "" else f"{self.name}-old" if "a" in name else self.name[:2]
            return {"Name": f"{self.name}-{name}", OWNER_STACK: stack, OWNER_NAME: name, "Env": "prod"}

        vpc = self.make("CreateVpc", "VpcId", tags("main"), CidrBlock=ELSEWHERE)
        self.others |= born_with(self.world, {vpc})
        subnet = self.make("CreateSubnet", "SubnetId", tags("public-a"), VpcId=vpc, CidrBlock="172.20.1.0/24")
        gateway = self.make("CreateInternetGateway", "InternetGatewayId", tags("main"))
        self.by_hand("AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
        table = self.make("CreateRouteTable", "RouteTableId", tags("public"), VpcId=vpc)
        self.by_hand("CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        self.by_hand("AssociateRouteTable", RouteTableId=table, SubnetId=subnet)
        self.make("AllocateAddress", "AllocationId", tags("nat-a"))
        name = f"{self.name}-alb" if alike else "legacy-alb"
        group = {"VpcId": vpc, "GroupName": name, "Description": "The load balancer, open to the world"}
        self.make("CreateSecurityGroup", "GroupId", tags("alb"), **group)

    def settle_in(self) -> None:
        """Somebody puts things of their own into our network."""
        vpc = self.node("Vpc/main")
        if vpc is not None:
            self.make("CreateRouteTable", "RouteTableId", {"Name": "experiment"}, VpcId=vpc.id)
            group = {"VpcId": vpc.id, "GroupName": "experiment", "Description": "ours for now"}
            self.make("CreateSecurityGroup", "GroupId", {"Name": "experiment"}, **group)

    def clear(self) -> None:
        """What others have in our network goes."""
        ours = self.ledger.made.keys()
        for id in sorted(self.others):
            thing = self.thing(id)
            if thing is not None and thing.get("VpcId") in ours and id.startswith(("rtb-", "sg-")):
                operation, member = ("DeleteRouteTable", "RouteTableId") if id[0] == "r" else _DELETE_GROUP
                self.by_hand(operation, **{member: id})
                self.others.discard(id)

    def act(self, sort: Sort, chance: Random) -> Undo | None:
        """One of the acts of this sort; AWS may refuse it."""
        try:
            return chance.choice(ACTS[sort])(self, chance)
        except Fault:
            return None


_DELETE_GROUP = ("DeleteSecurityGroup", "GroupId")

# --- what others do ---


def nat_deleted(scene: NetworkScene, chance: Random) -> Undo | None:
    found = scene.node(f"NatGateway/{chance.choice('ab')}")
    if found is None:
        return None
    scene.by_hand("DeleteNatGateway", NatGatewayId=found.id)
    return Undo(f"deletes {found.id}")


def table_deleted(scene: NetworkScene, chance: Random) -> Undo | None:
    found = scene.node(f"RouteTable/{chance.choice(('private-a', 'public', 'data'))}")
    if found is None:
        return None
    for each in found["Associations"]:
        scene.by_hand("DisassociateRouteTable", AssociationId=each["RouteTableAssociationId"])
    scene.by_hand("DeleteRouteTable", RouteTableId=found.id)
    return Undo(f"deletes {found.id}")


def subnet_deleted(scene: NetworkScene, chance: Random) -> Undo | None:
    return _deleted(scene, f"Subnet/data-{chance.choice('ab')}", "DeleteSubnet", "SubnetId")


def group_deleted(scene: NetworkScene, chance: Random) -> Undo | None:
    return _deleted(scene, "SecurityGroup/db", "DeleteSecurityGroup", "GroupId")


def _deleted(scene: NetworkScene, address: str, operation: str, parameter: str) -> Undo | None:
    found = scene.node(address)
    if found is None:
        return None
    scene.by_hand(operation, **{parameter: found.id})
    return Undo(f"deletes {found.id}")


def names_off(scene: NetworkScene, chance: Random) -> Undo | None:
    found = scene.node("Vpc/main")
    if found is None:
        return None
    scene.by_hand("ModifyVpcAttribute", VpcId=found.id, EnableDnsHostnames={"Value": False})
    return Undo(f"turns DNS names of {found.id} off")


def door_opened(scene: NetworkScene, chance: Random) -> Undo | None:
    found = scene.node(f"SecurityGroup/{chance.choice(('alb', 'app', 'db'))}")
    if found is None:
        return None
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    scene.by_hand("AuthorizeSecurityGroupIngress", GroupId=found.id, IpPermissions=[permission])
    return Undo(f"opens {found.id}")


def door_shut(scene: NetworkScene, chance: Random) -> Undo | None:
    found = scene.node(f"SecurityGroup/{chance.choice(('alb', 'app', 'db'))}")
    rules = [each.id for each in found["Rules"] if not each["IsEgress"]] if found is not None else []
    if found is None or not rules:
        return None
    scene.by_hand("RevokeSecurityGroupIngress", GroupId=found.id, SecurityGroupRuleIds=[chance.choice(rules)])
    return Undo(f"takes a rule from {found.id}")


def route_lost(scene: NetworkScene, chance: Random) -> Undo | None:
    found = scene.node(f"RouteTable/{chance.choice(('public', 'private-a', 'private-b'))}")
    if found is None or len(found["Routes"]) < 2:
        return None
    scene.by_hand("DeleteRoute", RouteTableId=found.id, DestinationCidrBlock="0.0.0.0/0")
    return Undo(f"takes the route from {found.id}")


def route_bent(scene: NetworkScene, chance: Random) -> Undo | None:
    found, nat = scene.node("RouteTable/private-a"), scene.node("NatGateway/b")
    if found is None or nat is None or len(found["Routes"]) < 2:
        return None
    scene.by_hand("ReplaceRoute", RouteTableId=found.id, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat.id)
    return Undo(f"bends the route of {found.id} to {nat.id}")


def subnet_let_go(scene: NetworkScene, chance: Random) -> Undo | None:
    found = scene.node(f"RouteTable/{chance.choice(('public', 'private-b', 'data'))}")
    if found is None or not found["Associations"]:
        return None
    scene.by_hand("DisassociateRouteTable", AssociationId=found["Associations"][0]["RouteTableAssociationId"])
    return Undo(f"takes a subnet from {found.id}")


def renamed(scene: NetworkScene, chance: Random) -> Undo | None:
    found = _any_node(scene, chance)
    if found is None:
        return None
    scene.by_hand("CreateTags", Resources=[found.id], Tags=[{"Key": "Env", "Value": "test"}])
    return Undo(f"tags {found.id} Env=test")


def _any_node(scene: NetworkScene, chance: Random) -> Thing | None:
    ids = [id for id in scene._network().of if not id.startswith("nat-")]
    return scene.thing(chance.choice(ids)) if ids else None


def copied(scene: NetworkScene, chance: Random) -> Undo | None:
    """A thing of somebody else gets all the tags of one of ours of its kind."""
    id = chance.choice(sorted(id for id in scene.others if id.rpartition("-")[0] in PREFIXES.values()))
    ours = [each for each in scene._network().of if each.rpartition("-")[0] == id.rpartition("-")[0]]
    source, target = scene.thing(chance.choice(ours)) if ours else None, scene.thing(id)
    if source is None or target is None:
        return None
    before = dict(target.tags)
    target.tag(source.tags)
    return Undo(f"copies the tags of {source.id} onto {id}, which is not ours", lambda: target.tag(before))


def swapped(scene: NetworkScene, chance: Random) -> Undo | None:
    """Two things of one kind get each other's tags."""
    of = scene._network().of
    kind = chance.choice(("RouteTable", "Subnet", "ElasticIp", "NatGateway", "SecurityGroup"))
    ours = [thing for id, address in of.items() if address.startswith(f"{kind}/") and (thing := scene.thing(id))]
    if len(ours) < 2:
        return None
    first, second = chance.sample(ours, 2)
    first_tags, second_tags = dict(first.tags), dict(second.tags)
    first.tag(second_tags)
    second.tag(first_tags)

    def settle() -> None:
        first.tag(first_tags)
        second.tag(second_tags)

    return Undo(f"swaps the tags of {first.id} and {second.id}", settle)


def stripped(scene: NetworkScene, chance: Random) -> Undo | None:
    """One of ours loses its owner tags."""
    found = _any_node(scene, chance)
    if found is None:
        return None
    before = dict(found.tags)
    found.tag({key: value for key, value in before.items() if key not in (OWNER_STACK, OWNER_NAME)})
    return Undo(f"strips {found.id} of its owner tags", lambda: found.tag(before))


def settled_in(scene: NetworkScene, chance: Random) -> Undo | None:
    scene.settle_in()
    return Undo("puts things of their own into our network")


ACTS: Mapping[Sort, list[Act]] = {
    Sort.DELETED: [nat_deleted, table_deleted, subnet_deleted, group_deleted],
    Sort.DRIFTED: [names_off, door_opened, door_shut, route_lost, route_bent, subnet_let_go, renamed],
    Sort.COPIED: [copied],
    Sort.SWAPPED: [swapped],
    Sort.STRIPPED: [stripped],
    Sort.ALIKE: [settled_in],
}

# --- edits ---


def without_names(spec: Tree) -> None:
    spec["resources"]["Vpc"]["main"]["enableDnsHostnames"] = False


def another_subnet(spec: Tree) -> None:
    fields = {
        "vpc": "main",
        "cidrBlock": "10.0.31.0/24",
        "availabilityZone": "us-east-1c",
        "mapPublicIpOnLaunch": False,
    }
    spec["resources"]["Subnet"]["data-c"] = fields
    spec["resources"]["RouteTable"]["data"]["subnets"].append("data-c")


def another_port(spec: Tree) -> None:
    rule = {"protocol": "tcp", "fromPort": 8443, "toPort": 8443, "group": "alb"}
    spec["resources"]["SecurityGroup"]["app"]["ingress"].append(rule)


def other_tags(spec: Tree) -> None:
    spec["tags"] = {"Env": "staging"}


def another_gateway(spec: Tree) -> None:
    spec["resources"]["RouteTable"]["private-a"]["routes"] = [{"destination": "0.0.0.0/0", "natGateway": "b"}]


def another_description(spec: Tree) -> None:
    spec["resources"]["SecurityGroup"]["alb"]["description"] = "Open to the world"


def fewer_subnets(spec: Tree) -> None:
    del spec["resources"]["Subnet"]["data-b"]
    spec["resources"]["RouteTable"]["data"]["subnets"].remove("data-b")


def another_address(spec: Tree) -> None:
    spec["resources"]["ElasticIp"]["nat-c"] = {}
    spec["resources"]["NatGateway"]["b"]["elasticIp"] = "nat-c"


EDITS: list[Edit] = [without_names, another_subnet, another_port, other_tags, another_gateway]
SWEEPING: list[Edit] = [another_description, fewer_subnets, another_address]
"""Those that replace or remove."""
