"""Route tables, their routes and associations: what each operation does to them, as in `networks.py`."""

from emulators.ec2.networks import Networks
from emulators.ec2.store import (
    ACCOUNT,
    Fault,
    Members,
    Thing,
    canonical,
    in_use,
    invalid,
    one_of,
)

DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


def _of_gateway_endpoint(route: Members) -> bool:
    return route.get("GatewayId", "").startswith("vpce-") and "DestinationPrefixListId" in route


class Routes(Networks):
    """Route tables, their routes and their associations."""

    def create_route_table(self, parameters: Members) -> Members:
        table = self._once("CreateRouteTable", parameters, lambda: self._new_table(parameters))
        return {"RouteTable": table, "ClientToken": parameters.get("ClientToken")}

    def _new_table(self, parameters: Members) -> Thing:
        vpc = self.find("vpc", parameters["VpcId"])
        local = {
            "DestinationCidrBlock": vpc["CidrBlock"], "GatewayId": "local",
            "Origin": "CreateRouteTable", "State": "active",
        }  # fmt: skip
        members = {
            "VpcId": vpc.id, "OwnerId": ACCOUNT, "Routes": [local], "Associations": [], "PropagatingVgws": [],
        }  # fmt: skip
        return self._make("rtb", members, parameters)

    def delete_route_table(self, parameters: Members) -> Members:
        table = self.find("rtb", parameters["RouteTableId"])
        if table["Associations"]:
            raise in_use(f"The routeTable '{table.id}' has dependencies and cannot be deleted.")
        for endpoint in self.within("vpce", table["VpcId"]):
            endpoint.change(
                RouteTableIds=[identity for identity in endpoint["RouteTableIds"] if identity != table.id]
            )
        del self.things["rtb"][table.id]
        return {}

    def _destination(self, parameters: Members) -> tuple[str, str]:
        name = one_of(parameters, DESTINATIONS)
        return name, parameters[name] if name == "DestinationPrefixListId" else canonical(parameters[name])

    def _target(self, parameters: Members, table: Thing) -> Members:
        """Where a route is to lead; it must be there, be of the same VPC, and be ready."""
        others = ("InstanceId", "NetworkInterfaceId", "VpcPeeringConnectionId", "TransitGatewayId")
        served = ("GatewayId", "NatGatewayId", "EgressOnlyInternetGatewayId", "VpcEndpointId")
        name = one_of(parameters, [*served, *others])
        identity = parameters[name]
        if name == "GatewayId":
            vpc_id = self._attached(self.find("igw", identity, "InvalidGatewayID.NotFound"))
        elif name == "NatGatewayId":
            nat = self.find("nat", identity, "InvalidNatGatewayID.NotFound")
            if nat["State"] != "available":
                message = f"The natGateway ID '{identity}' does not exist"
                raise Fault("InvalidNatGatewayID.NotFound", message=message)
            vpc_id = nat["VpcId"]
        elif name == "EgressOnlyInternetGatewayId":
            vpc_id = self._attached(self.find("eigw", identity))
        elif name == "VpcEndpointId":
            endpoint = self.find("vpce", identity)
            if (endpoint["VpcEndpointType"], endpoint["State"]) != ("GatewayLoadBalancer", "available"):
                raise invalid(f"{identity} is no Gateway Load Balancer endpoint that can be routed to")
            name, vpc_id = "GatewayId", endpoint["VpcId"]
        else:
            raise Fault("UnsupportedOperation", message=f"Routes by {name} are not served here")
        if vpc_id != table["VpcId"]:
            raise invalid(f"route table {table.id} and network gateway {identity} belong to different networks")
        return {name: identity}

    def create_route(self, parameters: Members) -> Members:
        table, (name, value) = self.find("rtb", parameters["RouteTableId"]), self._destination(parameters)
        target = self._target(parameters, table)
        if name == "DestinationPrefixListId":
            self.find("mpl", value)
        self._add_route(table, {name: value, **target, "Origin": "CreateRoute"})
        return {"Return": True}

    def _add_route(self, table: Thing, route: Members) -> None:
        if any(route[name] == old.get(name) for name in DESTINATIONS if name in route for old in table["Routes"]):
            raise Fault("RouteAlreadyExists", message=f"{table.id} already has a route to this destination.")
        table.change(Routes=[*table["Routes"], {**route, "State": "active"}])

    def replace_route(self, parameters: Members) -> Members:
        """Re-points a route. A missing one is InvalidParameterValue: AWS departs from its own manual here.

        Only the local route takes `LocalTarget`, which puts its target back.
        """
        table, (name, value) = self.find("rtb", parameters["RouteTableId"]), self._destination(parameters)
        position = next((n for n, old in enumerate(table["Routes"]) if old.get(name) == value), None)
        if position is None:
            raise invalid(f"There is no route defined for '{value}' in the route table. Use CreateRoute instead.")
        old = table["Routes"][position]
        if _of_gateway_endpoint(old) or ("LocalTarget" in parameters and old["Origin"] != "CreateRouteTable"):
            raise invalid(f"cannot replace the route to {value}")
        local = {"GatewayId": "local"} if parameters.get("LocalTarget") else {}
        target = local or self._target(parameters, table)
        route = {name: value, **target, "Origin": old["Origin"], "State": "active"}
        table.change(Routes=[*table["Routes"][:position], route, *table["Routes"][position + 1 :]])
        return {}

    def delete_route(self, parameters: Members) -> Members:
        table, (name, value) = self.find("rtb", parameters["RouteTableId"]), self._destination(parameters)
        route = next((old for old in table["Routes"] if old.get(name) == value), None)
        if route is None:
            message = f"no route with destination {value} in route table {table.id}"
            raise Fault("InvalidRoute.NotFound", message=message)
        if _of_gateway_endpoint(route) or route["Origin"] == "CreateRouteTable":
            raise invalid(f"cannot remove the route to {value} in route table {table.id}")
        table.change(Routes=[old for old in table["Routes"] if old is not route])
        return {}

    def _associate(self, table: Thing, members: Members) -> Members:
        identity = self._id("rtbassoc")
        association = {
            "Main": False, **members, "RouteTableAssociationId": identity, "RouteTableId": table.id,
            "AssociationState": {"State": "associated"},
        }  # fmt: skip
        table.change(Associations=[*table["Associations"], association])
        return association

    def associate_route_table(self, parameters: Members) -> Members:
        """A subnet has one table: another one is refused, the same one again is what it was."""
        table, subnet = self.find("rtb", parameters["RouteTableId"]), self.find("subnet", parameters.get("SubnetId"))
        if table["VpcId"] != subnet["VpcId"]:
            raise invalid(f"Route table {table.id} and subnet {subnet.id} belong to different networks")
        known = (a for other in self.within("rtb", table["VpcId"]) for a in other["Associations"])
        association = next((old for old in known if old.get("SubnetId") == subnet.id), None)
        if association and association["RouteTableId"] != table.id:
            message = f"the specified association for route table {table.id} conflicts with an existing one"
            raise Fault("Resource.AlreadyAssociated", message=message)
        association = association or self._associate(table, {"SubnetId": subnet.id})
        return {
            "AssociationId": association["RouteTableAssociationId"],
            "AssociationState": association["AssociationState"],
        }

    def _take_association(self, identity: str, even_main: bool) -> Members:
        for table in self.things["rtb"].values():
            for association in table["Associations"]:
                if association["RouteTableAssociationId"] == identity:
                    if association["Main"] and not even_main:
                        raise invalid(f"cannot disassociate the main route table association {identity}")
                    table.change(Associations=[other for other in table["Associations"] if other is not association])
                    return {name: association[name] for name in ("Main", "SubnetId") if name in association}
        raise Fault("InvalidAssociationID.NotFound", message=f"The association ID '{identity}' does not exist")

    def disassociate_route_table(self, parameters: Members) -> Members:
        self._take_association(parameters["AssociationId"], even_main=False)
        return {}

    def replace_route_table_association(self, parameters: Members) -> Members:
        """Moves an association, the main one included, to another table; it gets a new id."""
        table = self.find("rtb", parameters["RouteTableId"])
        moved = self._associate(table, self._take_association(parameters["AssociationId"], even_main=True))
        return {
            "NewAssociationId": moved["RouteTableAssociationId"],
            "AssociationState": moved["AssociationState"],
        }
