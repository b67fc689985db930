"""What a document says of an Application or Network Load Balancer."""

from typing import Annotated, Literal

from controller.aws.elbv2.attributes import Attributes
from controller.aws.structures.rules import ELB_NAME, in_different_zones, in_two_zones
from controller.core.model.conditions import Is
from controller.core.model.equality import Default
from controller.core.model.limits import Among, Bounds, Entries
from controller.core.model.rules import Check, ExactlyOne, Only, Same
from controller.core.model.spec import Aws, Computed, Immutable, Keyed, Named, Spec, Tagged, To, Unordered

_ASSIGNED = Computed("AWS assigns an address of the subnet")


class SubnetMapping(Spec):
    """A subnet with the IP addresses of a Network Load Balancer in it."""

    subnet: Annotated[str, To("Subnet")]
    """The subnet."""
    elastic_ip: Annotated[
        str | None, To("ElasticIp"), Aws("LoadBalancerAddresses[0].AllocationId", write="AllocationId")
    ] = None
    """The Elastic IP, for an internet-facing load balancer."""
    private_ipv4_address: Annotated[
        str | None, _ASSIGNED, Aws("LoadBalancerAddresses[0].PrivateIPv4Address", write="PrivateIPv4Address")
    ] = None
    """The private IPv4 address, for an internal load balancer."""
    ipv6_address: Annotated[
        str | None, _ASSIGNED, Aws("LoadBalancerAddresses[0].IPv6Address", write="IPv6Address")
    ] = None
    """The IPv6 address."""


_APPLICATION = Is("type", "application", default="application")
_INTERNET_FACING = Is("scheme", "internet-facing", default="internet-facing")
_ATTRIBUTES = Entries(
    {
        "idle_timeout.timeout_seconds": Bounds(1, 4000),
        "client_keep_alive.seconds": Bounds(60, 604_800),
        "routing.http.desync_mitigation_mode": Among("monitor", "defensive", "strictest"),
        "routing.http.xff_header_processing.mode": Among("append", "preserve", "remove"),
    }
)
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html"""


class LoadBalancerSpec(Tagged):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"""

    constraints = (
        ExactlyOne("subnets", "subnetMappings"),
        in_two_zones("subnets", _APPLICATION),
        in_different_zones("subnets"),
        Same("subnets[].vpc", "subnetMappings[].subnet.vpc"),
        Only("subnetMappings[].elasticIp", when=Is("type", "network", default="application")),
        Only("subnetMappings[].elasticIp", when=_INTERNET_FACING),
        Check(
            "ipAddressType is ipv4 or dualstack",
            lambda type: type in ("ipv4", "dualstack"),
            "ipAddressType",
            when=(Is("type", "network"),),
        ),
    )

    name: Annotated[
        str | None,
        Immutable(),
        Named(limit=32, legal=ELB_NAME),
        ELB_NAME,
        Aws("LoadBalancerName", write="Name"),
    ] = None
    """Its name, unique in the account and region. Unset: `<stack>-<name>`."""
    type: Annotated[Literal["application", "network", "gateway"] | None, Immutable()] = None
    """`application` (layer 7), `network` (layer 4) or `gateway` (layer 3, for appliances in the path of traffic).
    AWS's default: `application`."""
    scheme: Annotated[Literal["internet-facing", "internal"] | None, Immutable()] = None
    """Whether it has public or only private IP addresses. AWS's default: `internet-facing`."""
    ip_address_type: Annotated[
        Literal["ipv4", "dualstack", "dualstack-without-public-ipv4"] | None, Default("ipv4")
    ] = None
    """The IP address types that clients use. AWS's default: `ipv4`."""
    subnets: Annotated[
        list[Annotated[str, To("Subnet")]] | None, Unordered(), Aws("AvailabilityZones[].SubnetId", write="Subnets")
    ] = None
    """Its subnets, one per zone; an Application Load Balancer needs at least two."""
    subnet_mappings: Annotated[
        list[SubnetMapping] | None, Keyed("subnet"), Aws("AvailabilityZones", write="SubnetMappings")
    ] = None
    """Instead of `subnets`: subnets with IP addresses. AWS cannot change the addresses in a subnet."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup")]] | None, Unordered(), Aws("SecurityGroups")
    ] = None
    """Its security groups. A Network Load Balancer created without any can never get one."""
    attributes: Annotated[Attributes, _ATTRIBUTES] = None
    """Its attributes by AWS's names, such as `idle_timeout.timeout_seconds: 60`, `access_logs.s3.bucket` or
    `deletion_protection.enabled: true`, with which AWS refuses to delete it. Only those named here are managed."""
