"""A virtual network of one account and region."""

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Create, Detail, Listing, Setter, States
from controller.aws.ec2.addresses import ipv6_ids, ipv6_prefix, with_ipv6_there
from controller.aws.ec2.vpc_spec import VpcSpec
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Placeholder

_IPV6 = (
    *("amazonProvidedIpv6CidrBlock", "ipv6CidrBlockNetworkBorderGroup"),
    *("ipv6Pool", "ipv6IpamPoolId", "ipv6NetmaskLength", "ipv6CidrBlock"),
)
_BLOCK = "Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock"
_GIVE, _TAKE = "AssociateVpcCidrBlock", "DisassociateVpcCidrBlock"


class Vpc(AwsKind):
    """A VPC; its main route table, default security group and default network ACL are attributes of it."""

    spec, service, id_field, tagging = VpcSpec, "ec2", "VpcId", Ec2Tags("vpc")
    listing = Listing("DescribeVpcs", "Vpcs", page=1000)
    states = States("State", pending=frozenset({"pending"}))
    creation, deletion = Create("CreateVpc", "Vpc"), "DeleteVpc"
    gives_initially = {
        "enableDnsSupport": True,
        "enableDnsHostnames": False,
        "enableNetworkAddressUsageMetrics": False,
    }
    # The listing leaves these out, and AWS takes one of them a call.
    reads = tuple(
        Detail(name, "DescribeVpcAttribute", f"{name[0].upper()}{name[1:]}.Value", {"Attribute": name}, always=True)
        for name in gives_initially
    )
    setters = (
        Setter("ModifyVpcAttribute", tuple(gives_initially), one_at_a_time=True),
        Setter(_GIVE, _IPV6, resets=dict.fromkeys(_IPV6, _IPV6), empty=_TAKE),
    )
    attributes = {
        "isDefault": Attribute("Whether it is the account's default VPC.", "IsDefault"),
        "ipv6CidrBlock": Attribute("Its first IPv6 CIDR block.", _BLOCK),
        "ipv6Prefix": Attribute(
            "The beginning of its first IPv6 CIDR block, such as `2600:1f18:1234:56`: a /56 has the subnets "
            "`${prefix}00::/64` to `${prefix}ff::/64`.",
            _BLOCK,
        ),
        "mainRouteTable": Attribute(
            "The id of the main route table that AWS created with it.",
            "RouteTables[0].RouteTableId",
            "DescribeRouteTables",
            (("vpc-id", None), ("association.main", "true")),
        ),
        "defaultSecurityGroup": Attribute(
            "The id of the default security group that AWS created with it.",
            "SecurityGroups[0].GroupId",
            "DescribeSecurityGroups",
            (("vpc-id", None), ("group-name", "default")),
        ),
        "defaultNetworkAcl": Attribute(
            "The id of the default network ACL that AWS created with it.",
            "NetworkAcls[0].NetworkAclId",
            "DescribeNetworkAcls",
            (("vpc-id", None), ("default", "true")),
        ),
    }

    def settings(self, node: Node, changes: Iterable[Change], live: Live | None, me: Placeholder) -> Iterator[Call]:
        """The IPv6 block that it has goes before it is given another, or none."""
        for call in super().settings(node, changes, live, me):
            ids = live.members.get("ipv6CidrBlock", {}).values() if live and call.operation in (_GIVE, _TAKE) else ()
            yield from (Call(self.service, _TAKE, {"AssociationId": id}, call.fields) for id in ids)
            if call.operation != _TAKE:
                yield call

    def live(self, item: Item) -> Live | None:
        """Without the IPv6 blocks that it does not have any more."""
        return super().live(with_ipv6_there(item))

    def member_ids(self, item: Item) -> dict[str, dict[Hashable, str]]:
        """AWS's ids of its IPv6 block."""
        return {**super().member_ids(item), "ipv6CidrBlock": dict(list(ipv6_ids(item))[:1])}

    def shown(self, item: Item) -> dict[str, Any]:
        """The prefix of its subnets follows from its IPv6 block."""
        attributes = {name: value for name, value in super().shown(item).items() if value != ""}
        block = attributes.get("ipv6CidrBlock")
        return {**attributes, "ipv6Prefix": ipv6_prefix(block)} if block else attributes
