"""Events of Kubernetes about a Stack: what changed since the last pass, each thing once.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import structlog

from controller.core.model.cloud import HoldfastError
from controller.core.model.reference import Address
from controller.core.model.wording import quantity
from controller.core.planning.step import Plan, State, Step
from controller.kube.api import Api, ApiRefused, Object

CONTROLLER = "holdfast.dev/operator"
MOST = 20
"""So many events are made after one pass; how many more there would be is said in one of their own."""
LONGEST_NOTE = 1024
"""So many bytes Kubernetes takes."""
SECONDS = 3.0


class Notice(NamedTuple):
    """One thing to tell: a reason in CamelCase, and a sentence."""

    reason: str
    note: str
    warning: bool = False


DRIFT, CORRECTED, BLOCKED, FAILED = "DriftFound", "Corrected", "Blocked", "Failed"


@dataclass
class News:
    """What is new about one stack since it was last told."""

    told: dict[tuple[str, Address], str] = field(default_factory=dict)
    trouble: str = ""

    def of_pass(self, plan: Plan, corrected: Iterable[Step], failed: Mapping[Address, str]) -> list[Notice]:
        """What a pass found and did: drift, corrections, blocked steps and failures that were not told before."""
        standing = {(reason, step.address): text for reason, step, text in _standing(plan)}
        standing |= {(FAILED, address): text for address, text in failed.items()}
        fresh = [(key, text) for key, text in standing.items() if _gist(self.told.get(key, "")) != _gist(text)]
        unsure = {step.address for step in plan.steps if _unsure(step)}
        self.told = {key: text for key, text in self.told.items() if key[1] in unsure} | standing
        notices = [Notice(reason, f"{address}: {text}", reason != DRIFT) for (reason, address), text in fresh]
        return [*notices, *(Notice(CORRECTED, f"{step.address}: {_corrected(step)}") for step in corrected)]

    def of_trouble(self, reason: str, message: str) -> list[Notice]:
        """Why there was no pass or it was no success; an empty message when it was one."""
        fresh, self.trouble = _gist(message) != _gist(self.trouble), message
        return [Notice(reason, message, warning=True)] if message and fresh else []


def _gist(text: str) -> str:
    """A text without what is another each time: AWS puts request ids and encoded messages into its errors."""
    return re.sub(r"[\w+/=-]{30,}", "…", text)


def _standing(plan: Plan) -> Iterator[tuple[str, Step, str]]:
    for step in plan.steps:
        if step.drifts:
            paths = ", ".join(change.path for change in step.changes)
            yield DRIFT, step, f"{step.state}{f' ({paths})' if paths else ''}"
        if step.blocked and step.blocked.by not in _QUIET:
            yield BLOCKED, step, f"{step.action} blocked by {step.blocked.by}: {step.blocked.why}"


def _unsure(step: Step) -> bool:
    """Whether what was told of it before may still stand: nobody has seen it otherwise."""
    return step.state is State.UNKNOWN or (step.blocked is not None and step.blocked.by in _QUIET)


_QUIET = frozenset({"settling", "backoff", "unknown"})
"""Verdicts of a moment, whose words change with the clock, or that the pass tells as its trouble."""


def _corrected(step: Step) -> str:
    paths = ", ".join(change.path for change in step.changes)
    return f"{step.action.done}{f' ({paths})' if paths else ''}"


def _weight(notice: Notice) -> tuple[bool, bool]:
    """What needs somebody comes before what was done, and that before what was found."""
    return not notice.warning, notice.reason == DRIFT


@dataclass(frozen=True)
class EventRecorder:
    """Sends events. One that does not get through is lost: nothing waits for it, and the log has the same."""

    api: Api
    instance: str

    def record(self, about: Object, notices: list[Notice]) -> None:
        """Tell these things of an object."""
        shown = sorted(notices, key=_weight)[:MOST]
        if len(notices) > MOST:
            shown.append(Notice("MoreToTell", f"{quantity(len(notices) - MOST, 'more event')} not sent; see the log"))
        for notice in shown:
            try:
                namespace = about["metadata"]["namespace"]
                path = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
                self.api.ask("POST", path, self._event(about, notice), seconds=SECONDS)
            except HoldfastError as error:
                structlog.get_logger("holdfast").warning("event lost", reason=str(error))
                if not isinstance(error, ApiRefused) or error.denied:
                    return  # the next one would fare no better

    def _event(self, about: Object, notice: Notice) -> Object:
        metadata = about["metadata"]
        return {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": f"{metadata['name']}.{uuid.uuid4().hex[:16]}", "namespace": metadata["namespace"]},
            "regarding": {
                "apiVersion": about["apiVersion"],
                "kind": about["kind"],
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "uid": metadata["uid"],
                "resourceVersion": metadata["resourceVersion"],
            },
            "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "type": "Warning" if notice.warning else "Normal",
            "reason": notice.reason,
            "action": "Reconcile",
            "note": _fitting(notice.note),
            "reportingController": CONTROLLER,
            "reportingInstance": self.instance[:128],
        }


def _fitting(note: str) -> str:
    whole = note.encode(errors="replace")
    return whole.decode() if len(whole) <= LONGEST_NOTE else f"{whole[: LONGEST_NOTE - 3].decode(errors='ignore')}…"
