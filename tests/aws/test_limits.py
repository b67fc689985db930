"""The token buckets, on a clock that moves when it is told to."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from controller.aws.client import limits
from controller.aws.client.limits import (
    GENEROUS,
    RECOVERY_SECONDS,
    UNEVEN_SECONDS,
    Allowance,
    Bucket,
    Draw,
    Limits,
    draws,
    shared_limits,
)
from controller.aws.client.models import service_model
from tests.clock import Clock


class SleepersClock(Clock):
    """A clock whose sleepers move it."""

    def __init__(self) -> None:
        super().__init__(1000.0)
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Pass so much time."""
        self.slept.append(seconds)
        self.time += seconds


def test_burst_then_refill() -> None:
    """The burst is free; after it each request waits for its own token."""
    bucket = Bucket(Allowance(burst=3, refill=2), SleepersClock())
    assert [0, 0, 0, 0.5, 1.0, 1.5] == [bucket.take() for _ in range(6)]


def test_tokens_come_back_up_to_the_burst() -> None:
    """Time fills the bucket, and never beyond its burst."""
    clock = SleepersClock()
    bucket = Bucket(Allowance(burst=2, refill=1), clock)
    bucket.take(2)
    clock.time += 1000
    assert [0, 0, 1] == [bucket.take() for _ in range(3)]


def test_a_clock_that_goes_back_is_harmless() -> None:
    """A step back of the clock neither fills nor drains."""
    clock = SleepersClock()
    bucket = Bucket(Allowance(burst=1, refill=1), clock)
    bucket.take()
    clock.time -= 500
    assert 1.0 == bucket.take()


def test_waiters_from_many_threads_are_spread_evenly() -> None:
    """However many threads come at once, each gets a turn of its own, one refill apart."""
    bucket = Bucket(Allowance(burst=1, refill=4), SleepersClock())
    with ThreadPoolExecutor(16) as threads:
        waits = sorted(threads.map(lambda _: bucket.take(), range(64)))
    assert [turn / 4 for turn in range(64)] == pytest.approx(waits)


def test_a_refusal_empties_the_bucket_and_halves_the_refill() -> None:
    """AWS said its bucket is empty: ours is too, and from now on it fills half as fast."""
    bucket = Bucket(Allowance(burst=100, refill=10), SleepersClock())
    bucket.slow_down()
    assert pytest.approx(1 / 5) == bucket.take()


def test_a_burst_of_refusals_counts_once() -> None:
    """Thirty threads that meet the same refusal do not bring everything to a halt."""
    clock = SleepersClock()
    bucket = Bucket(Allowance(burst=100, refill=10), clock)
    for _ in range(30):
        bucket.slow_down()
    assert pytest.approx(1 / 5) == bucket.take()


def test_refusals_end_at_a_floor() -> None:
    """However often AWS refuses, a little always gets through."""
    clock = SleepersClock()
    bucket = Bucket(Allowance(burst=1, refill=32), clock)
    for _ in range(100):
        bucket.slow_down()
        clock.time += 1
    bucket.slow_down()
    assert 0 < bucket.take() <= 1.0


def test_the_refill_recovers_slowly() -> None:
    """Half of what was lost is back after a quarter of the recovery time, all of it after half."""
    clock = SleepersClock()
    bucket = Bucket(Allowance(burst=1, refill=10), clock)
    bucket.slow_down()
    clock.time += RECOVERY_SECONDS / 4
    bucket.take()
    assert pytest.approx(1 / 7.5) == bucket.take()
    clock.time += RECOVERY_SECONDS
    bucket.take()
    assert pytest.approx(1 / 10) == bucket.take()


def test_waiting_sleeps_for_the_token() -> None:
    """A request sleeps once, for as long as its token takes, and not at all when there is one.

    A little is left of AWS's burst of ten, for requests that arrive less evenly than they left.
    """
    clock = SleepersClock()
    limits = Limits(clock, clock.sleep)
    for _ in range(12):
        limits.wait("ec2", "CreateNatGateway", {})
    assert [UNEVEN_SECONDS, 1.0, 1.0] == clock.slept


