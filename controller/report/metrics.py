"""What Prometheus gets to see. What is known beforehand exists at zero from the start."""

import threading
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from controller.core.model.cloud import Meaning
from controller.core.model.reference import Address
from controller.core.planning.step import Action, Plan
from controller.report.drift_record import DriftRecord

SUCCEEDED, FAILED = OUTCOMES = ("succeeded", "failed")
"""How a pass or a write can end."""
REQUEST_OUTCOMES = ("ok", *map(str, Meaning), "unreachable")
"""How a request can end: answered, refused with a meaning, or without an answer."""

_PASS_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_CORRECT_BUCKETS = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400)
_REQUEST_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """All metrics of Holdfast, in one registry. Safe to use from many threads.

    `reasons` are the checks by which a step can be blocked. The time is always passed in.
    """

    def __init__(self, registry: CollectorRegistry, reasons: tuple[str, ...], version: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # a second series for each counter
        self._lock = threading.Lock()
        self._operations: set[tuple[str, str]] = set()
        self._record = DriftRecord(reasons)
        registry.register(self._record)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"holdfast_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"holdfast_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"holdfast_{name}", text, labels, buckets=buckets, registry=registry)

        self._detected = counter(
            "drift_detected_total", "Nodes that began to differ from the document", "stack", "kind"
        )
        self._corrections = counter(
            "corrections_total", "Writes made to correct a node", "stack", "kind", "action", "outcome"
        )
        self._time_to_correct = histogram(
            "time_to_correct_seconds",
            "From the detection of drift until the node was seen in sync again",
            _CORRECT_BUCKETS,
            "stack",
            "kind",
        )
        self._last_success = gauge(
            "last_successful_pass_timestamp_seconds", "When the last successful pass ended; 0 before", "stack"
        )
        self._pass_duration = histogram(
            "pass_duration_seconds", "How long a pass took", _PASS_BUCKETS, "stack", "outcome"
        )
        self._requests = counter(
            "aws_requests_total", "Requests to AWS by outcome", "service", "operation", "outcome"
        )
        self._request_duration = histogram(
            "aws_request_duration_seconds",
            "How long AWS took to answer",
            _REQUEST_BUCKETS,
            "service",
            "operation",
        )
        self._document = gauge(
            "document_valid", "0 while the latest edit is invalid and the last valid one stays in force"
        )
        self._leader = gauge("leader", "1 while this is the only writer")
        gauge("build_info", "The running version; always 1", "version").labels(version).set(1)

    def declare(self, stack: str, addresses: Iterable[Address], since: Mapping[Address, float] | None = None) -> None:
        """Let every series of these nodes exist; a node is unknown until a plan has told of it.

        `since` is when an earlier program saw nodes differ, in seconds of the Unix clock.
        """
        addresses = list(addresses)
        self._record.declare(stack, addresses, since or {})
        self._declare_kinds(stack, {address.kind for address in addresses})
        self._last_success.labels(stack)
        for outcome in OUTCOMES:
            self._pass_duration.labels(stack, outcome)

    def _declare_kinds(self, stack: str, kinds: Iterable[str]) -> None:
        for kind in kinds:
            self._detected.labels(stack, kind)
            self._time_to_correct.labels(stack, kind)
            for action in (action for action in Action if action is not Action.NONE):
                for outcome in OUTCOMES:
                    self._corrections.labels(stack, kind, action, outcome)

    def forget(self, stack: str) -> None:
        """Drop every series of a stack that is no longer looked after."""
        self._record.forget(stack)
        for metric, labels in (
            (self._detected, ("stack", "kind")),
            (self._corrections, ("stack", "kind", "action", "outcome")),
            (self._time_to_correct, ("stack", "kind")),
            (self._last_success, ("stack",)),
            (self._pass_duration, ("stack", "outcome")),
        ):
            _drop(metric, labels, stack)

    def record_plan(self, plan: Plan, now: float) -> None:
        """Take over what a plan says of its nodes: drift, its age, what is blocked, what is in sync again."""
        self._declare_kinds(plan.stack, {step.address.kind for step in plan.steps})
        for transition in self._record.record(plan, now):
            if transition.lasted is None:
                self._detected.labels(plan.stack, transition.address.kind).inc()
            else:
                self._time_to_correct.labels(plan.stack, transition.address.kind).observe(transition.lasted)

    def record_write(self, stack: str, kind: str, action: str, outcome: str) -> None:
        """Count one write made for a node; `outcome` is one of `OUTCOMES`."""
        self._corrections.labels(stack, kind, action, outcome).inc()

    def record_pass(self, stack: str, outcome: str, seconds: float, now: float) -> None:
        """Time one pass that ended `now`; `outcome` is one of `OUTCOMES`."""
        self._pass_duration.labels(stack, outcome).observe(seconds)
        if outcome == SUCCEEDED:
            self._last_success.labels(stack).set(now)

    def record_request(self, service: str, operation: str, outcome: str, seconds: float) -> None:
        """Count and time one request to AWS; `outcome` is one of `REQUEST_OUTCOMES`."""
        self._declare_operation(service, operation)
        self._requests.labels(service, operation, outcome).inc()
        self._request_duration.labels(service, operation).observe(seconds)

    def _declare_operation(self, service: str, operation: str) -> None:
        """The first request of an operation brings all outcomes, so that a first failure is an increase."""
        with self._lock:
            if (service, operation) in self._operations:
                return
            self._operations.add((service, operation))
        for outcome in REQUEST_OUTCOMES:
            self._requests.labels(service, operation, outcome)

    def record_document(self, valid: bool) -> None:
        """Say whether the documents as they stand are the ones in force."""
        self._document.set(valid)

    def record_leader(self, leads: bool) -> None:
        """Say whether this is the only writer."""
        self._leader.set(leads)


def _drop(metric: Counter | Gauge | Histogram, labels: tuple[str, ...], stack: str) -> None:
    samples = (sample.labels for family in metric.collect() for sample in family.samples)
    ours = (sample for sample in samples if sample["stack"] == stack)
    for values in {tuple(sample[label] for label in labels) for sample in ours}:
        metric.remove(*values)
