"""The least time in which a graph of calls can be made, whoever makes them.

Three things keep a program from being faster: a chain of calls that must wait for each other, the number of
calls in flight, and AWS's token bucket for each API. Each of them alone is a lower bound, so the largest is one.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TypeVar

Call = TypeVar("Call", bound=Hashable)
Before = Mapping[Call, Collection[Call]]
"""Each call with those that must be over before it begins."""
Bucket = tuple[float, float]
"""Burst, and refill a second."""


@dataclass(frozen=True)
class Bound:
    """The three bounds in seconds. `api` is the one whose bucket is the slowest."""

    chain: float
    in_flight: float
    bucket: float
    api: str

    @property
    def seconds(self) -> float:
        """The largest."""
        return max(self.chain, self.in_flight, self.bucket)


def lower_bound(
    before: Before[Call],
    api: Callable[[Call], str],
    bucket: Callable[[str], Bucket],
    latency: float,
    in_flight: int,
) -> Bound:
    """The bound of a graph. Raises `graphlib.CycleError` for what is none."""
    heads, tails = longest(before), longest(_reversed(before))
    buckets = {name: _bucket_seconds(calls, heads, tails, bucket(name), latency) for name, calls in _by(api, before)}
    slowest = max(buckets, key=lambda name: buckets[name], default="")
    return Bound(
        chain=max(heads.values(), default=0) * latency,
        in_flight=len(before) * latency / in_flight,
        bucket=buckets.get(slowest, 0.0),
        api=slowest,
    )


def longest(before: Before[Call]) -> dict[Call, int]:
    """How many calls the longest chain has that ends with each call."""
    lengths: dict[Call, int] = {}
    for call in TopologicalSorter(before).static_order():
        lengths[call] = 1 + max((lengths[earlier] for earlier in before.get(call, ())), default=0)
    return lengths


def _bucket_seconds(
    calls: Collection[Call], heads: Mapping[Call, int], tails: Mapping[Call, int], bucket: Bucket, latency: float
) -> float:
    """From the first to the last of `calls` by the bucket, behind what must come before any and after any."""
    burst, refill = bucket
    waited = max(0.0, len(calls) - burst) / refill
    return waited + latency * (min(heads[call] for call in calls) - 1 + min(tails[call] for call in calls))


def _by(api: Callable[[Call], str], calls: Collection[Call]) -> Collection[tuple[str, list[Call]]]:
    groups: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        groups[api(call)].append(call)
    return groups.items()


def _reversed(before: Before[Call]) -> dict[Call, set[Call]]:
    followers: dict[Call, set[Call]] = {call: set() for call in before}
    for call, earlier in before.items():
        for needed in earlier:
            followers[needed].add(call)
    return followers