def test_apis_do_not_wait_for_each_other() -> None:
    """Each EC2 API has a bucket of its own."""
    clock = SleepersClock()
    limits = Limits(clock, clock.sleep)
    for _ in range(9):
        limits.wait("ec2", "CreateNatGateway", {})
        limits.wait("ec2", "DeleteNatGateway", {})
    assert [] == clock.slept


def test_the_longest_of_several_waits_counts() -> None:
    """A request that draws on two buckets sleeps for the slower one, not for both."""
    clock = SleepersClock()
    limits = Limits(clock, clock.sleep)
    limits.wait("ec2", "RunInstances", {"MaxCount": 1000})
    assert 0.5 == limits.wait("ec2", "RunInstances", {"MaxCount": 1})


def test_a_refusal_slows_only_its_api() -> None:
    """A throttled API waits from then on; its neighbours do not."""
    clock = SleepersClock()
    limits = Limits(clock, clock.sleep)
    limits.slow_down("rds", "DescribeDBInstances", {})
    assert 0 == limits.wait("rds", "DescribeDBSubnetGroups", {})
    assert pytest.approx(2 / GENEROUS.refill) == limits.wait("rds", "DescribeDBInstances", {})


@pytest.mark.parametrize(
    ("operation", "parameters", "allowance"),
    [
        ("DescribeSubnets", {}, (100, 20)),
        ("DescribeInstances", {"MaxResults": 1000}, (100, 20)),
        ("DescribeSecurityGroups", {"Filters": []}, (100, 20)),
        ("DescribeInstances", {}, (50, 10)),
        ("CreateVpc", {}, (50, 5)),
        ("AuthorizeSecurityGroupIngress", {}, (50, 5)),
        ("CreateTags", {}, (100, 10)),
        ("DeleteNatGateway", {}, (10, 1)),
        ("ModifyVpcEndpoint", {}, (4, 0.3)),
        ("TerminateInstances", {"InstanceIds": ["i-1"]}, (100, 5)),
    ],
)
def test_published_limits_of_ec2(
    operation: str, parameters: dict[str, object], allowance: tuple[float, float]
) -> None:
    """EC2's buckets are the ones that AWS publishes; a whole unfiltered listing has a smaller one."""
    first = draws("ec2", operation, parameters)[0]
    assert Allowance(*allowance) == first.allowance
    assert first.bucket.startswith(f"ec2:{operation}")


def test_started_instances_are_counted() -> None:
    """Instances that are started or stopped draw on a bucket of their own, one token each."""
    assert 7 == draws("ec2", "RunInstances", {"MaxCount": 7})[1].tokens
    assert 2 == draws("ec2", "TerminateInstances", {"InstanceIds": ["i-1", "i-2"]})[1].tokens


