"""Where the packets of subnets go."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import Item, value_at, values_at
from controller.aws.declaration.words import Collection, Create, CreatedWith, Listing, Op
from controller.aws.ec2.route_table_spec import RouteTableSpec
from controller.core.model.call import Call, Change
from controller.core.model.equality import Cidr
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Placeholder
from controller.core.model.writer import WriteContext

_RANGES = ("DestinationCidrBlock", "DestinationIpv6CidrBlock")


class RouteTable(AwsKind):
    """A route table with its routes and associations."""

    spec, service, id_field, tagging = RouteTableSpec, "ec2", "RouteTableId", Ec2Tags("route-table")
    natural_key = ("vpc", "main")
    listing = Listing("DescribeRouteTables", "RouteTables", page=100)
    creation, deletion = Create("CreateRouteTable", "RouteTable"), "DeleteRouteTable"
    created_with = CreatedWith("main", "vpc", "mainRouteTable", {"main": True})
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

    def live(self, item: Item) -> Live | None:
        """With the routes as AWS shows them: which of them it made itself decides how they are written."""
        live = super().live(item)
        return live and replace(live, original=item)

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        """A local route is never made or deleted: its target is replaced, and put back. The main table is too."""
        changes, local = tuple(changes), set(_local_ranges(live.original or {})) if live else set()
        calls = super().update(node, changes, live, around)
        routed = (_replacing(call) if _ranges(call.parameters) & local else call for call in calls)
        demoted = any(change.field == "main" for change in changes)
        return (*routed, *(self.promotion(node, live, around) if live and demoted else ()))

    def promotion(self, node: Node, live: Live, around: WriteContext) -> Iterator[Call]:
        """The call that makes the table the main one again, in the place of the one that somebody made it."""
        for other in around.alike():
            main = value_at(other.original, "Associations[Main=True].RouteTableAssociationId")
            if main and other.fields["vpc"] == live.fields["vpc"]:
                parameters = {"AssociationId": main, "RouteTableId": Placeholder(node.address)}
                yield Call(self.service, "ReplaceRouteTableAssociation", parameters, ("main",))


def _ranges(route: Mapping[str, Any]) -> set[Any]:
    return {Cidr().normal(route[name]) for name in _RANGES if name in route}


def _local_ranges(table: Item) -> Iterator[Any]:
    """The ranges of the VPC itself, whatever the target of their routes is now."""
    for route in values_at(table, "Routes[]"):
        if route.get("Origin") == "CreateRouteTable":
            yield from _ranges(route)


def _replacing(call: Call) -> Call:
    """The call that gives a local route the same target, or `local` in place of the one that is taken away."""
    target = {"LocalTarget": True} if call.takes_away else {}
    return replace(call, operation="ReplaceRoute", parameters={**call.parameters, **target})
