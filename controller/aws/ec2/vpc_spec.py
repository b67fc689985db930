"""What a document says of a VPC."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.core.model.equality import Blank, Cidr
from controller.core.model.limits import Netmask
from controller.core.model.spec import Aws, Form, Immutable, Tagged, WriteOnly

_POOL, _BLOCK = "Ipv6CidrBlockAssociationSet[0].Ipv6Pool", "Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock"
_AMAZON, _IPAM = "Amazon", "IPAM Managed"


def _shown(read: Callable[[str], Any]) -> Form:
    return Form(read=read, write=lambda value: value)


class VpcSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html

    Its first IPv6 CIDR block comes from Amazon, from an address pool of the account or from IPAM.
    """

    cidr_block: Annotated[str, Cidr(), Netmask(16, 28), Immutable()]
    """The IPv4 CIDR block of the VPC."""
    instance_tenancy: Annotated[Literal["default", "dedicated"] | None, Immutable()] = None
    """Whether instances run on dedicated hardware. AWS's default: `default`."""
    amazon_provided_ipv6_cidr_block: Annotated[
        bool | None,
        Blank(),
        _shown(lambda pool: pool == _AMAZON or pool),
        Aws(_POOL, write="AmazonProvidedIpv6CidrBlock"),
    ] = None
    """Whether it has an IPv6 CIDR block of Amazon's, a /56. False, without a pool, takes away the one that it has."""
    ipv6_cidr_block_network_border_group: Annotated[
        str | None,
        Aws("Ipv6CidrBlockAssociationSet[0].NetworkBorderGroup", write="Ipv6CidrBlockNetworkBorderGroup"),
    ] = None
    """The network border group that advertises Amazon's block. AWS's default: the region."""
    ipv6_pool: Annotated[
        str | None,
        _shown(lambda pool: pool if pool not in (_AMAZON, _IPAM) else None),
        Aws(_POOL, write="Ipv6Pool"),
    ] = None
    """The id of the account's own IPv6 address pool that its block comes from."""
    ipv6_ipam_pool_id: Annotated[str | None, WriteOnly("AWS does not say which IPAM pool a block is from")] = None
    """The id of the IPAM pool that its IPv6 block comes from."""
    ipv6_netmask_length: Annotated[
        int | None,
        _shown(lambda block: int(block.rpartition("/")[2]) if block else None),
        Aws(_BLOCK, write="Ipv6NetmaskLength"),
    ] = None
    """The length of the netmask of a block from IPAM. AWS's default: that of the pool."""
    ipv6_cidr_block: Annotated[str | None, Cidr(), Aws(_BLOCK, write="Ipv6CidrBlock")] = None
    """The block of the pool. Unset: AWS chooses one."""
    enable_dns_support: bool | None = None
    """Whether DNS resolution through the Amazon DNS server is enabled. AWS's default: true."""
    enable_dns_hostnames: bool | None = None
    """Whether instances with public addresses get public DNS names. AWS's default: false."""
    enable_network_address_usage_metrics: bool | None = None
    """Whether Network Address Usage metrics are enabled. AWS's default: false."""

    @model_validator(mode="after")
    def _one_source(self) -> "VpcSpec":
        amazon, pool, ipam = self.amazon_provided_ipv6_cidr_block, self.ipv6_pool, self.ipv6_ipam_pool_id
        if sum(map(bool, (amazon, pool, ipam))) > 1:
            raise _fault("a VPC takes one of amazonProvidedIpv6CidrBlock, ipv6Pool and ipv6IpamPoolId")
        if self.ipv6_cidr_block is not None and not (pool or ipam):
            raise _fault("ipv6CidrBlock requires ipv6Pool or ipv6IpamPoolId")
        if self.ipv6_netmask_length is not None and not ipam:
            raise _fault("ipv6NetmaskLength requires ipv6IpamPoolId")
        if self.ipv6_cidr_block_network_border_group is not None and not amazon:
            raise _fault("ipv6CidrBlockNetworkBorderGroup requires amazonProvidedIpv6CidrBlock: true")
        return self


def _fault(message: str) -> PydanticCustomError:
    return PydanticCustomError("ipv6", message)
