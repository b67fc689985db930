"""The strict stand-in for EC2 keeps what it promises: it pages, limits, waits and refuses as AWS does."""

import http.client
import json
import re
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from controller.core.model.naming import named
from emulators.ec2 import store
from emulators.ec2.protocol import model
from emulators.ec2.server import DropConnection, StrictEc2
from emulators.ec2.store import Fault
from tests.benchmarks.account import (
    Members,
    connect,
    new_gateway,
    new_nat,
    new_subnet,
    new_table,
    new_vpc,
    refused,
    routes,
    states,
)
from tests.clock import Clock

# --- listings ---


def test_pages_end_where_aws_ends_them(ec2: Any) -> None:
    """MaxResults is honoured and bounded, the token leads on, and all pages together are everything once."""
    made = [new_vpc(ec2) for _ in range(12)]
    first = ec2.describe_vpcs(MaxResults=5)
    assert len(first["Vpcs"]) == 5
    ec2.delete_vpc(VpcId=made[4])
    second = ec2.describe_vpcs(MaxResults=5, NextToken=first["NextToken"])
    third = ec2.describe_vpcs(MaxResults=5, NextToken=second["NextToken"])
    assert made == [vpc["VpcId"] for page in (first, second, third) for vpc in page["Vpcs"]]
    assert "NextToken" not in third
    assert refused(ec2.describe_vpcs, MaxResults=1001) == "InvalidParameterValue"
    assert refused(ec2.describe_route_tables, MaxResults=101) == "InvalidParameterValue"
    assert refused(ec2.describe_vpcs, NextToken="nonsense") == "InvalidNextToken"
    tables = [each for page in ec2.get_paginator("describe_route_tables").paginate(PaginationConfig={
        "PageSize": 5}) for each in page["RouteTables"]]  # fmt: skip
    assert len({table["RouteTableId"] for table in tables}) == 11


def test_a_page_has_a_thousand_items_unless_asked_otherwise(server: StrictEc2, ec2: Any) -> None:
    """Without MaxResults an answer ends after 1,000 items, with a token for the rest."""
    server.populate(2700, "big")
    answer = ec2.describe_security_group_rules()
    assert len(answer["SecurityGroupRules"]) == 1000
    assert answer["NextToken"]


def test_filters(ec2: Any) -> None:
    """Filters are ANDed, their values ORed, with wildcards; one that AWS does not know is refused."""
    one, two = new_vpc(ec2), new_vpc(ec2)
    ec2.create_tags(Resources=[one, two], Tags=[{"Key": "Name", "Value": "web-1"}])
    ec2.create_tags(Resources=[two], Tags=[{"Key": "Env", "Value": "prod"}])
    gateway = new_gateway(ec2, two)

    def vpcs(**filters: str) -> list[str]:
        asked = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        return [vpc["VpcId"] for vpc in ec2.describe_vpcs(Filters=asked)["Vpcs"]]

    assert vpcs(**{"tag:Name": "web-*"}) == [one, two]
    assert vpcs(**{"tag:Name": "web-*", "tag-key": "Env"}) == [two]
    assert vpcs(vpc_id=one, state="available", is_default="false") == [one]
    attached = ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [one, two]}])
    assert [gateway] == [each["InternetGatewayId"] for each in attached["InternetGateways"]]
    unknown = [{"Name": "vpc-id", "Values": [one]}]
    assert refused(ec2.describe_internet_gateways, Filters=unknown) == "InvalidParameterValue"


def test_every_filter_is_one_of_aws() -> None:
    """No filter is served that AWS does not document."""
    for kind in [*store.KINDS, store.TAGS]:
        shape: Any = model().operation_model(kind.operation).input_shape
        members = shape.members
        documented = (members.get("Filters") or members["Filter"]).documentation
        missing = [name for name in kind.filters.split() if not re.search(rf"\b{name}\b", documented)]
        assert missing == [], kind.operation


