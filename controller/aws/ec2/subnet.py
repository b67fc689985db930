"""One range of addresses of a VPC, in one availability zone."""

from typing import Annotated, Literal

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Attribute, Create, Listing, Setter, States
from controller.core.model.equality import Cidr
from controller.core.model.limits import Netmask
from controller.core.model.spec import Aws, Disjoint, Immutable, Inside, Tagged, To, Unique


class SubnetSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html"""

    vpc: Annotated[str, To("Vpc"), Immutable()]
    """The VPC it belongs to."""
    cidr_block: Annotated[
        str,
        Cidr(),
        Netmask(16, 28),
        Immutable(),
        Unique(),
        Inside("vpc", ("cidrBlock",)),
        Disjoint(within="vpc"),
    ]
    """The IPv4 CIDR block, within the VPC's and not overlapping any other subnet's."""
    availability_zone: Annotated[str | None, Immutable()] = None
    """The zone, such as `us-east-1a`. Unset: AWS chooses one."""
    map_public_ip_on_launch: bool | None = None
    """Whether instances get a public IPv4 address. AWS's default: false."""
    enable_dns64: Annotated[bool | None, Aws("EnableDns64")] = None
    """Whether DNS64 returns synthetic IPv6 addresses for IPv4-only destinations. AWS's default: false."""
    private_dns_hostname_type_on_launch: Annotated[
        Literal["ip-name", "resource-name"] | None,
        Aws("PrivateDnsNameOptionsOnLaunch.HostnameType", write="PrivateDnsHostnameTypeOnLaunch"),
    ] = None
    """What the hostnames of instances are based on. AWS's default: `ip-name`."""
    enable_resource_name_dns_a_record_on_launch: Annotated[
        bool | None,
        Aws(
            "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord", write="EnableResourceNameDnsARecordOnLaunch"
        ),
    ] = None
    """Whether hostnames based on resource ids have A records. AWS's default: false."""


class Subnet(AwsKind):
    """A subnet. AWS changes one attribute per call."""

    spec, service, id_field, tagging = SubnetSpec, "ec2", "SubnetId", Ec2Tags("subnet")
    natural_key = ("vpc", "cidrBlock")
    listing = Listing("DescribeSubnets", "Subnets", page=1000)
    states = States(
        "State",
        pending=frozenset({"pending"}),
        awaits=dict.fromkeys(
            ("failed", "failed-insufficient-capacity"), "delete the subnet, and it is created again"
        ),
    )
    creation, deletion = Create("CreateSubnet", "Subnet"), "DeleteSubnet"
    gives_initially = {
        "mapPublicIpOnLaunch": False,
        "enableDns64": False,
        "privateDnsHostnameTypeOnLaunch": "ip-name",
        "enableResourceNameDnsARecordOnLaunch": False,
    }
    setters = (Setter("ModifySubnetAttribute", tuple(gives_initially), one_at_a_time=True),)
    attributes = {
        "availabilityZoneId": Attribute(
            "The id of the Availability Zone, the same in every account.", "AvailabilityZoneId"
        ),
        "defaultForAz": Attribute("Whether it is the default subnet of its Availability Zone.", "DefaultForAz"),
        "networkAclAssociation": Attribute(
            "The id of its current association with a network ACL.",
            "NetworkAcls[].Associations[SubnetId={id}].NetworkAclAssociationId",
            "DescribeNetworkAcls",
            (("association.subnet-id", None),),
        ),
    }
