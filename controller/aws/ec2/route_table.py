"""Where the packets of subnets go."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Collection, Create, CreatedWith, Listing, Op
from controller.aws.ec2.addresses import ipv4, ipv6, prefixed
from controller.core.model.equality import Cidr
from controller.core.model.spec import Aws, Immutable, Keyed, ServerManaged, Sole, Spec, Tagged, To, Unordered


class Route(Spec):
    """One route: a destination and exactly one target."""

    destination: Annotated[
        str,
        Cidr(or_prefix="pl-"),
        Aws(DestinationCidrBlock=ipv4, DestinationIpv6CidrBlock=ipv6, DestinationPrefixListId=prefixed("pl-")),
    ]
    """The destination CIDR block, or the id of a prefix list."""
    internet_gateway: Annotated[str | None, To("InternetGateway"), Aws(GatewayId=prefixed("igw-"))] = None
    """The internet gateway as the target."""
    nat_gateway: Annotated[str | None, To("NatGateway")] = None
    """The NAT gateway as the target."""
    virtual_private_gateway: Annotated[str | None, Aws(GatewayId=prefixed("vgw-"))] = None
    """The id of the virtual private gateway as the target."""
    transit_gateway_id: str | None = None
    """The id of the transit gateway as the target."""
    vpc_peering_connection_id: str | None = None
    """The id of the VPC peering connection as the target."""
    network_interface_id: str | None = None
    """The id of the network interface as the target."""
    egress_only_internet_gateway_id: str | None = None
    """The id of the egress-only internet gateway as the target of IPv6 traffic."""

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
    """The local route, propagated routes, and those of gateway endpoints."""
    gateway = str(route.get("GatewayId", ""))
    return route.get("Origin") == "EnableVgwRoutePropagation" or gateway == "local" or gateway.startswith("vpce-")


class RouteTableSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html"""

    vpc: Annotated[str, To("Vpc"), Immutable()]
    """The VPC it belongs to."""
    main: Annotated[Literal[True] | None, Immutable(), Aws("Associations[Main=True].Main")] = None
    """True for the VPC's main route table, which subnets without an association use."""
    subnets: Annotated[
        list[Annotated[str, To("Subnet", gives=True)]] | None,
        Unordered(),
        Sole(),
        Aws("Associations[].SubnetId", write="SubnetId"),
    ] = None
    """The subnets associated with it. A subnet has one route table."""
    routes: Annotated[list[Route] | None, Keyed("destination"), ServerManaged(_made_by_aws)] = None
    """Its routes; the local route, propagated routes and those of gateway endpoints are AWS's and not listed here."""


class RouteTable(AwsKind):
    """A route table with its routes and associations."""

    spec, service, id_field, tagging = RouteTableSpec, "ec2", "RouteTableId", Ec2Tags("route-table")
    natural_key = ("vpc", "main")
    listing = Listing("DescribeRouteTables", "RouteTables", page=100)
    creation, deletion = Create("CreateRouteTable", "RouteTable"), "DeleteRouteTable"
    created_with = CreatedWith("main", "vpc", "mainRouteTable")
    members = (
        Collection("routes", add=Op("CreateRoute"), change=Op("ReplaceRoute"), remove=Op("DeleteRoute")),
        Collection(
            "subnets",
            add=Op("AssociateRouteTable"),
            move=Op("ReplaceRouteTableAssociation"),
            remove=Op("DisassociateRouteTable"),
            handle="AssociationId",
            handle_path="RouteTableAssociationId",
            binding=True,
        ),
    )
