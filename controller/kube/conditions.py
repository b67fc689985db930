"""The conditions of a Stack: what each of them says of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from controller.core.model.wording import quantity
from controller.core.planning.guard import SETTLING
from controller.core.planning.step import Plan, State, Step
from controller.kube.phrases import difference, doing, health_message, named, remaining, unlisted, why


class Doing(StrEnum):
    """What is being done with a Stack."""

    KEEPING = "keeping"
    DELETING = "deleting"
    PAUSED = "paused"


@dataclass(frozen=True)
class StackFailure:
    """Why there was no pass, or why it was no success. `reason` is one word in CamelCase."""

    reason: str
    message: str
    lasting: bool = False
    """Whether only a person can mend it."""


@dataclass(frozen=True)
class Report:
    """What is to be told of a Stack now."""

    generation: int
    now: datetime
    doing: Doing = Doing.KEEPING
    plan: Plan | None = None
    trouble: StackFailure | None = None
    waits: bool = False
    """Whether AWS is at work, or calls are still to be made: something will change by itself."""
    seconds: float | None = None
    """How long the pass took; None where there was none."""
    again: float | None = None
    """Seconds until the next pass; None where nothing happens before somebody changes something."""
    reconciled: str = ""
    """The value of the annotation that asked for a pass, as far as it was heard."""


class Condition(NamedTuple):
    """One condition: True, False or Unknown, with a reason in CamelCase and a message for people."""

    type: str
    status: str
    reason: str
    message: str = ""


def conditions_of(report: Report) -> list[Condition]:
    """What there is to say, one condition after the other."""
    return [_ready(report), _synced(report), _drifted(report), _healthy(report), _stalled(report)]


def _unseen(type: str, report: Report) -> Condition:
    """What nobody knows at this moment."""
    if report.doing is Doing.PAUSED:
        return Condition(
            type, "Unknown", "Paused", "the annotation holdfast.dev/paused stops all reading and writing"
        )
    trouble = report.trouble
    return Condition(type, "Unknown", trouble.reason if trouble else "NotSeen", trouble.message if trouble else "")


def _ready(report: Report) -> Condition:
    """Every node of the document is as it should end up."""
    plan = report.plan
    if plan is None:
        unseen = _unseen("Ready", report)
        return unseen if report.doing is Doing.PAUSED else unseen._replace(status="False")
    if report.doing is Doing.DELETING:
        return Condition("Ready", "False", "Deleting", remaining(plan))
    if report.trouble:
        return Condition("Ready", "False", report.trouble.reason, report.trouble.message)
    unsettled = [step for step in _wanted(report) if not step.settled]
    if not unsettled:
        return Condition("Ready", "True", "InSync", f"{quantity(len(_wanted(report)), 'node')} in sync")
    standing = [step for step in unsettled if step.awaits or step.blocked]
    if report.waits or not standing:
        return Condition("Ready", "False", "Progressing", named(unsettled, doing))
    return Condition("Ready", "False", _held_by(standing), named(standing, why))


ACTION_REQUIRED = "ActionRequired"
"""AWS waits for a person, such as one who confirms a subscription or validates a domain."""
_HELD = {"mode": "Observing", "hold": "Held"}


def _held_by(standing: Sequence[Step]) -> str:
    """What holds back all of them: a person who has to act, or wants it so; else that they are blocked."""
    if any(step.awaits for step in standing):
        return ACTION_REQUIRED
    words = {_HELD.get(step.blocked.by, "Blocked") for step in standing if step.blocked}
    return words.pop() if len(words) == 1 else "Blocked"


def _synced(report: Report) -> Condition:
    """Every node was seen and is as the document says, and nothing is left over."""
    plan = report.plan
    if plan is None:
        return _unseen("Synced", report)
    if plan.in_sync and plan.incomplete and report.doing is Doing.DELETING:
        return Condition("Synced", "Unknown", "NotListed", unlisted(plan))
    if plan.in_sync:
        more = f"; {unlisted(plan)}" if plan.incomplete else ""
        return Condition("Synced", "True", "InSync", f"nothing differs from the document{more}")
    if report.trouble:
        return Condition("Synced", "False", report.trouble.reason, report.trouble.message)
    return Condition("Synced", "False", "Differs", named([s for s in plan.steps if not s.settled], doing))


def _drifted(report: Report) -> Condition:
    """A node differs from the document by itself."""
    plan = report.plan
    if plan is None:
        return _unseen("Drifted", report)
    drifted = [step for step in plan.steps if step.drifts]
    if drifted:
        return Condition("Drifted", "True", "Drift", named(drifted, difference))
    return _unseen("Drifted", report) if _blind(plan) else Condition("Drifted", "False", "NoDrift")


def _healthy(report: Report) -> Condition:
    """No node whose health AWS tells is unhealthy."""
    plan = report.plan
    if plan is None:
        return _unseen("Healthy", report)
    if plan.unhealthy:
        return Condition("Healthy", "False", "Unhealthy", named(plan.unhealthy, health_message))
    if _blind(plan):
        return _unseen("Healthy", report)
    known = len(plan.health)
    if not known:
        return Condition("Healthy", "Unknown", "NotTold", "no node of this stack reports health")
    return Condition("Healthy", "True", "Healthy", f"healthy: {known} of {quantity(known, 'node')} reporting health")


def _stalled(report: Report) -> Condition:
    """Nothing moves before a person changes something."""
    if report.doing is Doing.PAUSED:
        return Condition("Stalled", "False", "Paused")
    if report.trouble and report.trouble.lasting:
        return Condition("Stalled", "True", report.trouble.reason, report.trouble.message)
    lifts = _LIFTS if report.doing is Doing.DELETING else _LIFTS | _CHOSEN
    blocked = [] if report.waits else [step for step in _wanted(report) if step.blocked]
    stuck = [step for step in blocked if step.blocked and step.blocked.by not in lifts]
    awaiting = [] if report.waits else [step for step in _wanted(report) if step.awaits and not step.settled]
    if awaiting:
        return Condition("Stalled", "True", ACTION_REQUIRED, named(awaiting, doing))
    if stuck:
        return Condition("Stalled", "True", "Blocked", named(stuck, why))
    return Condition("Stalled", "False", "NotStalled")


def _blind(plan: Plan) -> bool:
    """Whether a node could not be seen, so that nothing can be said of all."""
    return any(step.state is State.UNKNOWN for step in plan.steps)


_LIFTS = frozenset({"unknown", "backoff", SETTLING})
"""Checks that lift by themselves."""
_CHOSEN = frozenset({"mode", "hold"})
"""Checks that hold back what a person wants held back; but whoever deletes a stack waits for it."""


def _wanted(report: Report) -> list[Step]:
    """The steps that somebody waits for: those of the document, or whatever is to be deleted."""
    steps = report.plan.steps if report.plan else ()
    deleting = report.doing is Doing.DELETING
    return [step for step in steps if deleting or step.state is not State.ORPHANED or step.acts]
