"""Endpoints, and the world as a whole: one account in one region, answering one operation at a time."""

from collections.abc import Callable
from functools import partial

from botocore import xform_name

from emulators.ec2.groups import ALLOW_ALL, Acls
from emulators.ec2.store import ACCOUNT, BY_OPERATION, GATEWAY_SERVICES, REGION, Fault, Members, Thing, values

# --- endpoints ---

OPEN_POLICY = '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'


class Endpoints(Acls):
    """Gateway endpoints, which put routes into tables, and the others, which sit in subnets."""

    def create_vpc_endpoint(self, parameters: Members) -> Members:
        endpoint = self._once("CreateVpcEndpoint", parameters, lambda: self._new_endpoint(parameters))
        return {"VpcEndpoint": endpoint, "ClientToken": parameters.get("ClientToken")}

    def _new_endpoint(self, parameters: Members) -> Thing:
        vpc, kind = self.find("vpc", parameters["VpcId"]), parameters.get("VpcEndpointType", "Gateway")
        service = parameters.get("ServiceName", "")
        prefix = "com.amazonaws.vpce." if kind == "GatewayLoadBalancer" else f"com.amazonaws.{REGION}."
        known = service in GATEWAY_SERVICES if kind == "Gateway" else service.startswith(prefix)
        if not known:
            message = f"The Vpc Endpoint Service '{service}' does not exist"
            raise Fault("InvalidServiceName", message=message)
        interface = kind == "Interface"
        private = parameters.get("PrivateDnsEnabled", interface)
        if interface and private and not (vpc["EnableDnsSupport"] and vpc["EnableDnsHostnames"]):
            message = "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames of the VPC"
            raise Fault("InvalidParameter", message=message)
        default = next(group for group in self.within("sg", vpc.id) if group["GroupName"] == "default")
        groups = parameters.get("SecurityGroupIds", [default.id]) if interface else []
        members = {
            "VpcId": vpc.id, "VpcEndpointType": kind, "ServiceName": service, "OwnerId": ACCOUNT,
            "State": "available" if kind == "Gateway" else "pending", "PrivateDnsEnabled": private,
            "PolicyDocument": parameters.get("PolicyDocument", OPEN_POLICY), "RequesterManaged": False,
            "CreationTimestamp": self.now(), "IpAddressType": parameters.get("IpAddressType", "ipv4"),
            "RouteTableIds": [], "SubnetIds": [], "Groups": [], "NetworkInterfaceIds": [], "DnsEntries": [],
        }  # fmt: skip
        changes = {
            "AddRouteTableIds": parameters.get("RouteTableIds", []), "AddSubnetIds": parameters.get("SubnetIds", []),
            "AddSecurityGroupIds": groups,
        }  # fmt: skip
        self._check_endpoint(members, changes)
        endpoint = self._make("vpce", members, parameters)
        self._change_endpoint(endpoint, changes)
        if kind != "Gateway":
            self._after(self.pending, lambda: self._arrive(endpoint))
        return endpoint

    def _check_endpoint(self, members: Members, parameters: Members) -> None:
        """All refusals, before anything is changed."""
        gateway = members["VpcEndpointType"] == "Gateway"
        if any(
            parameters.get(name)
            for name in (("AddSubnetIds", "AddSecurityGroupIds") if gateway else ("AddRouteTableIds",))
        ):
            raise Fault("InvalidParameter", message=f"Not a parameter of a {members['VpcEndpointType']} endpoint")
        removed = parameters.get("RemoveSubnetIds", [])
        subnets = [
            *(subnet for subnet in members["SubnetIds"] if subnet not in removed),
            *parameters.get("AddSubnetIds", []),
        ]
        if members["VpcEndpointType"] == "GatewayLoadBalancer" and len(subnets) != 1:
            raise Fault("InvalidParameter", message="A Gateway Load Balancer endpoint is in one subnet")
        zones = [self.find("subnet", subnet)["AvailabilityZone"] for subnet in subnets]
        if len(set(zones)) < len(zones):
            raise Fault("DuplicateSubnetsInSameZone", message="Found another subnet of the same zone")
        for group in parameters.get("AddSecurityGroupIds", []):
            self.find("sg", group)
        for table in [self.find("rtb", identity) for identity in parameters.get("AddRouteTableIds", [])]:
            if GATEWAY_SERVICES[members["ServiceName"]] in values(table["Routes"], ["DestinationPrefixListId"]):
                message = f"route table {table.id} already has a route with this destination-prefix-list-id"
                raise Fault("RouteAlreadyExists", message=message)

    def _change_endpoint(self, endpoint: Thing, parameters: Members) -> None:
        """Adds and removes tables, subnets and groups; routes and network interfaces follow."""

        def changed(old: list[str], name: str) -> list[str]:
            kept = [identity for identity in old if identity not in parameters.get(f"Remove{name}", [])]
            return [*kept, *(identity for identity in parameters.get(f"Add{name}", []) if identity not in kept)]

        for table in [self.find("rtb", identity) for identity in parameters.get("RemoveRouteTableIds", [])]:
            table.change(Routes=[route for route in table["Routes"] if route.get("GatewayId") != endpoint.id])
        for identity in parameters.get("AddRouteTableIds", []):
            self._add_route(self.find("rtb", identity), {
                "DestinationPrefixListId": GATEWAY_SERVICES[endpoint["ServiceName"]],
                "GatewayId": endpoint.id, "Origin": "CreateRoute",
            })  # fmt: skip
        groups = changed([group["GroupId"] for group in endpoint["Groups"]], "SecurityGroupIds")
        subnets = changed(endpoint["SubnetIds"], "SubnetIds")
        name = endpoint["ServiceName"].split(".")[-1]
        endpoint.change(
            RouteTableIds=changed(endpoint["RouteTableIds"], "RouteTableIds"),
            SubnetIds=subnets,
            Groups=[{"GroupId": group, "GroupName": self.find("sg", group)["GroupName"]} for group in groups],
            NetworkInterfaceIds=[subnet.replace("subnet-", "eni-") for subnet in subnets],
            DnsEntries=[{"DnsName": f"{endpoint.id}.{name}.{REGION}.vpce.amazonaws.com"}] if subnets else [],
        )

    def modify_vpc_endpoint(self, parameters: Members) -> Members:
        endpoint = self.find("vpce", parameters["VpcEndpointId"])
        self._check_endpoint(endpoint, parameters)
        self._change_endpoint(endpoint, parameters)
        given = {name: parameters[name] for name in ("PolicyDocument", "PrivateDnsEnabled") if name in parameters}
        endpoint.change(**({"PolicyDocument": OPEN_POLICY} if parameters.get("ResetPolicy") else {}), **given)
        return {"Return": True}

    def delete_vpc_endpoints(self, parameters: Members) -> Members:
        """Those that are there go, gateway endpoints at once; those that are not are in the answer."""
        missing = [identity for identity in parameters["VpcEndpointIds"] if identity not in self.things["vpce"]]
        for identity in set(parameters["VpcEndpointIds"]) - set(missing):
            endpoint = self.things["vpce"][identity]
            self._change_endpoint(endpoint, {"RemoveRouteTableIds": endpoint["RouteTableIds"]})
            endpoint.change(State="deleting")
            wait = self.deleting if endpoint["VpcEndpointType"] != "Gateway" else 0
            self._after(wait, partial(self._forget, endpoint))
        message = "The Vpc Endpoint Id '{}' does not exist"
        error = {"Code": "InvalidVpcEndpointId.NotFound"}
        return {"Unsuccessful": [
            {"ResourceId": identity, "Error": {**error, "Message": message.format(identity)}} for identity in missing
        ]}  # fmt: skip

    def _forget(self, endpoint: Thing) -> None:
        self.things["vpce"].pop(endpoint.id, None)


