"""Fills a world with networks that are in sync with a document, and writes that document."""

from typing import Any

from botocore import xform_name

from controller.core.model.naming import named
from emulators.ec2.store import ACCOUNT, ANYWHERE, REGION, Members
from emulators.ec2.world import World


def owner_tags(stack: str, name: str) -> dict[str, str]:
    """The tags by which Holdfast knows its own."""
    return {"holdfast.dev/stack": stack, "holdfast.dev/name": name, "Name": f"{stack}-{name}"}


Resources = dict[str, dict[str, Members]]
"""The `resources` of a document: kind → name → spec."""


class Scenery:
    """Fills a world with VPCs as a Holdfast document would have made them, and writes that document."""

    zones = "abc"

    def __init__(self, world: World, stack: str) -> None:
        self.world, self.stack = world, stack
        self.resources: Resources = {}

    def document(self) -> Members:
        """The document that the world is in sync with."""
        spec = {
            "region": REGION, "accountId": ACCOUNT, "mode": "Enforce", "allow": ["Create", "Update"],
            "resources": self.resources,
        }  # fmt: skip
        return {
            "apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack",
            "metadata": {"name": self.stack}, "spec": spec,
        }  # fmt: skip

    def nodes(self) -> int:
        """How many nodes the document has so far."""
        return sum(len(specs) for specs in self.resources.values())

    def add_network(self, net: str) -> None:
        """A VPC, its gateway and groups; a zone has two subnets, an address, a NAT gateway and a table."""
        vpc = self._make("Vpc", net, {
            "cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "enableDnsSupport": True,
        }, CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]  # fmt: skip
        self.world.modify_vpc_attribute({"VpcId": vpc, "EnableDnsHostnames": {"Value": True}})
        gateway = self._make("InternetGateway", net, {"vpc": net})["InternetGateway"]["InternetGatewayId"]
        self.world.attach_internet_gateway({"InternetGatewayId": gateway, "VpcId": vpc})
        public = {}
        for number, zone in enumerate(self.zones):
            name = f"{net}-public-{zone}"
            public[name] = self._subnet(net, vpc, name, f"10.0.{number}.0/24", public=True)
            self._private_zone(net, vpc, name, public[name], number)
        route = {"destination": ANYWHERE, "internetGateway": net}
        self._table(net, vpc, f"{net}-public", public, route, {"GatewayId": gateway})
        self._groups(net, vpc)

    def _make(self, kind: str, name: str, spec: Members, **parameters: Any) -> Members:
        """Notes a node of the document, and creates what it stands for."""
        self.resources.setdefault(kind, {})[name] = spec
        operation = "allocate_address" if kind == "ElasticIp" else xform_name(f"Create{kind}")
        tag_type = {"ElasticIp": "elastic-ip", "NatGateway": "natgateway"}.get(kind)
        tags = [{"Key": key, "Value": value} for key, value in owner_tags(self.stack, name).items()]
        parameters["TagSpecifications"] = [{"ResourceType": tag_type or xform_name(kind, "-"), "Tags": tags}]
        answer: Members = getattr(self.world, operation)(parameters)
        return answer

    def _subnet(self, net: str, vpc: str, name: str, block: str, public: bool) -> str:
        zone = REGION + name[-1]
        spec = {"vpc": net, "cidrBlock": block, "availabilityZone": zone, "mapPublicIpOnLaunch": public}
        made = self._make("Subnet", name, spec, VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)
        subnet: str = made["Subnet"]["SubnetId"]
        self.world.modify_subnet_attribute({"SubnetId": subnet, "MapPublicIpOnLaunch": {"Value": public}})
        return subnet

    def _private_zone(self, net: str, vpc: str, public: str, public_id: str, number: int) -> None:
        zone = self.zones[number]
        name, private = f"{net}-{zone}", f"{net}-private-{zone}"
        address = self._make("ElasticIp", name, {})["AllocationId"]
        spec = {"subnet": public, "elasticIp": name}
        nat = self._make("NatGateway", name, spec, SubnetId=public_id, AllocationId=address)["NatGateway"]
        nat.change(State="available")
        subnets = {private: self._subnet(net, vpc, private, f"10.0.{100 + number}.0/24", public=False)}
        route = {"destination": ANYWHERE, "natGateway": name}
        self._table(net, vpc, private, subnets, route, {"NatGatewayId": nat.id})

    def _table(self, net: str, vpc: str, name: str, subnets: dict[str, str], route: Members, target: Members) -> None:
        spec = {"vpc": net, "subnets": [*subnets], "routes": [route]}
        table = self._make("RouteTable", name, spec, VpcId=vpc)["RouteTable"].id
        self.world.create_route({"RouteTableId": table, "DestinationCidrBlock": ANYWHERE, **target})
        for subnet in subnets.values():
            self.world.associate_route_table({"RouteTableId": table, "SubnetId": subnet})

    def _groups(self, net: str, vpc: str) -> None:
        """Three groups in a chain: the world to web, web to app, app to db."""
        entry: Members = {"cidr": ANYWHERE}
        source: Members = {"IpRanges": [{"CidrIp": ANYWHERE}]}
        for tier, port in (("web", 443), ("app", 8080), ("db", 5432)):
            name = f"{net}-{tier}"
            spec = {
                "vpc": net,
                "ingress": [{"protocol": "tcp", "fromPort": port, "toPort": port, **entry}],
                "egress": [{"protocol": "-1", "cidr": ANYWHERE}],
            }
            group = self._make(
                "SecurityGroup", name, spec,
                VpcId=vpc, GroupName=named(self.stack, name, 255), Description="Managed by Holdfast",
            )["GroupId"]  # fmt: skip
            permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
            self.world.authorize_security_group_ingress({"GroupId": group, "IpPermissions": [permission]})
            entry, source = {"group": name}, {"UserIdGroupPairs": [{"GroupId": group}]}


def populate(world: World, nodes: int, stack: str) -> Members:
    """Fills a world with whole networks until it has `nodes` nodes or a few more; returns their document."""
    scenery = Scenery(world, stack)
    while scenery.nodes() < nodes:
        scenery.add_network(f"net-{len(scenery.resources.get('Vpc', {})) + 1:04}")
    return scenery.document()
