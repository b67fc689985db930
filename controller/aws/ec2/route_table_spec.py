"""What a document says of a route table."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.ec2.addresses import ipv4, ipv6, prefixed
from controller.core.model.equality import Cidr
from controller.core.model.rules import Check, Same
from controller.core.model.spec import Aws, Immutable, Keyed, ServerManaged, Sole, Spec, Tagged, To, Unordered


class Route(Spec):
    """One route: a destination and exactly one target."""

    constraints = (
        Check(
            "a route to an egress-only internet gateway has an IPv6 destination",
            lambda gateway, destination: not ipv4(destination),
            "egressOnlyInternetGateway",
            "destination",
            page="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html",
        ),
    )

    destination: Annotated[
        str,
        Cidr(or_prefix="pl-"),
        Aws(DestinationCidrBlock=ipv4, DestinationIpv6CidrBlock=ipv6, DestinationPrefixListId=prefixed("pl-")),
    ]
    """The destination CIDR block, or the id of a prefix list."""
    internet_gateway: Annotated[str | None, To("InternetGateway"), Aws(GatewayId=prefixed("igw-"))] = None
    """The internet gateway as the target."""
    egress_only_internet_gateway: Annotated[str | None, To("EgressOnlyInternetGateway")] = None
    """The egress-only internet gateway as the target of IPv6 traffic."""
    nat_gateway: Annotated[str | None, To("NatGateway")] = None
    """The NAT gateway as the target."""
    vpc_endpoint: Annotated[
        str | None, To("VpcEndpoint"), Aws(write="VpcEndpointId", GatewayId=prefixed("vpce-"))
    ] = None
    """The Gateway Load Balancer endpoint as the target."""
    network_interface_id: str | None = None
    """The id of the network interface as the target."""
    virtual_private_gateway: Annotated[str | None, Aws(GatewayId=prefixed("vgw-"))] = None
    """The id of the virtual private gateway as the target."""
    transit_gateway_id: str | None = None
    """The id of the transit gateway as the target."""
    vpc_peering_connection_id: str | None = None
    """The id of the VPC peering connection as the target."""
    core_network_arn: str | None = None
    """The ARN of the Cloud WAN core network as the target."""
    carrier_gateway_id: str | None = None
    """The id of the carrier gateway as the target, for subnets in Wavelength Zones."""
    local_gateway_id: str | None = None
    """The id of the local gateway as the target, for subnets on an Outpost."""

    @model_validator(mode="after")
    def _one_target(self) -> "Route":
        targets = [name for name in self.model_fields_set if name != "destination" and getattr(self, name)]
        if len(targets) != 1:
            message = (
                "a route requires exactly one target, such as natGateway or internetGateway; this one has {count}"
            )
            raise PydanticCustomError("route", message, {"count": len(targets) or "none"})
        return self


def _made_by_aws(route: Mapping[str, Any]) -> bool:
    """The local routes as AWS makes them, propagated routes, and those of gateway endpoints."""
    gateway, prefix_list = str(route.get("GatewayId", "")), "DestinationPrefixListId" in route
    of_endpoint = gateway.startswith("vpce-") and prefix_list
    return route.get("Origin") == "EnableVgwRoutePropagation" or gateway == "local" or of_endpoint


class RouteTableSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html"""

    constraints = (
        Same(
            "vpc",
            "subnets[].vpc",
            "routes[].internetGateway.vpc",
            "routes[].egressOnlyInternetGateway.vpc",
            "routes[].natGateway.subnet.vpc",
            "routes[].vpcEndpoint.vpc",
        ),
    )

    vpc: Annotated[str, To("Vpc"), Immutable()]
    """The VPC it belongs to."""
    main: Annotated[Literal[True] | None, Aws("Associations[Main=True].Main")] = None
    """True for the VPC's main route table, which subnets without an association use."""
    subnets: Annotated[
        list[Annotated[str, To("Subnet", gives=True)]] | None,
        Unordered(),
        Sole(),
        Aws("Associations[].SubnetId", write="SubnetId"),
    ] = None
    """The subnets associated with it. A subnet has one route table."""
    routes: Annotated[list[Route] | None, Keyed("destination"), ServerManaged(_made_by_aws)] = None
    """Its routes; the local route, propagated routes and those of gateway endpoints are AWS's and not listed here. A
    route for the VPC's own range replaces the target of the local route, in a new table in the second pass; without
    one here that target is `local` again."""
