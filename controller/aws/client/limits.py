"""Client-side token buckets: we wait before AWS refuses.

One bucket per account, region and API, filled as AWS publishes it, shared by all clients of the program. What
AWS does not publish (IAM, RDS, CloudFront, the buckets of S3) starts generous and adapts: a refusal halves the
refill, time brings it back.

A bucket is fair without a queue: whoever comes takes its token at once, into debt if need be, and sleeps
until the debt that it found is paid. Two that come one after the other leave one after the other.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from controller.aws.client.regions import WORLDWIDE

Clock = Callable[[], float]
Sleep = Callable[[float], None]

RECOVERY_SECONDS = 120.0
"""How long it takes from no refill to the full one."""
CALM_SECONDS = 1.0
"""Refusals closer together than this count once: they are one burst seen by several threads."""
UNEVEN_SECONDS = 0.25
"""How much less evenly requests may arrive than they leave: the first one also has to connect."""
SLOWEST = 1 / 32
"""The refill never falls below this share of what it was at first."""


@dataclass(frozen=True)
class Allowance:
    """What AWS lets one account do in one region: so many at once, and so many more a second."""

    burst: float
    refill: float


@dataclass(frozen=True)
class Draw:
    """What one request takes: the bucket's name and size, and how many tokens."""

    bucket: str
    allowance: Allowance
    tokens: float = 1


class Bucket:
    """The tokens of one API. Safe to use from many threads at once; it never sleeps itself."""

    def __init__(self, allowance: Allowance, clock: Clock) -> None:
        self._allowance = allowance
        self._clock = clock
        self._lock = threading.Lock()
        self._refill = allowance.refill
        self._tokens = allowance.burst
        self._seen = clock()
        self._cut = self._seen - CALM_SECONDS

    def take(self, tokens: float = 1) -> float:
        """Take tokens now, and say how many seconds to wait before using them."""
        with self._lock:
            self._fill()
            self._tokens -= tokens
            return max(0.0, -self._tokens / self._refill)

    def delay(self, tokens: float, ahead: int) -> float:
        """Seconds until `tokens` could be taken after `ahead` other requests for as many; nothing is taken."""
        with self._lock:
            self._fill()
            short = tokens * (ahead + 1) - self._tokens
            return max(0.0, short / self._refill)

    def slow_down(self) -> None:
        """AWS refused although we had a token: its bucket is empty, so ours is, and fills half as fast."""
        with self._lock:
            self._fill()
            self._tokens = min(self._tokens, 0.0)
            if self._seen - self._cut >= CALM_SECONDS:
                self._cut = self._seen
                self._refill = max(self._refill / 2, self._allowance.refill * SLOWEST)

    def _fill(self) -> None:
        seconds = max(0.0, self._clock() - self._seen)
        self._seen += seconds
        self._tokens = min(self._allowance.burst, self._tokens + seconds * self._refill)
        regained = self._allowance.refill * seconds / RECOVERY_SECONDS
        self._refill = min(self._allowance.refill, self._refill + regained)


