"""A virtual network of one account and region."""

from typing import Annotated, Literal

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Attribute, Create, Detail, Listing, Setter, States
from controller.core.model.equality import Cidr
from controller.core.model.limits import Netmask
from controller.core.model.spec import Immutable, Tagged


class VpcSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html"""

    cidr_block: Annotated[str, Cidr(), Netmask(16, 28), Immutable()]
    """The IPv4 CIDR block of the VPC."""
    instance_tenancy: Annotated[Literal["default", "dedicated"] | None, Immutable()] = None
    """Whether instances run on dedicated hardware. AWS's default: `default`."""
    enable_dns_support: bool | None = None
    """Whether DNS resolution through the Amazon DNS server is enabled. AWS's default: true."""
    enable_dns_hostnames: bool | None = None
    """Whether instances with public addresses get public DNS names. AWS's default: false."""
    enable_network_address_usage_metrics: bool | None = None
    """Whether Network Address Usage metrics are enabled. AWS's default: false."""


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
    setters = (Setter("ModifyVpcAttribute", tuple(gives_initially), one_at_a_time=True),)
    attributes = {
        "isDefault": Attribute("Whether it is the account's default VPC.", "IsDefault"),
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
