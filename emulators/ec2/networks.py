"""VPCs, subnets, gateways and addresses: what each operation does to them, refusals included.

A public method whose name is an operation of EC2 in snake case is that operation; it takes the parameters
and returns the answer, both in the member names of AWS's own model.
"""

from ipaddress import IPv4Network, ip_network

from emulators.ec2.ipv6 import SETS, Ipv6, associated
from emulators.ec2.store import (
    ACCOUNT,
    PTR,
    REGION,
    ZONES,
    Fault,
    Members,
    Thing,
    canonical,
    in_use,
    invalid,
    one_of,
)


class Networks(Ipv6):
    """VPCs and what sits in them without rules of its own."""

    def create_vpc(self, parameters: Members) -> Members:
        """The VPC alone; `World` furnishes it."""
        block = canonical(parameters[one_of(parameters, ["CidrBlock"])])
        if ip_network(block).prefixlen not in range(16, 29):
            raise Fault("InvalidVpc.Range", message=f"The CIDR '{block}' is invalid.")
        members = {
            "CidrBlock": block, "State": "available", "OwnerId": ACCOUNT, "IsDefault": False,
            "DhcpOptionsId": "dopt-0a1b2c3d4e5f60718",
            "InstanceTenancy": parameters.get("InstanceTenancy", "default"),
            "CidrBlockAssociationSet": [{
                "AssociationId": self._id("vpc-cidr-assoc"), "CidrBlock": block,
                "CidrBlockState": {"State": "associated"},
            }],
            "EnableDnsSupport": True, "EnableDnsHostnames": False, "EnableNetworkAddressUsageMetrics": False,
            SETS: [],
        }  # fmt: skip
        vpc = self._make("vpc", members, parameters)
        if any(value for name, value in parameters.items() if "Ipv6" in name):
            self._give_block(vpc, parameters)
        return {"Vpc": vpc}

    def delete_vpc(self, parameters: Members) -> Members:
        """Refused while anything is in the VPC that was not born with it."""
        vpc = self.find("vpc", parameters["VpcId"])
        born = [
            *(table for table in self.within("rtb", vpc.id) if self._is_main(table)),
            *(group for group in self.within("sg", vpc.id) if group["GroupName"] == "default"),
            *(acl for acl in self.within("acl", vpc.id) if acl["IsDefault"]),
        ]
        inside = [thing for prefix in ("subnet", "rtb", "sg", "acl", "vpce") for thing in self.within(prefix, vpc.id)]
        if len(inside) > len(born) or self._gateways_of(vpc.id) or self._gateways_of(vpc.id, "eigw"):
            raise in_use(f"The vpc '{vpc.id}' has dependencies and cannot be deleted.")
        for thing in [*born, vpc, *(rule for rule in self.things["sgr"].values() if rule["VpcId"] == vpc.id)]:
            del self.things[thing.kind.prefix][thing.id]
        return {}

    def _is_main(self, table: Thing) -> bool:
        return any(association["Main"] for association in table["Associations"])

    def describe_vpc_attribute(self, parameters: Members) -> Members:
        vpc = self.find("vpc", parameters["VpcId"])
        member = parameters["Attribute"][0].upper() + parameters["Attribute"][1:]
        if member not in vpc:
            raise invalid(f"Value ({parameters['Attribute']}) for parameter attribute is invalid.")
        return {"VpcId": vpc.id, member: {"Value": vpc[member]}}

    def modify_vpc_attribute(self, parameters: Members) -> Members:
        names = ("EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics")
        name = one_of(parameters, names)
        self.find("vpc", parameters["VpcId"]).change(**{name: parameters[name]["Value"]})
        return {}

    def create_subnet(self, parameters: Members) -> Members:
        vpc = self.find("vpc", parameters["VpcId"])
        zone = parameters.get("AvailabilityZone", ZONES[0])
        if zone not in ZONES:
            raise invalid(f"Value ({zone}) for parameter availabilityZone is invalid.")
        native = parameters.get("Ipv6Native", False)
        members = {
            "VpcId": vpc.id, "AvailabilityZone": zone,
            "AvailabilityZoneId": self.find("zone", zone)["ZoneId"], "State": "available", "OwnerId": ACCOUNT,
            **({} if native else self._ipv4(vpc, parameters)), "DefaultForAz": False,
            "MapPublicIpOnLaunch": False, "MapCustomerOwnedIpOnLaunch": False,
            "AssignIpv6AddressOnCreation": native, SETS: [], "Ipv6Native": native,
            "EnableDns64": False, "PrivateDnsNameOptionsOnLaunch": {
                "HostnameType": "resource-name" if native else "ip-name", "EnableResourceNameDnsARecord": False,
                "EnableResourceNameDnsAAAARecord": False,
            },
        }  # fmt: skip
        subnet = self._make("subnet", members, parameters)
        if "Ipv6CidrBlock" in parameters:
            try:
                self._give_part(subnet, parameters)
            except Fault:
                del self.things["subnet"][subnet.id]
                raise
        subnet.change(SubnetArn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{subnet.id}")
        default = next(acl for acl in self.within("acl", vpc.id) if acl["IsDefault"])
        self._associate_acl(default, subnet.id)
        return {"Subnet": subnet}

    def _ipv4(self, vpc: Thing, parameters: Members) -> Members:
        block = IPv4Network(canonical(parameters[one_of(parameters, ["CidrBlock"])]))
        if not block.subnet_of(IPv4Network(vpc["CidrBlock"])) or block.prefixlen > 28:
            raise Fault("InvalidSubnet.Range", message=f"The CIDR '{block}' is invalid.")
        taken = [subnet["CidrBlock"] for subnet in self.within("subnet", vpc.id) if "CidrBlock" in subnet]
        if any(block.overlaps(IPv4Network(other)) for other in taken):
            raise Fault("InvalidSubnet.Conflict", message=f"The CIDR '{block}' conflicts with another subnet")
        return {"CidrBlock": str(block), "AvailableIpAddressCount": block.num_addresses - 5}

    def _associate_acl(self, acl: Thing, subnet_id: str) -> str:
        identity = self._id("aclassoc")
        association = {"NetworkAclAssociationId": identity, "NetworkAclId": acl.id, "SubnetId": subnet_id}
        acl.change(Associations=[*acl["Associations"], association])
        return identity

    def modify_subnet_attribute(self, parameters: Members) -> Members:
        plain = ("MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation", "EnableDns64")
        dns = {
            "PrivateDnsHostnameTypeOnLaunch": "HostnameType",
            "EnableResourceNameDnsARecordOnLaunch": "EnableResourceNameDnsARecord",
            "EnableResourceNameDnsAAAARecordOnLaunch": "EnableResourceNameDnsAAAARecord",
        }
        subnet, name = self.find("subnet", parameters["SubnetId"]), one_of(parameters, [*plain, *dns])
        if name == "AssignIpv6AddressOnCreation" and parameters[name]["Value"] and not associated(subnet):
            raise invalid("The subnet has no IPv6 CIDR block")
        value = parameters[name] if name == "PrivateDnsHostnameTypeOnLaunch" else parameters[name]["Value"]
        if name in dns:
            name, value = (
                "PrivateDnsNameOptionsOnLaunch",
                {**subnet["PrivateDnsNameOptionsOnLaunch"], dns[name]: value},
            )
        subnet.change(**{name: value})
        return {}

    def delete_subnet(self, parameters: Members) -> Members:
        """Refused while a NAT gateway or an interface endpoint is in it; its associations go with it."""
        subnet = self.find("subnet", parameters["SubnetId"])
        users = [nat for nat in self.live_nats(subnet["VpcId"]) if nat["SubnetId"] == subnet.id]
        users += [endpoint for endpoint in self.within("vpce", subnet["VpcId"]) if subnet.id in endpoint["SubnetIds"]]
        if users:
            raise in_use(f"The subnet '{subnet.id}' has dependencies and cannot be deleted.")
        for holder in [*self.within("rtb", subnet["VpcId"]), *self.within("acl", subnet["VpcId"])]:
            holder.change(Associations=[a for a in holder["Associations"] if a.get("SubnetId") != subnet.id])
        del self.things["subnet"][subnet.id]
        return {}

    def create_internet_gateway(self, parameters: Members) -> Members:
        return {"InternetGateway": self._make("igw", {"Attachments": [], "OwnerId": ACCOUNT}, parameters)}

    def _gateways_of(self, vpc_id: str, prefix: str = "igw") -> list[Thing]:
        return [gateway for gateway in self.things[prefix].values() if self._attached(gateway) == vpc_id]

    def _attached(self, gateway: Thing) -> str | None:
        return next((attachment["VpcId"] for attachment in gateway["Attachments"]), None)

    def attach_internet_gateway(self, parameters: Members) -> Members:
        gateway, vpc = self.find("igw", parameters["InternetGatewayId"]), self.find("vpc", parameters["VpcId"])
        if elsewhere := self._attached(gateway):
            message = f"resource {gateway.id} is already attached to network {elsewhere}"
            raise Fault("Resource.AlreadyAssociated", message=message)
        if self._gateways_of(vpc.id):
            raise invalid(f"Network {vpc.id} already has an internet gateway attached")
        gateway.change(Attachments=[{"State": "available", "VpcId": vpc.id}])
        self._set_route_states("GatewayId", gateway.id, "active")
        return {}

    def detach_internet_gateway(self, parameters: Members) -> Members:
        """Refused while a public NAT gateway lives in the VPC; routes to the gateway are then black holes."""
        gateway, vpc = self.find("igw", parameters["InternetGatewayId"]), self.find("vpc", parameters["VpcId"])
        if self._attached(gateway) != vpc.id:
            raise Fault("Gateway.NotAttached", message=f"resource {gateway.id} is not attached to {vpc.id}")
        if any(nat["ConnectivityType"] == "public" for nat in self.live_nats(vpc.id)):
            raise in_use(f"Network {vpc.id} has some mapped public address(es).")
        gateway.change(Attachments=[])
        self._set_route_states("GatewayId", gateway.id, "blackhole")
        return {}

    def _set_route_states(self, target: str, identity: str, state: str) -> None:
        for table in self.things["rtb"].values():
            if any(route.get(target) == identity for route in table["Routes"]):
                table.change(Routes=[
                    {**route, "State": state} if route.get(target) == identity else route
                    for route in table["Routes"]
                ])  # fmt: skip

    def delete_internet_gateway(self, parameters: Members) -> Members:
        gateway = self.find("igw", parameters["InternetGatewayId"])
        if self._attached(gateway):
            raise in_use(f"The internetGateway '{gateway.id}' has dependencies and cannot be deleted.")
        del self.things["igw"][gateway.id]
        return {}

    def create_egress_only_internet_gateway(self, parameters: Members) -> Members:
        """It is born attached; a VPC has one."""
        gateway = self._once(
            "CreateEgressOnlyInternetGateway",
            parameters,
            lambda: self._new_way_out(self.find("vpc", parameters["VpcId"]), parameters),
        )
        return {"EgressOnlyInternetGateway": gateway, "ClientToken": parameters.get("ClientToken")}

    def _new_way_out(self, vpc: Thing, parameters: Members) -> Thing:
        if self._gateways_of(vpc.id, "eigw"):
            raise invalid(f"Network {vpc.id} already has an egress-only internet gateway attached")
        return self._make("eigw", {"Attachments": [{"State": "attached", "VpcId": vpc.id}]}, parameters)

    def delete_egress_only_internet_gateway(self, parameters: Members) -> Members:
        """It goes at once; routes to it are then black holes."""
        gateway = self.find("eigw", parameters["EgressOnlyInternetGatewayId"])
        del self.things["eigw"][gateway.id]
        self._set_route_states("EgressOnlyInternetGatewayId", gateway.id, "blackhole")
        return {"ReturnCode": True}

    def allocate_address(self, parameters: Members) -> Members:
        number = next(self._serials)
        members = {
            "Domain": "vpc", "PublicIp": f"52.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
            "PublicIpv4Pool": "amazon", "NetworkBorderGroup": REGION,
        }  # fmt: skip
        address = self._make("eipalloc", members, parameters)
        return {"AllocationId": address.id, **members}

    def release_address(self, parameters: Members) -> Members:
        address = self.find("eipalloc", parameters.get("AllocationId"))
        if address.get("AssociationId"):
            raise Fault("InvalidIPAddress.InUse", message=f"Address {address['PublicIp']} is in use.")
        del self.things["eipalloc"][address.id]
        return {}

    def describe_addresses_attribute(self, parameters: Members) -> Members:
        """No address here has an attribute: there is no operation that gives it one."""
        for identity in parameters.get("AllocationIds", []):
            self.find("eipalloc", identity)
        return self.page(PTR, [], parameters)

    def create_nat_gateway(self, parameters: Members) -> Members:
        nat = self._once("CreateNatGateway", parameters, lambda: self._new_nat(parameters))
        return {"NatGateway": nat, "ClientToken": parameters.get("ClientToken")}

    def _new_nat(self, parameters: Members) -> Thing:
        """Pending for a while, then available, or failed; its address is taken at once."""
        subnet = self.find("subnet", parameters.get("SubnetId"))
        card = {"NetworkInterfaceId": self._id("eni"), "PrivateIp": subnet["CidrBlock"].partition("/")[0]}
        kind, fault = parameters.get("ConnectivityType", "public"), None
        if kind == "public":
            address = self.find("eipalloc", parameters.get("AllocationId"))
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
        nat = self._make("nat", members, parameters)
        self._add_addresses(nat, parameters.get("SecondaryAllocationIds", []))
        self._after(self.pending, lambda: self._arrive(nat, fault))
        return nat

    def _add_addresses(self, nat: Thing, allocations: list[str]) -> None:
        """Further addresses, each taken at once."""
        for address in [self.find("eipalloc", allocation) for allocation in allocations]:
            if fault := self._why_not(nat["VpcId"], address):
                raise fault
            card = {
                "AllocationId": address.id, "PublicIp": address["PublicIp"], "AssociationId": self._id("eipassoc"),
                "NetworkInterfaceId": nat["NatGatewayAddresses"][0]["NetworkInterfaceId"],
                "PrivateIp": nat["NatGatewayAddresses"][0]["PrivateIp"], "IsPrimary": False, "Status": "succeeded",
            }  # fmt: skip
            address.change(AssociationId=card["AssociationId"], NetworkInterfaceId=card["NetworkInterfaceId"])
            nat.change(NatGatewayAddresses=[*nat["NatGatewayAddresses"], card])

    def associate_nat_gateway_address(self, parameters: Members) -> Members:
        nat = self.find("nat", parameters["NatGatewayId"])
        self._add_addresses(nat, parameters["AllocationIds"])
        return {"NatGatewayId": nat.id, "NatGatewayAddresses": nat["NatGatewayAddresses"]}

    def disassociate_nat_gateway_address(self, parameters: Members) -> Members:
        """The primary address stays as long as the gateway does."""
        nat, gone = self.find("nat", parameters["NatGatewayId"]), parameters["AssociationIds"]
        cards = [card for card in nat["NatGatewayAddresses"] if card.get("AssociationId") in gone]
        if len(cards) < len(gone) or any(card["IsPrimary"] for card in cards):
            raise invalid("Only secondary addresses of the NAT gateway can be disassociated")
        for card in cards:
            self.find("eipalloc", card["AllocationId"]).change(AssociationId=None, NetworkInterfaceId=None)
        nat.change(NatGatewayAddresses=[card for card in nat["NatGatewayAddresses"] if card not in cards])
        return {"NatGatewayId": nat.id, "NatGatewayAddresses": cards}

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

    def delete_nat_gateway(self, parameters: Members) -> Members:
        """Deleting for a while; when deleted, its address is free and routes to it are black holes."""
        nat = self.find("nat", parameters["NatGatewayId"])
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
        self._set_route_states("NatGatewayId", nat.id, "blackhole")
