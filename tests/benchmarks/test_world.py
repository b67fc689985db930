"""The stand-in's world is AWS's: newborns are furnished, dependencies hold, rules and routes keep their shape."""

from collections.abc import Callable
from typing import Any

from emulators.ec2.server import StrictEc2
from tests.benchmarks.account import (
    connect,
    from_group,
    from_range,
    new_gateway,
    new_group,
    new_nat,
    new_subnet,
    new_table,
    new_vpc,
    refused,
    routes,
    states,
    tcp,
)

# --- newborns ---


def test_a_vpc_is_born_furnished(ec2: Any) -> None:
    """A new VPC has AWS's defaults, a main route table, a default group and a default network ACL."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.1/16")["Vpc"]
    expected = {"State": "available", "InstanceTenancy": "default", "OwnerId": "123456789012",
                "IsDefault": False, "CidrBlock": "10.0.0.0/16"}  # fmt: skip
    assert expected == {name: vpc[name] for name in expected}
    assert vpc["DhcpOptionsId"].startswith("dopt-")
    assert vpc["CidrBlockAssociationSet"][0]["CidrBlockState"] == {"State": "associated"}
    inside = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]

    (table,) = ec2.describe_route_tables(Filters=inside)["RouteTables"]
    local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local",
             "Origin": "CreateRouteTable", "State": "active"}  # fmt: skip
    assert [local] == table["Routes"]
    assert table["Associations"][0]["Main"] is True
    assert table["Associations"][0]["AssociationState"] == {"State": "associated"}

    (group,) = ec2.describe_security_groups(Filters=inside)["SecurityGroups"]
    pair = {"GroupId": group["GroupId"], "UserId": "123456789012"}
    assert group["GroupName"] == "default"
    assert [pair] == group["IpPermissions"][0]["UserIdGroupPairs"]
    assert [{"CidrIp": "0.0.0.0/0"}] == group["IpPermissionsEgress"][0]["IpRanges"]

    (acl,) = ec2.describe_network_acls(Filters=inside)["NetworkAcls"]
    numbers = [(entry["Egress"], entry["RuleNumber"], entry["RuleAction"]) for entry in acl["Entries"]]
    assert [(way, *rule) for way in (True, False) for rule in ((100, "allow"), (32767, "deny"))] == numbers
    assert acl["IsDefault"] is True


def test_a_subnet_is_born_with_the_default_acl(ec2: Any) -> None:
    """A new subnet has AWS's defaults and is associated to the default network ACL of its VPC."""
    vpc = new_vpc(ec2)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1b")["Subnet"]
    expected = {"MapPublicIpOnLaunch": False, "AssignIpv6AddressOnCreation": False,
                "State": "available", "AvailabilityZoneId": "use1-az2",
                "PrivateDnsNameOptionsOnLaunch": {
                    "HostnameType": "ip-name", "EnableResourceNameDnsARecord": False,
                    "EnableResourceNameDnsAAAARecord": False}}  # fmt: skip
    assert expected == {name: subnet[name] for name in expected}
    (acl,) = ec2.describe_network_acls()["NetworkAcls"]
    assert [subnet["SubnetId"]] == [each["SubnetId"] for each in acl["Associations"]]


def test_groups_and_acls_are_born_with_their_rules(ec2: Any) -> None:
    """A new group may send anywhere; a new network ACL denies all, both ways."""
    vpc = new_vpc(ec2)
    group = new_group(ec2, vpc)
    filters = [{"Name": "group-id", "Values": [group]}]
    (rule,) = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    expected = {"IsEgress": True, "IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "CidrIpv4": "0.0.0.0/0"}
    assert expected == {name: rule[name] for name in expected}
    entries = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["Entries"]
    assert [(True, 32767, "deny"), (False, 32767, "deny")] == [
        (each["Egress"], each["RuleNumber"], each["RuleAction"]) for each in entries
    ]


def test_tags_are_given_at_creation_and_later(ec2: Any) -> None:
    """Tags of the creating call are there at once; tags are added, changed, taken away and listed."""
    tags = [{"Key": "Name", "Value": "one"}, {"Key": "Env", "Value": "prod"}]
    specification = [{"ResourceType": "vpc", "Tags": tags}]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=specification)["Vpc"]
    assert tags == vpc["Tags"]
    ec2.create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "Name", "Value": "two"}])
    ec2.delete_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "Env"}])
    expected = {"Key": "Name", "Value": "two", "ResourceId": vpc["VpcId"], "ResourceType": "vpc"}
    assert [expected] == ec2.describe_tags()["Tags"]
    assert refused(ec2.create_vpc, CidrBlock="10.0.0.0/16", TagSpecifications=[
        {"ResourceType": "subnet", "Tags": tags}]) == "InvalidParameterValue"  # fmt: skip


