"""VPCs, subnets, gateways, addresses and route tables: what each operation does to them, refusals included.

A public method whose name is an operation of EC2 in snake case is that operation; it takes the parameters
and returns the answer, both in the member names of AWS's own model.
"""

from ipaddress import IPv4Network, ip_network

from emulators.ec2.store import (
    ACCOUNT,
    PTR,
    REGION,
    ZONES,
    Fault,
    Members,
    Store,
    Thing,
    canonical,
    in_use,
    invalid,
    one_of,
)

# --- VPCs, subnets, gateways, addresses ---


class Networks(Store):
    """VPCs and what sits in them without rules of its own."""

    def create_vpc(self, asked: Members) -> Members:
        """The VPC alone; `World` furnishes it."""
        block = canonical(asked[one_of(asked, ["CidrBlock"])])
        if ip_network(block).prefixlen not in range(16, 29):
            raise Fault("InvalidVpc.Range", message=f"The CIDR '{block}' is invalid.")
        members = {
            "CidrBlock": block, "State": "available", "OwnerId": ACCOUNT, "IsDefault": False,
            "DhcpOptionsId": "dopt-0a1b2c3d4e5f60718",
            "InstanceTenancy": asked.get("InstanceTenancy", "default"),
            "CidrBlockAssociationSet": [{
                "AssociationId": self._id("vpc-cidr-assoc"), "CidrBlock": block,
                "CidrBlockState": {"State": "associated"},
            }],
            "EnableDnsSupport": True, "EnableDnsHostnames": False, "EnableNetworkAddressUsageMetrics": False,
        }  # fmt: skip
        vpc = self._make("vpc", members, asked)
        return {"Vpc": vpc}

    def delete_vpc(self, asked: Members) -> Members:
        """Refused while anything is in the VPC that was not born with it."""
        vpc = self.find("vpc", asked["VpcId"])
        born = [
            *(table for table in self.within("rtb", vpc.id) if self._is_main(table)),
            *(group for group in self.within("sg", vpc.id) if group["GroupName"] == "default"),
            *(acl for acl in self.within("acl", vpc.id) if acl["IsDefault"]),
        ]
        inside = [each for prefix in ("subnet", "rtb", "sg", "acl", "vpce") for each in self.within(prefix, vpc.id)]
        if len(inside) > len(born) or self._gateways_of(vpc.id):
            raise in_use(f"The vpc '{vpc.id}' has dependencies and cannot be deleted.")
        for each in [*born, vpc, *(rule for rule in self.things["sgr"].values() if rule["VpcId"] == vpc.id)]:
            del self.things[each.kind.prefix][each.id]
        return {}

    def _is_main(self, table: Thing) -> bool:
        return any(association["Main"] for association in table["Associations"])

    def describe_vpc_attribute(self, asked: Members) -> Members:
        vpc = self.find("vpc", asked["VpcId"])
        member = asked["Attribute"][0].upper() + asked["Attribute"][1:]
        if member not in vpc:
            raise invalid(f"Value ({asked['Attribute']}) for parameter attribute is invalid.")
        return {"VpcId": vpc.id, member: {"Value": vpc[member]}}

    def modify_vpc_attribute(self, asked: Members) -> Members:
        names = ("EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics")
        name = one_of(asked, names)
        self.find("vpc", asked["VpcId"]).change(**{name: asked[name]["Value"]})
        return {}

    def create_subnet(self, asked: Members) -> Members:
        vpc = self.find("vpc", asked["VpcId"])
        zone = asked.get("AvailabilityZone", ZONES[0])
        if zone not in ZONES:
            raise invalid(f"Value ({zone}) for parameter availabilityZone is invalid.")
        block = IPv4Network(canonical(asked[one_of(asked, ["CidrBlock"])]))
        if not block.subnet_of(IPv4Network(vpc["CidrBlock"])) or block.prefixlen > 28:
            raise Fault("InvalidSubnet.Range", message=f"The CIDR '{block}' is invalid.")
        if any(block.overlaps(IPv4Network(each["CidrBlock"])) for each in self.within("subnet", vpc.id)):
            raise Fault("InvalidSubnet.Conflict", message=f"The CIDR '{block}' conflicts with another subnet")
        members = {
            "VpcId": vpc.id, "CidrBlock": str(block), "AvailabilityZone": zone,
            "AvailabilityZoneId": self.find("zone", zone)["ZoneId"], "State": "available", "OwnerId": ACCOUNT,
            "AvailableIpAddressCount": block.num_addresses - 5, "DefaultForAz": False,
            "MapPublicIpOnLaunch": False, "MapCustomerOwnedIpOnLaunch": False,
            "AssignIpv6AddressOnCreation": False, "Ipv6CidrBlockAssociationSet": [], "Ipv6Native": False,
            "EnableDns64": False, "PrivateDnsNameOptionsOnLaunch": {
                "HostnameType": "ip-name", "EnableResourceNameDnsARecord": False,
                "EnableResourceNameDnsAAAARecord": False,
            },
        }  # fmt: skip
        subnet = self._make("subnet", members, asked)
        subnet.change(SubnetArn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{subnet.id}")
        default = next(acl for acl in self.within("acl", vpc.id) if acl["IsDefault"])
        self._associate_acl(default, subnet.id)
        return {"Subnet": subnet}

    def _associate_acl(self, acl: Thing, subnet_id: str) -> str:
        identity = self._id("aclassoc")
        association = {"NetworkAclAssociationId": identity, "NetworkAclId": acl.id, "SubnetId": subnet_id}
        acl.change(Associations=[*acl["Associations"], association])
        return identity

    def modify_subnet_attribute(self, asked: Members) -> Members:
        plain = ("MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation", "EnableDns64")
        dns = {
            "PrivateDnsHostnameTypeOnLaunch": "HostnameType",
            "EnableResourceNameDnsARecordOnLaunch": "EnableResourceNameDnsARecord",
            "EnableResourceNameDnsAAAARecordOnLaunch": "EnableResourceNameDnsAAAARecord",
        }
        subnet, name = self.find("subnet", asked["SubnetId"]), one_of(asked, [*plain, *dns])
        value = asked[name] if name == "PrivateDnsHostnameTypeOnLaunch" else asked[name]["Value"]
        if name in dns:
            name, value = (
                "PrivateDnsNameOptionsOnLaunch",
                {**subnet["PrivateDnsNameOptionsOnLaunch"], dns[name]: value},
            )
        subnet.change(**{name: value})
        return {}

    def delete_subnet(self, asked: Members) -> Members:
        """Refused while a NAT gateway or an interface endpoint is in it; its associations go with it."""
        subnet = self.find("subnet", asked["SubnetId"])
        users = [nat for nat in self.live_nats(subnet["VpcId"]) if nat["SubnetId"] == subnet.id]
        users += [each for each in self.within("vpce", subnet["VpcId"]) if subnet.id in each["SubnetIds"]]
        if users:
            raise in_use(f"The subnet '{subnet.id}' has dependencies and cannot be deleted.")
        for holder in [*self.within("rtb", subnet["VpcId"]), *self.within("acl", subnet["VpcId"])]:
            holder.change(Associations=[a for a in holder["Associations"] if a.get("SubnetId") != subnet.id])
        del self.things["subnet"][subnet.id]
        return {}

    def create_internet_gateway(self, asked: Members) -> Members:
        return {"InternetGateway": self._make("igw", {"Attachments": [], "OwnerId": ACCOUNT}, asked)}

    def _gateways_of(self, vpc_id: str) -> list[Thing]:
        return [each for each in self.things["igw"].values() if self._attached(each) == vpc_id]

    def _attached(self, gateway: Thing) -> str | None:
        return next((each["VpcId"] for each in gateway["Attachments"]), None)

    def attach_internet_gateway(self, asked: Members) -> Members:
        gateway, vpc = self.find("igw", asked["InternetGatewayId"]), self.find("vpc", asked["VpcId"])
        if elsewhere := self._attached(gateway):
            message = f"resource {gateway.id} is already attached to network {elsewhere}"
            raise Fault("Resource.AlreadyAssociated", message=message)
        if self._gateways_of(vpc.id):
            raise invalid(f"Network {vpc.id} already has an internet gateway attached")
        gateway.change(Attachments=[{"State": "available", "VpcId": vpc.id}])
        self._mark_routes("GatewayId", gateway.id, "active")
        return {}

    def detach_internet_gateway(self, asked: Members) -> Members:
        """Refused while a public NAT gateway lives in the VPC; routes to the gateway are then black holes."""
        gateway, vpc = self.find("igw", asked["InternetGatewayId"]), self.find("vpc", asked["VpcId"])
        if self._attached(gateway) != vpc.id:
            raise Fault("Gateway.NotAttached", message=f"resource {gateway.id} is not attached to {vpc.id}")
        if any(nat["ConnectivityType"] == "public" for nat in self.live_nats(vpc.id)):
            raise in_use(f"Network {vpc.id} has some mapped public address(es).")
        gateway.change(Attachments=[])
        self._mark_routes("GatewayId", gateway.id, "blackhole")
        return {}

    def _mark_routes(self, target: str, identity: str, state: str) -> None:
        for table in self.things["rtb"].values():
            if any(route.get(target) == identity for route in table["Routes"]):
                table.change(Routes=[
                    {**route, "State": state} if route.get(target) == identity else route
                    for route in table["Routes"]
                ])  # fmt: skip

    def delete_internet_gateway(self, asked: Members) -> Members:
        gateway = self.find("igw", asked["InternetGatewayId"])
        if self._attached(gateway):
            raise in_use(f"The internetGateway '{gateway.id}' has dependencies and cannot be deleted.")
        del self.things["igw"][gateway.id]
        return {}

    def allocate_address(self, asked: Members) -> Members:
        number = next(self._serials)
        members = {
            "Domain": "vpc", "PublicIp": f"52.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
            "PublicIpv4Pool": "amazon", "NetworkBorderGroup": REGION,
        }  # fmt: skip
        address = self._make("eipalloc", members, asked)
        return {"AllocationId": address.id, **members}

    def release_address(self, asked: Members) -> Members:
        address = self.find("eipalloc", asked.get("AllocationId"))
        if address.get("AssociationId"):
            raise Fault("InvalidIPAddress.InUse", message=f"Address {address['PublicIp']} is in use.")
        del self.things["eipalloc"][address.id]
        return {}

    def describe_addresses_attribute(self, asked: Members) -> Members:
        """No address here has an attribute: there is no operation that gives it one."""
        for identity in asked.get("AllocationIds", []):
            self.find("eipalloc", identity)
        return self.page(PTR, [], asked)

    def create_nat_gateway(self, asked: Members) -> Members:
        nat = self._once("CreateNatGateway", asked, lambda: self._new_nat(asked))
        return {"NatGateway": nat, "ClientToken": asked.get("ClientToken")}

    def _new_nat(self, asked: Members) -> Thing:
        """Pending for a while, then available, or failed; its address is taken at once."""
        subnet = self.find("subnet", asked.get("SubnetId"))
        card = {"NetworkInterfaceId": self._id("eni"), "PrivateIp": subnet["CidrBlock"].partition("/")[0]}
        kind, fault = asked.get("ConnectivityType", "public"), None
        if kind == "public":
            address = self.find("eipalloc", asked.get("AllocationId"))
            card |= {"AllocationId": address.id, "PublicIp": address["PublicIp"]}
            fault = self._why_not(subnet["VpcId"], address)
            if fault and not self.nat_fails_late:
                raise fault
            if not fault:
                card["AssociationId"] = self._id("eipassoc")
                address.change(
                    AssociationId=card["AssociationId"],
                    NetworkInterfaceId=card["NetworkInterfaceId"],
                    PrivateIpAddress=card["PrivateIp"],
                )
        members = {
            "VpcId": subnet["VpcId"], "SubnetId": subnet.id, "State": "pending", "CreateTime": self.now(),
            "ConnectivityType": kind,
            "NatGatewayAddresses": [{**card, "IsPrimary": True, "Status": "succeeded"}],
        }  # fmt: skip
        nat = self._make("nat", members, asked)
        self._after(self.pending, lambda: self._arrive(nat, fault))
        return nat

    def _why_not(self, vpc_id: str, address: Thing) -> Fault | None:
        if address.get("AssociationId"):
            message = f"Elastic IP address [{address.id}] is already associated"
            return Fault("Resource.AlreadyAssociated", message=message)
        if not self._gateways_of(vpc_id):
            message = f"Network {vpc_id} has no Internet gateway attached"
            return Fault("Gateway.NotAttached", message=message)
        return None

    def _arrive(self, thing: Thing, fault: Fault | None = None) -> None:
        if fault:
            thing.change(State="failed", FailureCode=fault.code, FailureMessage=fault.message)
        elif thing["State"] == "pending":
            thing.change(State="available")

    def live_nats(self, vpc_id: str) -> list[Thing]:
        """The NAT gateways of a VPC that hold an address; deleted and failed ones only stay listed."""
        return [nat for nat in self.within("nat", vpc_id) if nat["State"] not in ("deleted", "failed")]

    def delete_nat_gateway(self, asked: Members) -> Members:
        """Deleting for a while; when deleted, its address is free and routes to it are black holes."""
        nat = self.find("nat", asked["NatGatewayId"])
        if nat["State"] not in ("deleting", "deleted"):
            nat.change(State="deleting", DeleteTime=self.now())
            self._after(self.deleting, lambda: self._bury(nat))
        return {"NatGatewayId": nat.id}

    def _bury(self, nat: Thing) -> None:
        nat.change(State="deleted")
        for card in nat["NatGatewayAddresses"]:
            address = self.things["eipalloc"].get(card.get("AllocationId", ""))
            if address and address.get("AssociationId") == card.get("AssociationId"):
                address.change(AssociationId=None, NetworkInterfaceId=None, PrivateIpAddress=None)
        self._mark_routes("NatGatewayId", nat.id, "blackhole")


# --- route tables ---

DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


class Routes(Networks):
    """Route tables, their routes and their associations."""

    def create_route_table(self, asked: Members) -> Members:
        table = self._once("CreateRouteTable", asked, lambda: self._new_table(asked))
        return {"RouteTable": table, "ClientToken": asked.get("ClientToken")}

    def _new_table(self, asked: Members) -> Thing:
        vpc = self.find("vpc", asked["VpcId"])
        local = {
            "DestinationCidrBlock": vpc["CidrBlock"], "GatewayId": "local",
            "Origin": "CreateRouteTable", "State": "active",
        }  # fmt: skip
        members = {
            "VpcId": vpc.id, "OwnerId": ACCOUNT, "Routes": [local], "Associations": [], "PropagatingVgws": [],
        }  # fmt: skip
        return self._make("rtb", members, asked)

    def delete_route_table(self, asked: Members) -> Members:
        table = self.find("rtb", asked["RouteTableId"])
        if table["Associations"]:
            raise in_use(f"The routeTable '{table.id}' has dependencies and cannot be deleted.")
        for endpoint in self.within("vpce", table["VpcId"]):
            endpoint.change(RouteTableIds=[each for each in endpoint["RouteTableIds"] if each != table.id])
        del self.things["rtb"][table.id]
        return {}

    def _destination(self, asked: Members) -> tuple[str, str]:
        name = one_of(asked, DESTINATIONS)
        return name, asked[name] if name == "DestinationPrefixListId" else canonical(asked[name])

    def _target(self, asked: Members, table: Thing) -> Members:
        """Where a route is to lead; it must be there, be of the same VPC, and be ready."""
        others = ("EgressOnlyInternetGatewayId", "InstanceId", "NetworkInterfaceId", "VpcPeeringConnectionId",
                  "TransitGatewayId", "VpcEndpointId", "LocalTarget")  # fmt: skip
        name = one_of(asked, ["GatewayId", "NatGatewayId", *others])
        identity = asked[name]
        if name == "GatewayId":
            vpc_id = self._attached(self.find("igw", identity, "InvalidGatewayID.NotFound"))
        elif name == "NatGatewayId":
            nat = self.find("nat", identity, "InvalidNatGatewayID.NotFound")
            if nat["State"] != "available":
                message = f"The natGateway ID '{identity}' does not exist"
                raise Fault("InvalidNatGatewayID.NotFound", message=message)
            vpc_id = nat["VpcId"]
        else:
            raise Fault("UnsupportedOperation", message=f"Routes by {name} are not served here")
        if vpc_id != table["VpcId"]:
            raise invalid(f"route table {table.id} and network gateway {identity} belong to different networks")
        return {name: identity}

    def create_route(self, asked: Members) -> Members:
        table, (name, value) = self.find("rtb", asked["RouteTableId"]), self._destination(asked)
        target = self._target(asked, table)
        if name == "DestinationPrefixListId":
            self.find("mpl", value)
        self._add_route(table, {name: value, **target, "Origin": "CreateRoute"})
        return {"Return": True}

    def _add_route(self, table: Thing, route: Members) -> None:
        if any(route[name] == old.get(name) for name in DESTINATIONS if name in route for old in table["Routes"]):
            raise Fault("RouteAlreadyExists", message=f"{table.id} already has a route to this destination.")
        table.change(Routes=[*table["Routes"], {**route, "State": "active"}])

    def replace_route(self, asked: Members) -> Members:
        """Re-points a route. A missing one is InvalidParameterValue: AWS departs from its own manual here."""
        table, (name, value) = self.find("rtb", asked["RouteTableId"]), self._destination(asked)
        position = next((n for n, old in enumerate(table["Routes"]) if old.get(name) == value), None)
        if position is None:
            raise invalid(f"There is no route defined for '{value}' in the route table. Use CreateRoute instead.")
        if table["Routes"][position].get("GatewayId", "").startswith(("local", "vpce-")):
            raise invalid(f"cannot replace the route to {value}")
        route = {name: value, **self._target(asked, table), "Origin": "CreateRoute", "State": "active"}
        table.change(Routes=[*table["Routes"][:position], route, *table["Routes"][position + 1 :]])
        return {}

    def delete_route(self, asked: Members) -> Members:
        table, (name, value) = self.find("rtb", asked["RouteTableId"]), self._destination(asked)
        route = next((each for each in table["Routes"] if each.get(name) == value), None)
        if route is None:
            message = f"no route with destination {value} in route table {table.id}"
            raise Fault("InvalidRoute.NotFound", message=message)
        if route.get("GatewayId", "").startswith(("local", "vpce-")):
            raise invalid(f"cannot remove the route to {value} in route table {table.id}")
        table.change(Routes=[each for each in table["Routes"] if each is not route])
        return {}

    def _associate(self, table: Thing, members: Members) -> Members:
        identity = self._id("rtbassoc")
        association = {
            "Main": False, **members, "RouteTableAssociationId": identity, "RouteTableId": table.id,
            "AssociationState": {"State": "associated"},
        }  # fmt: skip
        table.change(Associations=[*table["Associations"], association])
        return association

    def associate_route_table(self, asked: Members) -> Members:
        """A subnet has one table: another one is refused, the same one again is what it was."""
        table, subnet = self.find("rtb", asked["RouteTableId"]), self.find("subnet", asked.get("SubnetId"))
        if table["VpcId"] != subnet["VpcId"]:
            raise invalid(f"Route table {table.id} and subnet {subnet.id} belong to different networks")
        known = (a for each in self.within("rtb", table["VpcId"]) for a in each["Associations"])
        association = next((each for each in known if each.get("SubnetId") == subnet.id), None)
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
                    table.change(Associations=[each for each in table["Associations"] if each is not association])
                    return {name: association[name] for name in ("Main", "SubnetId") if name in association}
        raise Fault("InvalidAssociationID.NotFound", message=f"The association ID '{identity}' does not exist")

    def disassociate_route_table(self, asked: Members) -> Members:
        self._take_association(asked["AssociationId"], even_main=False)
        return {}

    def replace_route_table_association(self, asked: Members) -> Members:
        """Moves an association, the main one included, to another table; it gets a new id."""
        table = self.find("rtb", asked["RouteTableId"])
        moved = self._associate(table, self._take_association(asked["AssociationId"], even_main=True))
        return {
            "NewAssociationId": moved["RouteTableAssociationId"],
            "AssociationState": moved["AssociationState"],
        }
