"""What the layer does to every request: it records, refuses, passes on, and lets listings be late."""

import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.clock import Clock
from tests.slow.conftest import Client
from tests.slow.lateness import Late
from tests.slow.scenery import DATABASE, DISTRIBUTION, IMAGE, subnets
from tests.slow.server import Recorded, SlowAws


def test_a_listing_may_be_late(aws: SlowAws, client: Client, clock: Clock) -> None:
    """A late listing shows a new thing only after its time, and what was there before at once."""
    ec2 = client("ec2")
    before = {each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]}
    aws.late["ec2", "DescribeVpcs"] = Late("VpcId", 5)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert before == {each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]}
    clock.time += 5
    assert {*before, vpc} == {each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]}


def test_a_listing_of_any_service_may_be_late(aws: SlowAws, client: Client, clock: Clock) -> None:
    """Also one of a service whose things are final at once, and where the caller gives the name."""
    iam = client("iam")
    aws.late["iam", "ListRoles"] = Late("RoleName", 10)
    iam.create_role(RoleName="web", AssumeRolePolicyDocument="{}")
    assert [] == iam.list_roles()["Roles"]
    clock.time += 10
    assert ["web"] == [each["RoleName"] for each in iam.list_roles()["Roles"]]


def test_every_request_is_recorded_in_order(aws: SlowAws, client: Client) -> None:
    """Service, operation, parameters and status of each request stand in the order of the answers."""
    client("ec2").create_security_group(GroupName="web", Description="web")
    client("dynamodb").list_tables(Limit=3)
    with pytest.raises(ClientError):
        client("route53").list_resource_record_sets(HostedZoneId="Z1", MaxItems="5")
    client("s3").create_bucket(Bucket="holdfast-slow")
    client("elbv2").describe_load_balancers()
    assert [
        Recorded("ec2", "CreateSecurityGroup", {"GroupName": "web", "Description": "web"}, 200),
        Recorded("dynamodb", "ListTables", {"Limit": 3}, 200),
        Recorded("route53", "ListResourceRecordSets", {"HostedZoneId": "Z1", "MaxItems": "5"}, 404),
        Recorded("s3", "CreateBucket", {"Bucket": "holdfast-slow"}, 200),
    ] == [found._replace(parameters=_set(found.parameters)) for found in aws.requests[:4]]
    assert ("elbv2", "DescribeLoadBalancers") == aws.requests[4][:2]


def _set(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("ec2", "describe_vpcs", {}),
    ("rds", "describe_db_instances", {}),
    ("autoscaling", "describe_auto_scaling_groups", {}),
    ("cloudfront", "list_distributions", {}),
    ("route53", "list_hosted_zones", {}),
    ("s3", "list_buckets", {}),
    ("acm", "list_certificates", {}),
    ("dynamodb", "list_tables", {}),
    ("lambda", "list_functions", {}),
]


