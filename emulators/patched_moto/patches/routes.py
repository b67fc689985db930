"""Routes as AWS keeps them, see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRoute.html"""

from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.ec2.exceptions import RouteAlreadyExistsError
from moto.ec2.models.route_tables import Route
from moto.ec2.responses.route_tables import RouteTables

from emulators.patched_moto.patches.asking import given
from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("ec2")

_LOST = ("LocalGatewayId", "CoreNetworkArn")
_RANGES = ("DestinationCidrBlock", "DestinationIpv6CidrBlock")
_BESIDE = ("vpc_endpoint_id", "carrier_gateway", "local_gateway_id", "core_network_arn")
"""Targets that moto does not know when it replaces a route."""


@PATCHES.around(RouteTables, "create_route")
def _create(create: Method, response: Any) -> Any:
    """The VPC's own range has its route already. moto displaces it, and knows no local gateways and no networks."""
    before = _route(response)
    if before and before.origin == "CreateRouteTable":
        raise RouteAlreadyExistsError(before.destination_cidr_block)
    answer = create(response)
    _keep(response, _route(response))
    return answer


@PATCHES.around(RouteTables, "replace_route")
def _replace(replace: Method, response: Any) -> Any:
    """A route has the one target of the call; the local one is put back by name. moto leaves the old one there."""
    answer, route = replace(response), _route(response)
    route.of_table, route.local = route.origin == "CreateRouteTable", response._get_bool_param("LocalTarget", False)
    for name in _BESIDE:
        setattr(route, name, None)
    _keep(response, route)
    route.vpc_endpoint_id = response._get_param("VpcEndpointId")
    return answer


@PATCHES.shown(Route, "origin")
def _origin(route: Any) -> str:
    """A local route stays the table's, wherever it leads."""
    return "CreateRouteTable" if route.local or vars(route).get("of_table") else "CreateRoute"


def _route(response: Any) -> Any:
    table = response.ec2_backend.get_route_table(response._get_param("RouteTableId"))
    ranges = given(response, _RANGES).values()
    found = (
        r for r in table._routes.values() if {r.destination_cidr_block, r.destination_ipv6_cidr_block} & {*ranges}
    )
    return next(found, None)


def _keep(response: Any, route: Any) -> None:
    for name, value in given(response, _LOST).items():
        setattr(route, camelcase_to_underscores(name), value)