# --- all of it ---


class World(Endpoints):
    """One account in one region."""

    def create_vpc(self, parameters: Members) -> Members:
        """A VPC with all that AWS gives a new one: main route table, default group, default network ACL."""
        vpc: Thing = super().create_vpc(parameters)["Vpc"]
        self._associate(self._new_table({"VpcId": vpc.id}), {"Main": True})
        group = self._new_group(vpc.id, "default", "default VPC security group")
        myself = {"GroupId": group.id, "UserId": ACCOUNT}
        self._add_rules(group, [{**ALLOW_ALL, "IsEgress": False, "ReferencedGroupInfo": myself}])
        self._new_acl(vpc.id, True)
        return {"Vpc": vpc}

    def perform(self, operation: str, parameters: Members) -> Members:
        """The answer to one request, after all that was due by now."""
        self.settle()
        if operation in BY_OPERATION:
            return self.list_kind(BY_OPERATION[operation], parameters)
        act: Callable[[Members], Members] | None = getattr(self, xform_name(operation), None)
        if act is None:
            raise Fault("InvalidAction", message=f"The action {operation} is not valid for this web service.")
        if parameters.get("DryRun"):
            raise Fault("DryRunOperation", 412, "Request would have succeeded, but DryRun flag is set.")
        return act({name: value for name, value in parameters.items() if name != "DryRun"})