def test_every_kind_can_be_listed(ec2: Any) -> None:
    """Each listing answers in AWS's shape, with ids that exist and in an empty world."""
    for operation in ("addresses", "nat_gateways", "vpc_endpoints", "addresses_attribute"):
        answer = getattr(ec2, f"describe_{operation}")()
        assert [] == next(value for name, value in answer.items() if name != "ResponseMetadata")
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    assert zones == [f"us-east-1{letter}" for letter in "abcdef"]
    names = [each["PrefixListName"] for each in ec2.describe_prefix_lists()["PrefixLists"]]
    assert names == ["com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.dynamodb"]
    assert len(ec2.describe_managed_prefix_lists()["PrefixLists"]) == 3


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("describe_vpcs", {"VpcIds": ["vpc-1"]}, "InvalidVpcID.NotFound"),
        ("describe_subnets", {"SubnetIds": ["subnet-1"]}, "InvalidSubnetID.NotFound"),
        ("describe_nat_gateways", {"NatGatewayIds": ["nat-1"]}, "NatGatewayNotFound"),
        ("describe_security_groups", {"GroupIds": ["sg-1"]}, "InvalidGroup.NotFound"),
        ("delete_internet_gateway", {"InternetGatewayId": "igw-1"}, "InvalidInternetGatewayID.NotFound"),
        ("delete_route_table", {"RouteTableId": "rtb-1"}, "InvalidRouteTableID.NotFound"),
        ("release_address", {"AllocationId": "eipalloc-1"}, "InvalidAllocationID.NotFound"),
        ("delete_network_acl", {"NetworkAclId": "acl-1"}, "InvalidNetworkAclID.NotFound"),
        ("disassociate_route_table", {"AssociationId": "rtbassoc-1"}, "InvalidAssociationID.NotFound"),
        ("create_tags", {"Resources": ["vpc-1"], "Tags": [{"Key": "a"}]}, "InvalidVpcID.NotFound"),
        ("run_instances", {"MinCount": 1, "MaxCount": 1}, "InvalidAction"),
    ],
)  # fmt: skip
def test_what_is_not_there(ec2: Any, operation: str, parameters: Members, code: str) -> None:
    """An unknown id is answered with AWS's code for its kind, a write that is not served with InvalidAction."""
    assert refused(getattr(ec2, operation), **parameters) == code


# --- time ---


def test_a_nat_gateway_takes_its_time(slow: StrictEc2, clock: Clock) -> None:
    """It is pending, and no route leads to it, until its time has come; when deleted it is deleting first."""
    ec2 = connect(slow)
    vpc = new_vpc(ec2)
    new_gateway(ec2, vpc)
    subnet, table = new_subnet(ec2, vpc), new_table(ec2, vpc)
    nat, address = new_nat(ec2, subnet)
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": nat}
    assert states(ec2) == ["pending"]
    assert refused(ec2.create_route, **route) == "InvalidNatGatewayID.NotFound"
    clock.time += 60
    ec2.create_route(**route)
    assert states(ec2) == ["available"]
    ec2.delete_nat_gateway(NatGatewayId=nat)
    assert states(ec2) == ["deleting"]
    assert refused(ec2.delete_subnet, SubnetId=subnet) == "DependencyViolation"
    assert refused(ec2.release_address, AllocationId=address) == "InvalidIPAddress.InUse"
    clock.time += 30
    assert states(ec2) == ["deleted"]
    assert routes(ec2, table)["0.0.0.0/0"]["State"] == "blackhole"
    ec2.release_address(AllocationId=address)
    ec2.delete_subnet(SubnetId=subnet)


