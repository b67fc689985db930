"""What a document says of a subnet."""

from typing import Annotated, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.core.model.equality import Blank, Cidr, Default
from controller.core.model.limits import Netmask
from controller.core.model.spec import Aws, Disjoint, Immutable, Inside, Tagged, To, Unique, Zone


class SubnetSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html"""

    vpc: Annotated[str, To("Vpc"), Immutable()]
    """The VPC it belongs to."""
    cidr_block: Annotated[
        str | None,
        Cidr(),
        Netmask(16, 28),
        Immutable(),
        Unique(),
        Inside("vpc", ("cidrBlock",)),
        Disjoint(within="vpc"),
    ] = None
    """The IPv4 CIDR block, within the VPC's and not overlapping any other subnet's. Only an `ipv6Native` subnet has
    none."""
    ipv6_native: Annotated[bool | None, Blank(), Immutable()] = None
    """Whether it has IPv6 addresses only. AWS's default: false."""
    ipv6_cidr_block: Annotated[
        str | None, Cidr(), Unique(), Aws("Ipv6CidrBlockAssociationSet[].Ipv6CidrBlock", write="Ipv6CidrBlock")
    ] = None
    """The IPv6 CIDR block, a /64 within the VPC's, such as
    `{text: "${vpc}01::/64", with: {vpc: {from: Vpc/main, attribute: ipv6Prefix}}}`."""
    assign_ipv6_address_on_creation: Annotated[bool | None, Blank()] = None
    """Whether network interfaces get an IPv6 address. AWS's default: false; true in an `ipv6Native` subnet."""
    availability_zone: Annotated[str | None, Zone(), Immutable()] = None
    """The zone, such as `us-east-1a`. Unset: AWS chooses one."""
    map_public_ip_on_launch: bool | None = None
    """Whether instances get a public IPv4 address. AWS's default: false."""
    enable_dns64: Annotated[bool | None, Blank(), Aws("EnableDns64")] = None
    """Whether DNS64 returns synthetic IPv6 addresses for IPv4-only destinations. AWS's default: false."""
    private_dns_hostname_type_on_launch: Annotated[
        Literal["ip-name", "resource-name"] | None,
        Default("ip-name"),
        Aws("PrivateDnsNameOptionsOnLaunch.HostnameType", write="PrivateDnsHostnameTypeOnLaunch"),
    ] = None
    """What the hostnames of instances are based on. AWS's default: `ip-name`."""
    enable_resource_name_dns_a_record_on_launch: Annotated[
        bool | None,
        Blank(),
        Aws(
            "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord", write="EnableResourceNameDnsARecordOnLaunch"
        ),
    ] = None
    """Whether hostnames based on resource ids have A records. AWS's default: false."""
    enable_resource_name_dns_aaaa_record_on_launch: Annotated[
        bool | None,
        Blank(),
        Aws(
            "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord",
            write="EnableResourceNameDnsAAAARecordOnLaunch",
        ),
    ] = None
    """Whether hostnames based on resource ids have AAAA records. AWS's default: false."""

    @model_validator(mode="after")
    def _addresses(self) -> "SubnetSpec":
        native = self.ipv6_native is True
        if native is (self.cidr_block is not None):
            raise PydanticCustomError("subnet", "a subnet requires a cidrBlock, unless ipv6Native is true")
        if native and self.ipv6_cidr_block is None:
            raise PydanticCustomError("subnet", "an ipv6Native subnet requires an ipv6CidrBlock")
        return self
