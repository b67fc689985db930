"""Client-side token buckets: we wait before AWS refuses.

One bucket per account, region and API, filled as AWS publishes it, shared by all clients of the program. What
AWS does not publish starts generous and adapts: a refusal halves the refill, time brings it back.

A bucket is fair without a queue: whoever comes takes its token at once, into debt if need be, and sleeps
until the debt that it found is paid. Two that come one after the other leave one after the other.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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
    return Allowance(published.burst - published.refill * UNEVEN_SECONDS, published.refill)


WORLDWIDE = frozenset({"cloudfront", "iam", "organizations", "route53"})
"""Services with one endpoint for all regions: their buckets are the account's, whatever the region."""

_shared: dict[tuple[str, str], Limits] = {}
_shared_lock = threading.Lock()


def shared_limits(account: str, region: str, service: str) -> Limits:
    """The program's only buckets of this account and region, for the given service."""
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
_ELBV2 = Allowance(40, 10)
_ROUTE53 = Allowance(50, 10)


def draws(service: str, operation: str, parameters: Mapping[str, Any]) -> tuple[Draw, ...]:
    """The buckets a request takes from; at least one."""
    own = f"{service}:{operation}"
    if service == "ec2":
        return _ec2_draws(own, operation, parameters)
    if service == "route53":
        return (Draw("route53", _ROUTE53),)
    if service == "elbv2":
        shared = Draw("elbv2", _ELBV2)
        return (Draw(own, _ELBV2), shared) if operation.startswith(_READS) else (shared,)
    return (Draw(own, GENEROUS),)


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