def test_attributes_of_a_vpc_and_of_a_subnet(ec2: Any) -> None:
    """Attributes are set one at a time; those of a VPC are read on their own, as in AWS."""
    vpc = new_vpc(ec2)
    subnet = new_subnet(ec2, vpc)
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    answer = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert answer["EnableDnsHostnames"] == {"Value": True}
    both = {"EnableDnsHostnames": {"Value": True}, "EnableDnsSupport": {"Value": True}}
    assert refused(ec2.modify_vpc_attribute, VpcId=vpc, **both) == "InvalidParameterCombination"
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    ec2.modify_subnet_attribute(SubnetId=subnet, PrivateDnsHostnameTypeOnLaunch="resource-name")
    (found,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    assert found["MapPublicIpOnLaunch"] is True
    assert found["PrivateDnsNameOptionsOnLaunch"]["HostnameType"] == "resource-name"


def test_the_account_is_known(server: StrictEc2) -> None:
    """STS answers on the same address."""
    assert connect(server, "sts").get_caller_identity()["Account"] == "123456789012"


# --- dependencies ---


def test_a_vpc_goes_last(ec2: Any) -> None:
    """A VPC cannot be deleted before what is in it; in the right order all goes, newborns with it."""
    vpc = new_vpc(ec2)
    gateway, subnet, table, group = (
        new_gateway(ec2, vpc), new_subnet(ec2, vpc), new_table(ec2, vpc), new_group(ec2, vpc),
    )  # fmt: skip
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3")
    endpoint = made["VpcEndpoint"]["VpcEndpointId"]
    removals: list[Callable[[], object]] = [
        lambda: ec2.delete_subnet(SubnetId=subnet),
        lambda: ec2.delete_route_table(RouteTableId=table),
        lambda: ec2.delete_security_group(GroupId=group),
        lambda: ec2.delete_network_acl(NetworkAclId=acl),
        lambda: ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint]),
        lambda: ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc),
    ]
    for remove in removals:
        assert refused(ec2.delete_vpc, VpcId=vpc) == "DependencyViolation"
        remove()
    ec2.delete_vpc(VpcId=vpc)
    for listing in ("vpcs", "route_tables", "security_groups", "security_group_rules", "network_acls"):
        assert [] == next(iter(getattr(ec2, f"describe_{listing}")().values()))


def test_a_nat_gateway_holds_its_subnet_address_and_gateway(ec2: Any) -> None:
    """While a NAT gateway lives, its subnet, its address and the internet gateway stay; then they may go."""
    vpc = new_vpc(ec2)
    gateway, subnet = new_gateway(ec2, vpc), new_subnet(ec2, vpc)
    nat, address = new_nat(ec2, subnet)
    detach = {"InternetGatewayId": gateway, "VpcId": vpc}
    assert refused(ec2.delete_subnet, SubnetId=subnet) == "DependencyViolation"
    assert refused(ec2.detach_internet_gateway, **detach) == "DependencyViolation"
    assert refused(ec2.delete_internet_gateway, InternetGatewayId=gateway) == "DependencyViolation"
    assert refused(ec2.release_address, AllocationId=address) == "InvalidIPAddress.InUse"
    again = {"SubnetId": subnet, "AllocationId": address}
    assert refused(ec2.create_nat_gateway, **again) == "Resource.AlreadyAssociated"
    ec2.delete_nat_gateway(NatGatewayId=nat)
    assert states(ec2) == ["deleted"]
    ec2.release_address(AllocationId=address)
    ec2.detach_internet_gateway(**detach)
    ec2.delete_subnet(SubnetId=subnet)
    assert refused(ec2.detach_internet_gateway, **detach) == "Gateway.NotAttached"


def test_an_interface_endpoint_holds_its_subnet_and_its_groups(ec2: Any) -> None:
    """While an interface endpoint lives, neither its subnet nor its security group can be deleted."""
    vpc = new_vpc(ec2)
    subnet, group = new_subnet(ec2, vpc), new_group(ec2, vpc)
    asked = {"VpcId": vpc, "VpcEndpointType": "Interface", "ServiceName": "com.amazonaws.us-east-1.ssm",
             "SubnetIds": [subnet], "SecurityGroupIds": [group]}  # fmt: skip
    assert refused(ec2.create_vpc_endpoint, **asked) == "InvalidParameter"
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    made = ec2.create_vpc_endpoint(**asked)["VpcEndpoint"]
    assert made["State"] == "available"
    assert [{"GroupId": group, "GroupName": "web"}] == made["Groups"]
    assert refused(ec2.delete_subnet, SubnetId=subnet) == "DependencyViolation"
    assert refused(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    other = new_subnet(ec2, vpc, "10.0.2.0/24")
    add = {"VpcEndpointId": made["VpcEndpointId"], "AddSubnetIds": [other]}
    assert refused(ec2.modify_vpc_endpoint, **add) == "DuplicateSubnetsInSameZone"
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=subnet)