def test_an_interface_endpoint_takes_its_time(slow: StrictEc2, clock: Clock) -> None:
    """It is pending and then available; deleted, it stays for a while and is then gone from the listing."""
    ec2 = connect(slow)
    vpc = new_vpc(ec2)
    asked = {"VpcId": vpc, "VpcEndpointType": "Interface", "ServiceName": "com.amazonaws.us-east-1.ssm",
             "SubnetIds": [new_subnet(ec2, vpc)], "PrivateDnsEnabled": False}  # fmt: skip
    endpoint = ec2.create_vpc_endpoint(**asked)["VpcEndpoint"]["VpcEndpointId"]

    def now() -> list[str]:
        return [each["State"] for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]]

    assert now() == ["pending"]
    clock.time += 60
    assert now() == ["available"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert now() == ["deleting"]
    clock.time += 30
    assert now() == []


def test_a_nat_gateway_without_internet_gateway(slow: StrictEc2, clock: Clock) -> None:
    """It is refused at once, or, where a test asks for that, made and then failed with the same code."""
    ec2 = connect(slow)
    subnet = new_subnet(ec2, new_vpc(ec2))
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    asked = {"SubnetId": subnet, "AllocationId": address}
    assert refused(ec2.create_nat_gateway, **asked) == "Gateway.NotAttached"
    slow.world.nat_fails_late = True
    ec2.create_nat_gateway(**asked)
    assert states(ec2) == ["pending"]
    clock.time += 60
    (nat,) = ec2.describe_nat_gateways()["NatGateways"]
    assert (nat["State"], nat["FailureCode"]) == ("failed", "Gateway.NotAttached")
    ec2.release_address(AllocationId=address)


def test_a_client_token_makes_one_thing(ec2: Any) -> None:
    """The same request with the same token is answered with the same thing; another request is refused."""
    vpc = new_vpc(ec2)
    new_gateway(ec2, vpc)
    asked = {"SubnetId": new_subnet(ec2, vpc), "ClientToken": "once",
             "AllocationId": ec2.allocate_address(Domain="vpc")["AllocationId"]}  # fmt: skip
    first, second = (ec2.create_nat_gateway(**asked)["NatGateway"]["NatGatewayId"] for _ in range(2))
    assert (first, 1) == (second, len(states(ec2)))
    other = {**asked, "ConnectivityType": "private"}
    assert refused(ec2.create_nat_gateway, **other) == "IdempotentParameterMismatch"
    s3 = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-east-1.s3", "ClientToken": "once"}
    one, same = (ec2.create_vpc_endpoint(**s3)["VpcEndpoint"]["VpcEndpointId"] for _ in range(2))
    assert one == same


# --- limits, counts and faults ---


def test_buckets_run_dry_and_fill_again(clock: Clock) -> None:
    """Each API has AWS's burst and refill; a request too many is answered with 503 and counted."""
    with StrictEc2(buckets=True, clock=clock) as server:
        ec2 = connect(server)
        asked = {"VpcEndpointIds": ["vpce-1"]}
        for _ in range(4):
            ec2.delete_vpc_endpoints(**asked)
        with pytest.raises(ClientError) as error:
            ec2.delete_vpc_endpoints(**asked)
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert error.value.response["Error"]["Code"] == "RequestLimitExceeded"
        ec2.describe_vpcs()
        clock.time += 4
        ec2.delete_vpc_endpoints(**asked)
        assert refused(ec2.delete_vpc_endpoints, **asked) == "RequestLimitExceeded"
        assert (server.counts["DeleteVpcEndpoints"], server.rejected) == (7, 2)


def test_an_unbounded_listing_of_groups_has_the_smaller_bucket(clock: Clock) -> None:
    """Security groups without MaxResults and filter run dry after 50 reads, with MaxResults they go on."""
    with StrictEc2(buckets=True, clock=clock) as server:
        ec2 = connect(server)
        for _ in range(50):
            ec2.describe_security_groups()
        assert refused(ec2.describe_security_groups) == "RequestLimitExceeded"
        ec2.describe_security_groups(MaxResults=1000)


def test_calls_are_recorded(server: StrictEc2, ec2: Any) -> None:
    """Every request is recorded in order, with its typed parameters, the code of its error and who made it."""
    vpc = new_vpc(ec2)
    new_subnet(ec2, vpc)
    refused(ec2.delete_vpc, VpcId=vpc)
    assert server.calls == [
        ("CreateVpc", {"CidrBlock": "10.0.0.0/16"}, None, "testing"),
        (
            "CreateSubnet",
            {"VpcId": vpc, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1a"},
            None,
            "testing",
        ),
        ("DeleteVpc", {"VpcId": vpc}, "DependencyViolation", "testing"),
    ]
    server.reset_counts()
    assert (server.counted(), len(server.calls)) == ({"requests": {}, "rejected": 0}, 3)


def test_a_fault_before_has_no_effect_and_one_after_has(server: StrictEc2, ec2: Any) -> None:
    """An injected fault is the answer; whether the operation took effect is as the test chose."""
    when = "before"

    def fail(operation: str, parameters: Members, moment: str) -> None:
        if operation == "CreateVpc" and moment == when:
            raise Fault("InternalError", 500)

    server.before_reply = fail
    assert refused(ec2.create_vpc, CidrBlock="10.0.0.0/16") == "InternalError"
    assert ec2.describe_vpcs()["Vpcs"] == []
    when = "after"
    assert refused(ec2.create_vpc, CidrBlock="10.0.0.0/16") == "InternalError"
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1


def test_a_lost_answer(server: StrictEc2, ec2: Any) -> None:
    """A dropped connection looks like one to the client, although the operation took effect."""

    def lose(operation: str, parameters: Members, moment: str) -> None:
        if operation == "CreateVpc" and moment == "after":
            raise DropConnection

    server.before_reply = lose
    with pytest.raises(ConnectionClosedError):
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1
    assert server.calls[0].error == "DropConnection"


def test_callers_do_not_wait_for_each_other() -> None:
    """Latency is slept in parallel: ten calls at once that wait for one another are all answered."""
    meeting = threading.Barrier(10, timeout=10)

    def meet(operation: str, parameters: Members, when: str) -> None:
        if when == "before":
            meeting.wait()

    with StrictEc2(latency=0.01) as server:
        server.before_reply = meet
        clients = [connect(server) for _ in range(10)]
        threads = [threading.Thread(target=client.describe_vpcs) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.counts == {"DescribeVpcs": 10}
        assert [call.error for call in server.calls] == [None] * 10


# --- a populated world ---


def test_a_populated_world_is_what_its_document_says(server: StrictEc2, ec2: Any) -> None:
    """The document has about as many nodes as asked for; each is live, tagged and connected as it says."""
    document = server.populate(40, "big")
    assert server.calls == []
    resources = document["spec"]["resources"]
    counts = {kind: len(specs) for kind, specs in resources.items()}
    assert counts == {"Vpc": 2, "InternetGateway": 2, "Subnet": 12, "ElasticIp": 6, "NatGateway": 6,
                      "RouteTable": 8, "SecurityGroup": 6}  # fmt: skip
    filters = [{"Name": "tag:holdfast.dev/stack", "Values": ["big"]}]
    live = {
        tag["Value"]: subnet
        for subnet in ec2.describe_subnets(Filters=filters)["Subnets"]
        for tag in subnet["Tags"]
        if tag["Key"] == "holdfast.dev/name"
    }
    assert live.keys() == resources["Subnet"].keys()
    for name, spec in resources["Subnet"].items():
        found = live[name]
        read = (found["CidrBlock"], found["AvailabilityZone"], found["MapPublicIpOnLaunch"])
        assert (spec["cidrBlock"], spec["availabilityZone"], spec["mapPublicIpOnLaunch"]) == read
    tables = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    assert {route["State"] for table in tables for route in table["Routes"]} == {"active"}
    assert sum(len(table["Associations"]) for table in tables) == 12
    groups = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    assert {group["GroupName"] for group in groups} == {
        named("big", name, 255) for name in resources["SecurityGroup"]
    }
    assert {group["Description"] for group in groups} == {"Managed by Holdfast"}
    assert resources["SecurityGroup"]["net-0001-app"]["ingress"] == [
        {"protocol": "tcp", "fromPort": 8080, "toPort": 8080, "group": "net-0001-web"}
    ]


def test_control_from_another_process(server: StrictEc2, ec2: Any) -> None:
    """A world is filled, and requests are counted and reset, over HTTP as well."""

    def control(method: str, path: str, body: str = "") -> Members:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request(method, path, body)
        answer: Members = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    document = control("POST", "/_populate", json.dumps({"nodes": 1, "stack": "small"}))
    assert document["metadata"] == {"name": "small"}
    ec2.describe_vpcs()
    assert control("GET", "/_counts") == {"requests": {"DescribeVpcs": 1}, "rejected": 0}
    control("POST", "/_reset")
    assert control("GET", "/_counts") == {"requests": {}, "rejected": 0}
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1