class Limits:
    """The buckets of one account and region, made as they are asked for."""

    def __init__(self, clock: Clock = time.monotonic, sleep: Sleep = time.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._buckets: dict[str, Bucket] = {}

    def wait(self, service: str, operation: str, parameters: Mapping[str, Any]) -> float:
        """Take what the request needs and sleep until it may leave; returns the seconds slept."""
        wants = draws(service, operation, parameters)
        seconds = max(self._bucket(want).take(want.tokens) for want in wants)
        if seconds > 0:
            self._sleep(seconds)
        return seconds

    def delay(self, service: str, operation: str, parameters: Mapping[str, Any], ahead: int) -> float:
        """Seconds until such a request could leave after `ahead` others; the buckets stay as they are."""
        wants = draws(service, operation, parameters)
        return max(self._bucket(want).delay(want.tokens, ahead) for want in wants)

    def slow_down(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        """Tell the buckets of the request that AWS refused it as too many."""
        for want in draws(service, operation, parameters):
            self._bucket(want).slow_down()

    def _bucket(self, want: Draw) -> Bucket:
        with self._lock:
            bucket = self._buckets.get(want.bucket)
            if bucket is None:
                bucket = self._buckets[want.bucket] = Bucket(_cautious(want.allowance), self._clock)
            return bucket


def _cautious(published: Allowance) -> Allowance:
    """What we use of an allowance: AWS's bucket is never quite empty when a request of ours arrives."""
    burst = max(1.0, published.burst - published.refill * UNEVEN_SECONDS)
    return Allowance(burst, published.refill)


_shared: dict[tuple[str, str], Limits] = {}
_shared_lock = threading.Lock()


def shared_limits(account: str, region: str, service: str) -> Limits:
    """The program's only buckets of this account and region, for the given service.

    Those of a service with one endpoint for all regions are the account's, whatever the region.
    """
    key = (account, "" if service in WORLDWIDE else region)
    with _shared_lock:
        return _shared.setdefault(key, Limits())


GENEROUS = Allowance(50, 20)
"""For what AWS does not publish."""

_EC2_READ = Allowance(100, 20)
_EC2_READ_WHOLE = Allowance(50, 10)
_EC2_WRITE = Allowance(50, 5)
_EC2 = {
    "CreateTags": Allowance(100, 10),
    "DeleteTags": Allowance(100, 10),
    "CreateNatGateway": Allowance(10, 1),
    "DeleteNatGateway": Allowance(10, 1),
    "CreateVpcEndpoint": Allowance(4, 0.3),
    "ModifyVpcEndpoint": Allowance(4, 0.3),
    "DeleteVpcEndpoints": Allowance(4, 0.3),
    "RunInstances": Allowance(5, 2),
    "TerminateInstances": Allowance(100, 5),
}
_EC2_BIG = frozenset(
    f"Describe{things}" for things in ("Instances", "NetworkInterfaces", "SecurityGroups", "Snapshots", "Volumes")
)
_READS = ("Describe", "Get", "List", "Search")


def _per_second(times: float) -> Allowance:
    """What AWS gives as a plain number of requests a second: no more than that at once either."""
    return Allowance(times, times)


def _each(service: str, allowance: Allowance, operations: str) -> dict[str, Draw]:
    """A bucket of its own for every operation."""
    return {own: Draw(own, allowance) for own in (f"{service}:{name}" for name in operations.split())}


def _together(bucket: str, allowance: Allowance, operations: str) -> dict[str, Draw]:
    """One bucket that the operations share; its name begins with the service."""
    service, _ = bucket.split(maxsplit=1)
    return {f"{service}:{name}": Draw(bucket, allowance) for name in operations.split()}


_PUBLISHED = {
    # https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html#api-rate-limits
    **_each("acm", _per_second(10), "DeleteCertificate DescribeCertificate GetCertificate ListTagsForCertificate"),
    **_each("acm", _per_second(8), "ListCertificates"),
    **_each(
        "acm",
        _per_second(5),
        "AddTagsToCertificate RemoveTagsFromCertificate RenewCertificate RequestCertificate UpdateCertificateOptions",
    ),
    **_each("acm", _per_second(1), "ImportCertificate ResendValidationEmail"),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
    **_each("cloudwatch", _per_second(9), "DescribeAlarms DescribeAlarmsForMetric"),
    **_each(
        "cloudwatch",
        _per_second(3),
        "DeleteAlarms DescribeAlarmHistory DisableAlarmActions EnableAlarmActions PutMetricAlarm SetAlarmState",
    ),
    **_each("cloudwatch", _per_second(10), "DeleteDashboards GetDashboard ListDashboards PutDashboard"),
    # Each on the page of its operation, such as
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html
    **_each("dynamodb", _per_second(5), "TagResource UntagResource"),
    **_each("dynamodb", _per_second(10), "DescribeContinuousBackups ListTagsOfResource"),
    # One bucket for each category of actions:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html
    **_together("elbv2 costly", Allowance(10, 0.2), "CreateLoadBalancer SetSubnets"),
    **_together("elbv2 registration", Allowance(20, 4), "DeregisterTargets RegisterTargets"),
    **_together(
        "elb costly",
        Allowance(10, 0.2),
        "AttachLoadBalancerToSubnets CreateLoadBalancer DetachLoadBalancerFromSubnets"
        " DisableAvailabilityZonesForLoadBalancer EnableAvailabilityZonesForLoadBalancer",
    ),
    **_together(
        "elb registration",
        Allowance(20, 4),
        "DeregisterInstancesFromLoadBalancer RegisterInstancesWithLoadBalancer",
    ),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
    **_each("logs", _per_second(10), "CreateLogGroup DeleteLogGroup DescribeLogGroups"),
    **_each("logs", _per_second(5), "AssociateKmsKey DeleteRetentionPolicy PutRetentionPolicy"),
    **_each("logs", _per_second(5), "ListTagsForResource ListTagsLogGroup TagLogGroup TagResource"),
    **_each("logs", _per_second(5), "UntagLogGroup UntagResource"),
    **_each("logs", _per_second(5), "DeleteMetricFilter DescribeMetricFilters PutMetricFilter"),
    **_each("logs", _per_second(5), "DeleteSubscriptionFilter DescribeSubscriptionFilters PutSubscriptionFilter"),
    # https://docs.aws.amazon.com/general/latest/gr/arg.html
    **_each("resourcegroupstaggingapi", _per_second(15), "GetResources"),
    # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/throttling-api-requests.html
    **_each("route53", Allowance(20, 5), "AssociateVPCWithHostedZone"),
    **_each("route53", Allowance(10, 5), "DisassociateVPCFromHostedZone"),
    **_each("route53", Allowance(40, 2), "CreateHostedZone"),
    **_each("route53", Allowance(40, 5), "DeleteHostedZone"),
    **_each("route53", Allowance(50, 0.5), "CreateHealthCheck"),
    **_each("route53", Allowance(50, 5), "UpdateHealthCheck"),
    **_each("route53", Allowance(15, 3), "DeleteHealthCheck"),
    **_each("route53", Allowance(4, 1), "GetHealthCheckStatus"),
    # https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
    **_together("secretsmanager values", _per_second(10_000), "DescribeSecret GetSecretValue"),
    **_together(
        "secretsmanager policies",
        _per_second(50),
        "DeleteResourcePolicy GetResourcePolicy PutResourcePolicy ValidateResourcePolicy",
    ),
    **_together("secretsmanager versions", _per_second(50), "PutSecretValue UpdateSecret UpdateSecretVersionStage"),
    **_together("secretsmanager tags", _per_second(50), "TagResource UntagResource"),
    **_each("secretsmanager", _per_second(50), "CreateSecret DeleteSecret GetRandomPassword RestoreSecret"),
    **_together("secretsmanager lists", _per_second(50), "ListSecretVersionIds ListSecrets"),
    # https://docs.aws.amazon.com/general/latest/gr/sns.html
    **_each("sns", _per_second(30), "CreateTopic ListSubscriptions ListSubscriptionsByTopic ListTopics"),
    **_each("sns", _per_second(10), "ListTagsForResource TagResource UntagResource"),
    **_each("sns", _per_second(100), "Subscribe Unsubscribe"),
    # https://docs.aws.amazon.com/general/latest/gr/ssm.html
    **_together("ssm parameters", _per_second(40), "GetParameter GetParameters GetParametersByPath"),
    **_each("ssm", _per_second(3), "PutParameter"),
}
"""The allowances that AWS publishes by operation, under `service:operation`."""

_ACCOUNTS = {
    # That there is one bucket is published, its size is not:
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/Welcome.html
    "autoscaling": GENEROUS,
    "elb": Allowance(40, 10),
    "elbv2": Allowance(40, 10),
    "route53": Allowance(50, 10),
}
"""Services that have one bucket for all that an account does; what else a call draws on comes on top."""


def draws(service: str, operation: str, parameters: Mapping[str, Any]) -> tuple[Draw, ...]:
    """The buckets a request takes from; at least one."""
    own = f"{service}:{operation}"
    if service == "ec2":
        return _ec2_draws(own, operation, parameters)
    published = _PUBLISHED.get(own) or _elb_write(service, operation)
    if service not in _ACCOUNTS:
        return (published or Draw(own, GENEROUS),)
    account = Draw(service, _ACCOUNTS[service])
    changes = _record_changes(operation, parameters) if service == "route53" else None
    return tuple(draw for draw in (published, account, changes) if draw)


def _elb_write(service: str, operation: str) -> Draw | None:
    """The bucket of all writes that have none of their own; the reads' is as large as the account's."""
    if service in ("elb", "elbv2") and not operation.startswith(_READS):
        return Draw(f"{service} writes", Allowance(20, 3))
    return None


_ZONE_CHANGES = frozenset(
    {"AssociateVPCWithHostedZone", "CreateHostedZone", "DeleteHostedZone", "DisassociateVPCFromHostedZone"}
)


def _record_changes(operation: str, parameters: Mapping[str, Any]) -> Draw | None:
    """Route 53 counts the changes of records too: two for an upsert, and for what touches a whole zone."""
    batch = parameters.get("ChangeBatch", {}).get("Changes", ())
    tokens = sum(2 if change.get("Action") == "UPSERT" else 1 for change in batch)
    tokens += 2 if operation in _ZONE_CHANGES else 0
    return Draw("route53 changes", Allowance(1500, 100), tokens) if tokens else None


def _ec2_draws(own: str, operation: str, parameters: Mapping[str, Any]) -> tuple[Draw, ...]:
    if operation in _EC2_BIG and not parameters.keys() & {"MaxResults", "Filters"}:
        return (Draw(f"{own} whole", _EC2_READ_WHOLE),)
    if operation.startswith(_READS):
        return (Draw(own, _EC2_READ),)
    call = Draw(own, _EC2.get(operation, _EC2_WRITE))
    if operation == "RunInstances":
        return call, Draw(f"{own} instances", Allowance(1000, 2), parameters.get("MaxCount", 1))
    if operation == "TerminateInstances":
        return call, Draw(f"{own} instances", Allowance(1000, 20), len(parameters.get("InstanceIds", ())))
    return (call,)
