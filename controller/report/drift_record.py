"""What the last plan of each stack said of each node: its state, since when it has differed, and its health.

Prometheus reads this whole at every scrape, so a series exists exactly while its node does and no scrape sees
half a pass.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from controller.core.model.live import Health
from controller.core.model.reference import Address
from controller.core.planning.step import Plan, State, Step


@dataclass(frozen=True, slots=True)
class Standing:
    """How one node stands; `since` is when it was first seen to differ, None while it does not."""

    state: State
    since: float | None = None

    @property
    def differs(self) -> bool:
        """Whether it is not as the document says, or nobody can say: unknown never passes for in sync."""
        return self.since is not None or self.state is State.UNKNOWN

    def age(self, now: float) -> float:
        """For how long it has differed; never negative, even when the clock was set back."""
        return 0.0 if self.since is None else max(0.0, now - self.since)


@dataclass(frozen=True)
class _Snapshot:
    nodes: Mapping[Address, Standing]
    health: Mapping[Address, Health] = field(default_factory=dict)
    """Only of those whose health is known."""
    blocked: tuple[tuple[Address, str], ...] = ()
    """Of each step that is held back, the node and the check."""
    now: float = 0.0
    oldest: float | None = None
    """How old the oldest read was that the plan believed; None before there was a plan."""


@dataclass(frozen=True)
class Transition:
    """A node that began to differ (`lasted` is None), or is in sync again after so many seconds."""

    address: Address
    lasted: float | None = None


def standing(step: Step, before: Standing | None, now: float) -> Standing:
    """How the node stands after this plan.

    What cannot be read or is not ready yet keeps its age: nobody has seen it in sync again.
    """
    since = before.since if before else None
    if step.drifts:
        return Standing(step.state, now if since is None else since)
    if step.state in (State.UNKNOWN, State.PENDING, State.LEAVING):
        return Standing(step.state, since)
    return Standing(State.IN_SYNC)


class DriftRecord(Collector):
    """The gauges about nodes and blocked steps. Safe to use from many threads."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self._reasons = reasons
        self._lock = threading.Lock()
        self._stacks: dict[str, _Snapshot] = {}

    def declare(self, stack: str, addresses: Iterable[Address], since: Mapping[Address, float]) -> None:
        """Nodes that no plan has told of yet are unknown; what differed before is not known to differ no more."""
        with self._lock:
            before = self._stacks.get(stack, _Snapshot({}))
            unknown = {address: Standing(State.UNKNOWN, since.get(address)) for address in addresses}
            self._stacks[stack] = replace(before, nodes={**unknown, **before.nodes})

    def forget(self, stack: str) -> None:
        """Drop every series of a stack that is no longer looked after."""
        with self._lock:
            self._stacks.pop(stack, None)

    def record(self, plan: Plan, now: float) -> list[Transition]:
        """Take over what the plan says, and tell which nodes began to differ or came to be in sync."""
        blocked = tuple((step.address, step.blocked.by) for step in plan.steps if step.blocked)
        with self._lock:
            before = self._stacks.get(plan.stack, _Snapshot({})).nodes
            after = _standings(plan, before, now)
            oldest = plan.oldest_read[1].seconds if plan.oldest_read else 0.0
            self._stacks[plan.stack] = _Snapshot(after, plan.health, blocked, now, oldest)
        return list(_transitions(before, after, now))

    def collect(self) -> Iterator[Metric]:
        """All series, made of the last snapshots."""
        with self._lock:
            stacks = dict(self._stacks)
        yield from _drift(stacks)
        yield from self._blocked(stacks)
        yield from _health(stacks)
        yield _oldest(stacks)

    def _blocked(self, stacks: Mapping[str, _Snapshot]) -> Iterator[Metric]:
        nodes = _gauge("node_blocked", "1 while a check blocks what is to be done to the node", "node", "reason")
        steps = GaugeMetricFamily("holdfast_steps_blocked", "Steps blocked by a check", labels=("stack", "reason"))
        for stack, snapshot in stacks.items():
            for address, reason in dict.fromkeys(snapshot.blocked):  # a node and its leftover may share a check
                nodes.add_metric((stack, *address, reason), 1)
            counted = Counter(reason for _, reason in snapshot.blocked)
            for reason in dict.fromkeys((*self._reasons, *counted)):
                steps.add_metric((stack, reason), counted[reason])
        yield from (nodes, steps)


def _drift(stacks: Mapping[str, _Snapshot]) -> Iterator[Metric]:
    drifted = _gauge("node_drifted", "1 when the node differs from the document or is unknown", "node", "state")
    age = _gauge("node_drift_age_seconds", "How long the node has differed; 0 when it does not", "node")
    count = _gauge("drifted_nodes", "Nodes that differ from the document")
    for stack, snapshot in stacks.items():
        counted = Counter({address.kind: 0 for address in snapshot.nodes})
        for address, node in snapshot.nodes.items():
            labels = (stack, *address)
            drifted.add_metric((*labels, str(node.state)), float(node.differs))
            age.add_metric(labels, node.age(snapshot.now))
            counted[address.kind] += node.since is not None
        for kind, number in counted.items():
            count.add_metric((stack, kind), number)
    yield from (drifted, age, count)


def _health(stacks: Mapping[str, _Snapshot]) -> Iterator[Metric]:
    healthy = _gauge("node_healthy", "1 when AWS reports the node as healthy; 0 when not", "node")
    good = _gauge("targets_healthy", "Healthy targets or instances of the node", "node")
    total = _gauge("targets", "Targets or instances of the node", "node")
    for stack, snapshot in stacks.items():
        for address, health in snapshot.health.items():
            labels = (stack, *address)
            healthy.add_metric(labels, float(health.healthy))
            for gauge, number in ((good, health.good), (total, health.total)):
                if number is not None:
                    gauge.add_metric(labels, number)
    yield from (healthy, good, total)


def _oldest(stacks: Mapping[str, _Snapshot]) -> Metric:
    text = "Age of the oldest cached detail used by the last plan; 0 when everything was read for it"
    oldest = GaugeMetricFamily("holdfast_oldest_read_age_seconds", text, labels=("stack",))
    for stack, snapshot in stacks.items():
        if snapshot.oldest is not None:
            oldest.add_metric((stack,), snapshot.oldest)
    return oldest


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"holdfast_{name}", text, labels=("stack", "kind", *labels))


def _standings(plan: Plan, before: Mapping[Address, Standing], now: float) -> dict[Address, Standing]:
    """Each node once: where a plan also has something left over of the same name, what differs is shown."""
    after: dict[Address, Standing] = {}
    for step in plan.steps:
        began = plan.since.get(step.address)
        latest = standing(step, before.get(step.address), began.timestamp() if began else now)
        if step.address not in after or not after[step.address].differs:
            after[step.address] = latest
    return after


def _transitions(
    before: Mapping[Address, Standing], after: Mapping[Address, Standing], now: float
) -> Iterator[Transition]:
    for address, node in after.items():
        earlier = before.get(address, Standing(State.UNKNOWN))
        if node.since is not None and earlier.since is None:
            yield Transition(address)
        elif node.since is None and earlier.since is not None:
            yield Transition(address, earlier.age(now))
