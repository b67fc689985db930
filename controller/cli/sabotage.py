"""What goes wrong in the demo: somebody else's calls, behind Holdfast's back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from controller.core.cloud import Cloud
from controller.core.kind import OWNER_NAME, OWNER_STACK
from controller.core.reference import Address


@dataclass(frozen=True)
class Sabotage:
    """One thing that goes wrong behind Holdfast's back: a title, and the calls that somebody else makes."""

    title: str
    calls: Callable[["Stage"], Iterator[tuple[str, dict[str, Any]]]]


@dataclass(frozen=True)
class Stage:
    """The emulator as somebody else sees it, with the stack's live ids by address."""

    cloud: Cloud
    ids: dict[Address, str]

    def id(self, address: str) -> str:
        """The live id of a node, written `Kind/name`."""
        return self.ids[Address.parse(address)]


def _delete_route(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    table = stage.id("RouteTable/private-a")
    yield "DeleteRoute", {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}


def _open_database(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    world = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    yield (
        "AuthorizeSecurityGroupIngress",
        {"GroupId": stage.id("SecurityGroup/db"), "IpPermissions": [world]},
    )


def _change_subnet(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    subnet = stage.id("Subnet/private-b")
    yield "ModifySubnetAttribute", {"SubnetId": subnet, "MapPublicIpOnLaunch": {"Value": True}}


def _delete_nat(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "DeleteNatGateway", {"NatGatewayId": stage.id("NatGateway/b")}


def _misroute(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    yield (
        "ReplaceRoute",
        {
            "RouteTableId": stage.id("RouteTable/private-a"),
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": stage.id("InternetGateway/main"),
        },
    )


def _strip_tags(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    tags = [{"Key": key} for key in (OWNER_STACK, OWNER_NAME, "Name")]
    yield "DeleteTags", {"Resources": [stage.id("Vpc/main")], "Tags": tags}


SABOTAGE = (
    Sabotage("A NAT route is deleted: zone a loses its way out", _delete_route),
    Sabotage("The database port is opened to the world", _open_database),
    Sabotage("A private subnet begins to hand out public addresses", _change_subnet),
    Sabotage("A NAT gateway is deleted: one node is missing, the route to it is a consequence", _delete_nat),
    Sabotage("A private route is pointed at the internet gateway", _misroute),
    Sabotage("The owner tags of the VPC are stripped: nothing is replaced, the tags come back", _strip_tags),
)