def test_subnets_do_not_overlap(ec2: Any) -> None:
    """A subnet lies within its VPC and overlaps no other."""
    vpc = new_vpc(ec2)
    new_subnet(ec2, vpc)
    assert refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.1.128/25") == "InvalidSubnet.Conflict"
    assert refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.1.1.0/24") == "InvalidSubnet.Range"


# --- routes ---


def test_routes(ec2: Any) -> None:
    """A destination has one route; a missing one is refused; a lost target leaves a black hole."""
    vpc = new_vpc(ec2)
    gateway, table, subnet = new_gateway(ec2, vpc), new_table(ec2, vpc), new_subnet(ec2, vpc)
    nat, _ = new_nat(ec2, subnet)
    default = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    assert refused(ec2.replace_route, **default, GatewayId=gateway) == "InvalidParameterValue"
    assert refused(ec2.delete_route, **default) == "InvalidRoute.NotFound"
    ec2.create_route(**default, GatewayId=gateway)
    assert refused(ec2.create_route, **default, NatGatewayId=nat) == "RouteAlreadyExists"
    ec2.replace_route(**default, NatGatewayId=nat)
    assert routes(ec2, table)["0.0.0.0/0"] == {
        "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": nat, "Origin": "CreateRoute", "State": "active",
    }  # fmt: skip
    ec2.delete_nat_gateway(NatGatewayId=nat)
    assert routes(ec2, table)["0.0.0.0/0"]["State"] == "blackhole"
    ec2.delete_route(**default)
    assert list(routes(ec2, table)) == ["10.0.0.0/16"]


def test_a_subnet_has_one_route_table(ec2: Any) -> None:
    """A second table is refused, the same one is granted again, and an association can be moved."""
    vpc = new_vpc(ec2)
    one, two, subnet = new_table(ec2, vpc), new_table(ec2, vpc), new_subnet(ec2, vpc)
    first = ec2.associate_route_table(RouteTableId=one, SubnetId=subnet)["AssociationId"]
    assert ec2.associate_route_table(RouteTableId=one, SubnetId=subnet)["AssociationId"] == first
    assert refused(ec2.associate_route_table, RouteTableId=two, SubnetId=subnet) == "Resource.AlreadyAssociated"
    assert refused(ec2.delete_route_table, RouteTableId=one) == "DependencyViolation"
    moved = ec2.replace_route_table_association(AssociationId=first, RouteTableId=two)["NewAssociationId"]
    ec2.delete_route_table(RouteTableId=one)
    ec2.disassociate_route_table(AssociationId=moved)
    ec2.delete_route_table(RouteTableId=two)


def test_a_gateway_endpoint_routes(ec2: Any) -> None:
    """A gateway endpoint puts its route into its tables, once, and takes it along when it goes."""
    vpc = new_vpc(ec2)
    one, two = new_table(ec2, vpc), new_table(ec2, vpc)
    asked = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-east-1.s3"}
    made = ec2.create_vpc_endpoint(**asked, RouteTableIds=[one])["VpcEndpoint"]
    assert routes(ec2, one)["pl-63a5400a"]["GatewayId"] == made["VpcEndpointId"]
    assert refused(ec2.create_vpc_endpoint, **asked, RouteTableIds=[one]) == "RouteAlreadyExists"
    delete = {"RouteTableId": one, "DestinationPrefixListId": "pl-63a5400a"}
    assert refused(ec2.delete_route, **delete) == "InvalidParameterValue"
    change = {"AddRouteTableIds": [two], "RemoveRouteTableIds": [one], "PolicyDocument": "{}"}
    ec2.modify_vpc_endpoint(VpcEndpointId=made["VpcEndpointId"], **change)
    assert ("pl-63a5400a" in routes(ec2, one), "pl-63a5400a" in routes(ec2, two)) == (False, True)
    gone = ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"], "vpce-1"])["Unsuccessful"]
    assert [each["Error"]["Code"] for each in gone] == ["InvalidVpcEndpointId.NotFound"]
    assert "pl-63a5400a" not in routes(ec2, two)
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


# --- groups ---