@pytest.mark.parametrize(
    ("call", "taken"),
    [
        ("acm:DescribeCertificate", {"acm:DescribeCertificate": (10, 10)}),
        ("acm:ListCertificates", {"acm:ListCertificates": (8, 8)}),
        ("acm:RequestCertificate", {"acm:RequestCertificate": (5, 5)}),
        ("autoscaling:DescribeAutoScalingGroups", {"autoscaling": (50, 20)}),
        ("cloudwatch:DescribeAlarms", {"cloudwatch:DescribeAlarms": (9, 9)}),
        ("cloudwatch:PutMetricAlarm", {"cloudwatch:PutMetricAlarm": (3, 3)}),
        ("elb:CreateLoadBalancer", {"elb costly": (10, 0.2), "elb": (40, 10)}),
        ("elb:DescribeLoadBalancers", {"elb": (40, 10)}),
        ("elb:RegisterInstancesWithLoadBalancer", {"elb registration": (20, 4), "elb": (40, 10)}),
        ("elbv2:CreateLoadBalancer", {"elbv2 costly": (10, 0.2), "elbv2": (40, 10)}),
        ("elbv2:CreateRule", {"elbv2 writes": (20, 3), "elbv2": (40, 10)}),
        ("elbv2:DescribeRules", {"elbv2": (40, 10)}),
        ("elbv2:RegisterTargets", {"elbv2 registration": (20, 4), "elbv2": (40, 10)}),
        ("elbv2:SetSubnets", {"elbv2 costly": (10, 0.2), "elbv2": (40, 10)}),
        ("logs:DescribeLogGroups", {"logs:DescribeLogGroups": (10, 10)}),
        ("logs:PutRetentionPolicy", {"logs:PutRetentionPolicy": (5, 5)}),
        ("resourcegroupstaggingapi:GetResources", {"resourcegroupstaggingapi:GetResources": (15, 15)}),
        ("route53:ChangeResourceRecordSets", {"route53": (50, 10)}),
        (
            "route53:CreateHostedZone",
            {"route53:CreateHostedZone": (40, 2), "route53": (50, 10), "route53 changes": (1500, 100)},
        ),
        ("route53:ListHostedZones", {"route53": (50, 10)}),
        ("secretsmanager:DescribeSecret", {"secretsmanager values": (10_000, 10_000)}),
        ("secretsmanager:UntagResource", {"secretsmanager tags": (50, 50)}),
        ("sns:CreateTopic", {"sns:CreateTopic": (30, 30)}),
        ("sns:ListTagsForResource", {"sns:ListTagsForResource": (10, 10)}),
        ("ssm:GetParameter", {"ssm parameters": (40, 40)}),
        ("ssm:GetParametersByPath", {"ssm parameters": (40, 40)}),
        ("ssm:PutParameter", {"ssm:PutParameter": (3, 3)}),
    ],
)
def test_published_limits_elsewhere(call: str, taken: dict[str, tuple[float, float]]) -> None:
    """A call draws on the buckets that AWS publishes for it: its own, its category's, the whole account's."""
    service, operation = call.split(":")
    found = {draw.bucket: draw.allowance for draw in draws(service, operation, {})}
    assert {name: Allowance(*allowance) for name, allowance in taken.items()} == found


def test_changes_of_records_are_counted() -> None:
    """Every change of a batch draws on a bucket of its own, and an upsert counts twice, as AWS counts it."""
    changes = [{"Action": action} for action in ("CREATE", "DELETE", "UPSERT")]
    taken = draws("route53", "ChangeResourceRecordSets", {"ChangeBatch": {"Changes": changes}})
    assert {"route53": 1, "route53 changes": 4} == {draw.bucket: draw.tokens for draw in taken}


@pytest.mark.parametrize(
    "call",
    [
        "iam:ListRoles",
        "rds:CreateDBInstance",
        "cloudfront:GetDistributionConfig",
        "s3:GetBucketPolicy",
        "sts:AssumeRole",
    ],
)
def test_what_aws_does_not_publish_starts_generous(call: str) -> None:
    """Where AWS publishes no limit, each API has a generous bucket of its own, which adapts."""
    service, operation = call.split(":")
    assert (Draw(call, GENEROUS),) == draws(service, operation, {})


@pytest.mark.parametrize("own", sorted(limits._PUBLISHED))
def test_published_limits_name_operations(own: str) -> None:
    """What the table names is an operation of that service: a misspelt one would never be looked up."""
    service, operation = own.split(":")
    assert operation in service_model(service).operation_names


def test_one_request_a_second_does_not_wait_for_the_first() -> None:
    """However small an allowance, a full bucket lets one request go at once."""
    clock = SleepersClock()
    waiting = Limits(clock, clock.sleep)
    for _ in range(2):
        waiting.wait("acm", "ImportCertificate", {})
    assert [1.0] == clock.slept


def test_one_set_of_buckets_for_an_account_and_region() -> None:
    """Clients of one account and region share their buckets; another account or region has others."""
    here = shared_limits("111111111111", "eu-west-1", "ec2")
    assert here is shared_limits("111111111111", "eu-west-1", "rds")
    assert here is not shared_limits("111111111111", "us-east-1", "ec2")
    assert here is not shared_limits("222222222222", "eu-west-1", "ec2")


def test_worldwide_services_share_over_regions() -> None:
    """IAM, Route 53 and CloudFront count an account's calls of all regions together."""
    for service in ("iam", "route53", "cloudfront"):
        here = shared_limits("111111111111", "eu-west-1", service)
        assert here is shared_limits("111111111111", "us-east-1", service)