@pytest.mark.parametrize(("service", "call", "parameters"), CALLS, ids=[service for service, *_ in CALLS])
def test_a_hook_refuses_in_the_words_of_the_protocol(
    aws: SlowAws, client: Client, service: str, call: str, parameters: dict[str, Any]
) -> None:
    """A refused request meets code, status and message as the client reads them, and never takes effect."""
    aws.refuse = lambda service, operation, parameters: ("AccessDeniedException", 403, "<no> & never")
    with pytest.raises(ClientError) as refused:
        getattr(client(service), call)(**parameters)
    answer = refused.value.response
    found = (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"])
    assert ("AccessDeniedException", 403, "<no> & never") == found
    assert [403] == [each.status for each in aws.requests]


def test_a_hook_refuses_only_what_it_means(aws: SlowAws, client: Client) -> None:
    """The hook sees service, operation and parameters, and lets through what it returns nothing for."""
    aws.refuse = lambda service, operation, parameters: (
        ("VpcLimitExceeded", 400, "too many") if parameters.get("CidrBlock") == "10.1.0.0/16" else None
    )
    ec2 = client("ec2")
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    with pytest.raises(ClientError, match="VpcLimitExceeded"):
        ec2.create_vpc(CidrBlock="10.1.0.0/16")
    assert "10.1.0.0/16" not in {each["CidrBlock"] for each in ec2.describe_vpcs()["Vpcs"]}


def test_durations_are_the_tests_to_choose(emulator_url: str, clock: Clock) -> None:
    """A duration that nothing lasts is a mistake, not a rule that never applies."""
    with pytest.raises(ValueError, match="NAT gatway"):
        SlowAws(emulator_url, clock, {"NAT gatway": 1})


LISTINGS: list[tuple[str, str, set[str]]] = [
    ("ec2", "describe_nat_gateways", {"State"}),
    ("ec2", "describe_instances", {"Code", "Name"}),
    ("elbv2", "describe_load_balancers", {"Code"}),
    # The last of these is the time of day at the emulator.
    ("rds", "describe_db_instances", {"DBInstanceStatus", "Endpoint", "LatestRestorableTime"}),
    ("acm", "list_certificates", {"Status", "IssuedAt", "NotBefore", "NotAfter"}),
    ("cloudfront", "list_distributions", {"Status"}),
]


def make_one_of_each(client: Client) -> None:
    """Things of which each listing has one, all of them on their way."""
    _, nets = subnets(client, 2)
    client("ec2").create_nat_gateway(SubnetId=nets[0], ConnectivityType="private")
    client("ec2").run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, UserData="#!/bin/sh\necho '<&>'\n")
    client("elbv2").create_load_balancer(Name="web", Subnets=nets)
    client("rds").create_db_instance(**DATABASE, Tags=[{"Key": "a<b", "Value": ""}])
    client("acm").request_certificate(DomainName="example.com", ValidationMethod="DNS")
    client("cloudfront").create_distribution(DistributionConfig=DISTRIBUTION)


def differing(one: Any, other: Any, name: str = "") -> set[str]:
    """The names of the members in which two answers differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = (one.keys() | other.keys()) - {"ResponseMetadata"}
        return {found for key in keys for found in differing(one.get(key), other.get(key), key)}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return {found for pair in zip(one, other, strict=True) for found in differing(*pair, name)}
    return set() if one == other else {name}


@pytest.mark.parametrize(("service", "call", "rewritten"), LISTINGS, ids=[call for _, call, _ in LISTINGS])
def test_only_what_is_on_its_way_is_rewritten(
    client: Client, emulator_url: str, service: str, call: str, rewritten: set[str]
) -> None:
    """A rewritten answer differs from the emulator's own in the state and in nothing else."""
    make_one_of_each(client)
    own = boto3.client(service, endpoint_url=emulator_url)  # type: ignore[call-overload]
    found = differing(getattr(client(service), call)(), getattr(own, call)())
    assert found & rewritten
    assert set() == found - rewritten


def test_bodies_and_headers_pass_unchanged(client: Client) -> None:
    """What is no listing of slow things is the emulator's own answer: an object comes back as it was put."""
    s3 = client("s3")
    s3.create_bucket(Bucket="holdfast-slow")
    content = bytes(range(256)) * 100
    s3.put_object(Bucket="holdfast-slow", Key="a/b c", Body=content, Metadata={"my_key": "value"})
    got = s3.get_object(Bucket="holdfast-slow", Key="a/b c")
    assert (content, {"my_key": "value"}) == (got["Body"].read(), got["Metadata"])
    assert len(content) == s3.head_object(Bucket="holdfast-slow", Key="a/b c")["ContentLength"]


def test_a_request_without_a_signature_is_passed_on(aws: SlowAws) -> None:
    """What is no request of an AWS client still reaches the emulator."""
    with urllib.request.urlopen(f"{aws.url}/moto-api/data.json", timeout=10) as answer:  # noqa: S310  # loopback
        assert 200 == answer.status


def test_many_clients_at_once_are_answered_and_recorded(aws: SlowAws, client: Client) -> None:
    """Requests of many threads are each answered, and none is missing from the record."""
    ec2 = client("ec2")
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: ec2.describe_vpcs(MaxResults=number), range(5, 69)))
    assert 64 == len(answers)
    assert list(range(5, 69)) == sorted(each.parameters["MaxResults"] for each in aws.requests)