def test_rules_by_what_they_say(ec2: Any) -> None:
    """The same rule twice is refused, its description apart; an absent one cannot be revoked."""
    group = new_group(ec2, new_vpc(ec2))
    wanted = tcp(443, **from_range("10.1.2.3/8", Description="us"))
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=wanted)
    again = tcp(443, **from_range("10.0.0.0/8"))
    grant, revoke = ec2.authorize_security_group_ingress, ec2.revoke_security_group_ingress
    assert refused(grant, GroupId=group, IpPermissions=again) == "InvalidPermission.Duplicate"
    both = tcp(80, **from_range("10.0.0.0/8")) + again
    assert refused(revoke, GroupId=group, IpPermissions=both) == "InvalidPermission.NotFound"
    describe = ec2.update_security_group_rule_descriptions_ingress
    describe(GroupId=group, IpPermissions=tcp(443, **from_range("10.0.0.0/8", Description="them")))
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert [{"CidrIp": "10.0.0.0/8", "Description": "them"}] == found["IpPermissions"][0]["IpRanges"]
    revoke(GroupId=group, IpPermissions=again)
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert found["IpPermissions"] == []


def test_rules_by_id(ec2: Any) -> None:
    """A rule keeps its id through a change of all it says, and is revoked by it."""
    vpc = new_vpc(ec2)
    group, other = new_group(ec2, vpc), new_group(ec2, vpc, "app")
    made = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=tcp(443, **from_range("10.0.0.0/8")) + tcp(80, **from_range("10.0.0.0/8")),
    )["SecurityGroupRules"]
    https, http = (rule["SecurityGroupRuleId"] for rule in made)
    change = {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "ReferencedGroupId": other}
    update = {"SecurityGroupRuleId": https, "SecurityGroupRule": change}
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[update])
    (rule,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[https])["SecurityGroupRules"]
    assert (rule["FromPort"], rule["ReferencedGroupInfo"]["GroupId"]) == (8443, other)
    assert "CidrIpv4" not in rule
    same = {"SecurityGroupRuleId": http, "SecurityGroupRule": change}
    modify = ec2.modify_security_group_rules
    assert refused(modify, GroupId=group, SecurityGroupRules=[same]) == "InvalidPermission.Duplicate"
    revoke = {"GroupId": group, "SecurityGroupRuleIds": [https]}
    ec2.revoke_security_group_ingress(**revoke)
    assert refused(ec2.revoke_security_group_ingress, **revoke) == "InvalidSecurityGroupRuleId.NotFound"


def test_groups_that_name_each_other(ec2: Any) -> None:
    """A group that another group's rule names cannot be deleted; one that names itself can."""
    vpc = new_vpc(ec2)
    web, app = new_group(ec2, vpc), new_group(ec2, vpc, "app")
    for group, port in ((web, 443), (app, 8080)):
        ec2.authorize_security_group_ingress(GroupId=app, IpPermissions=tcp(port, **from_group(group)))
    assert refused(ec2.delete_security_group, GroupId=web) == "DependencyViolation"
    ec2.delete_security_group(GroupId=app)
    ec2.delete_security_group(GroupId=web)
    default = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    assert refused(ec2.delete_security_group, GroupId=default) == "CannotDelete"
    new_group(ec2, vpc)
    again = {"VpcId": vpc, "GroupName": "web", "Description": "again"}
    assert refused(ec2.create_security_group, **again) == "InvalidGroup.Duplicate"


# --- network ACLs ---


def test_entries_and_associations_of_network_acls(ec2: Any) -> None:
    """An entry is created once and replaced only if there; an ACL in use or by default stays."""
    vpc = new_vpc(ec2)
    subnet = new_subnet(ec2, vpc)
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    place = {"NetworkAclId": acl, "RuleNumber": 100, "Egress": False}
    entry = {**place, "Protocol": "6", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0",
             "PortRange": {"From": 443, "To": 443}}  # fmt: skip
    assert refused(ec2.replace_network_acl_entry, **entry) == "InvalidNetworkAclEntry.NotFound"
    assert refused(ec2.delete_network_acl_entry, **place) == "InvalidNetworkAclEntry.NotFound"
    ec2.create_network_acl_entry(**entry)
    assert refused(ec2.create_network_acl_entry, **entry) == "NetworkAclEntryAlreadyExists"
    ec2.replace_network_acl_entry(**{**entry, "RuleAction": "deny"})
    default, found = ec2.describe_network_acls()["NetworkAcls"]
    assert [e["RuleAction"] for e in found["Entries"] if e["RuleNumber"] == 100] == ["deny"]
    ec2.delete_network_acl_entry(**place)

    association = default["Associations"][0]["NetworkAclAssociationId"]
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl)
    old, new = ec2.describe_network_acls()["NetworkAcls"]
    assert (old["Associations"], [each["SubnetId"] for each in new["Associations"]]) == ([], [subnet])
    assert refused(ec2.delete_network_acl, NetworkAclId=acl) == "DependencyViolation"
    assert refused(ec2.delete_network_acl, NetworkAclId=old["NetworkAclId"]) == "InvalidParameterValue"
