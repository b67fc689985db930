"""The token buckets, on a clock that moves when it is told to."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from controller.aws.limits import (
    GENEROUS,
    RECOVERY_SECONDS,
    UNEVEN_SECONDS,
    Allowance,
    Bucket,
    Limits,
    draws,
    shared_limits,
)


class Clock:
    """A clock whose sleepers move it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_burst_then_refill() -> None:
    """The burst is free; after it each request waits for its own token."""
    bucket = Bucket(Allowance(burst=3, refill=2), Clock())
    assert [0, 0, 0, 0.5, 1.0, 1.5] == [bucket.take() for _ in range(6)]


def test_tokens_come_back_up_to_the_burst() -> None:
    """Time fills the bucket, and never beyond its burst."""
    clock = Clock()
    bucket = Bucket(Allowance(burst=2, refill=1), clock)
    bucket.take(2)
    clock.now += 1000
    assert [0, 0, 1] == [bucket.take() for _ in range(3)]


def test_a_clock_that_goes_back_is_harmless() -> None:
    """A step back of the clock neither fills nor drains."""
    clock = Clock()
    bucket = Bucket(Allowance(burst=1, refill=1), clock)
    bucket.take()
    clock.now -= 500
    assert 1.0 == bucket.take()


def test_waiters_from_many_threads_are_spread_evenly() -> None:
    """However many threads come at once, each gets a turn of its own, one refill apart."""
    bucket = Bucket(Allowance(burst=1, refill=4), Clock())
    with ThreadPoolExecutor(16) as threads:
        waits = sorted(threads.map(lambda _: bucket.take(), range(64)))
    assert [turn / 4 for turn in range(64)] == pytest.approx(waits)


def test_a_refusal_empties_the_bucket_and_halves_the_refill() -> None:
    """AWS said its bucket is empty: ours is too, and from now on it fills half as fast."""
    bucket = Bucket(Allowance(burst=100, refill=10), Clock())
    bucket.slow_down()
    assert pytest.approx(1 / 5) == bucket.take()


def test_a_burst_of_refusals_counts_once() -> None:
    """Thirty threads that meet the same refusal do not bring everything to a halt."""
    clock = Clock()
    bucket = Bucket(Allowance(burst=100, refill=10), clock)
    for _ in range(30):
        bucket.slow_down()
    assert pytest.approx(1 / 5) == bucket.take()


def test_refusals_end_at_a_floor() -> None:
    """However often AWS refuses, a little always gets through."""
    clock = Clock()
    bucket = Bucket(Allowance(burst=1, refill=32), clock)
    for _ in range(100):
        bucket.slow_down()
        clock.now += 1
    bucket.slow_down()
    assert 0 < bucket.take() <= 1.0


def test_the_refill_recovers_slowly() -> None:
    """Half of what was lost is back after a quarter of the recovery time, all of it after half."""
    clock = Clock()
    bucket = Bucket(Allowance(burst=1, refill=10), clock)
    bucket.slow_down()
    clock.now += RECOVERY_SECONDS / 4
    bucket.take()
    assert pytest.approx(1 / 7.5) == bucket.take()
    clock.now += RECOVERY_SECONDS
    bucket.take()
    assert pytest.approx(1 / 10) == bucket.take()


def test_waiting_sleeps_for_the_token() -> None:
    """A request sleeps once, for as long as its token takes, and not at all when there is one.

    A little is left of AWS's burst of ten, for requests that arrive less evenly than they left.
    """
    clock = Clock()
    limits = Limits(clock, clock.sleep)
    for _ in range(12):
        limits.wait("ec2", "CreateNatGateway", {})
    assert [UNEVEN_SECONDS, 1.0, 1.0] == clock.slept


def test_apis_do_not_wait_for_each_other() -> None:
    """Each EC2 API has a bucket of its own."""
    clock = Clock()
    limits = Limits(clock, clock.sleep)
    for _ in range(9):
        limits.wait("ec2", "CreateNatGateway", {})
        limits.wait("ec2", "DeleteNatGateway", {})
    assert [] == clock.slept


def test_the_longest_of_several_waits_counts() -> None:
    """A request that draws on two buckets sleeps for the slower one, not for both."""
    clock = Clock()
    limits = Limits(clock, clock.sleep)
    limits.wait("ec2", "RunInstances", {"MaxCount": 1000})
    assert 0.5 == limits.wait("ec2", "RunInstances", {"MaxCount": 1})


def test_a_refusal_slows_only_its_api() -> None:
    """A throttled API waits from then on; its neighbours do not."""
    clock = Clock()
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


def test_shared_service_limits() -> None:
    """Route 53 has one bucket for all it does; all of ELBv2 shares one, its reads have their own too."""
    assert draws("route53", "ListHostedZones", {}) == draws("route53", "ChangeResourceRecordSets", {})
    read, write = draws("elbv2", "DescribeRules", {}), draws("elbv2", "CreateRule", {})
    assert read[1:] == write
    assert read[0] != read[1]


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
