"""What is told of a Stack in its status: conditions, counts, and the nodes that are not in sync.

Pure: from the last status and a report to the next status. It stays small whatever the stack is like, for an object
may have about 1.5 MiB: texts and lists are cut, and it is said where they are.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from controller.core.model.reference import Address
from controller.core.planning.guard import SETTLING
from controller.core.planning.step import Plan, State, Step
from controller.kube.api import Object

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
MOST_NODES = 50
MOST_CHANGES = 10
LONGEST_TEXT = 1000
"""Characters: together no more than what an object may have, whatever is to be said."""
MOST_NAMED = 3
"""So many nodes are named in a condition; the list below has the rest."""


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


def status_of(before: Object, report: Report, scrub: Callable[[str], str] = str) -> Object:
    """The next status; `before` is the last one, from which times are carried on.

    Without a plan the counts and nodes of the last one stay; the conditions say that nobody knows better now.
    `scrub` takes the secrets out of each text, before it is cut.
    """
    known = {each["type"]: each for each in before.get("conditions") or ()}
    conditions = [_told(each, known.get(each.type, {}), report) for each in _conditions(report)]
    told: Object = {
        "observedGeneration": report.generation,
        "conditions": conditions,
        "nextPass": _time(report.now + timedelta(seconds=report.again)) if report.again is not None else None,
        "lastHandledReconcile": report.reconciled or None,
        "deletion": _deletion(report),
    }
    if report.plan:
        told |= {**_nodes(report.plan, before, report.now), "oldestRead": _oldest(report.plan, report.now)}
    if report.seconds is not None:
        told["lastPass"] = {
            "time": _time(report.now),
            "outcome": "Failed" if report.trouble else "Succeeded",
            "seconds": round(report.seconds, 3),
            "message": report.trouble.message if report.trouble else "",
        }
    kept = {key: value for key, value in before.items() if key not in told}
    return {key: _fitted(value, scrub, key) for key, value in (kept | told).items() if value is not None}


_LONGEST = {"notInSync": 500, "changes": 100}
"""How long a text may be within these; there are many of them."""


def _fitted(value: Any, scrub: Callable[[str], str], key: str, most: int = LONGEST_TEXT) -> Any:
    """The same lists and mappings with texts that fit, and with a sign where they were longer."""
    most = _LONGEST.get(key, most)
    match value:
        case str():
            text = scrub(value)
            return text if len(text) <= most else f"{text[: most - 1]}…"
        case dict():
            return {name: _fitted(each, scrub, name, most) for name, each in value.items()}
        case list():
            return [_fitted(each, scrub, key, most) for each in value]
    return value


def _told(condition: Condition, before: Object, report: Report) -> Object:
    same = before.get("status") == condition.status
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "lastTransitionTime": (before.get("lastTransitionTime") if same else None) or _time(report.now),
        "observedGeneration": report.generation,
    }


def seen_before(found: Object, nodes: Iterable[Address]) -> list[Address]:
    """Those of an object's nodes that the last pass over this very document saw; none where that is not certain.

    A mass disappearance that is not believed has not happened: then all of them still count as seen.
    """
    status = found.get("status") or {}
    same = status.get("observedGeneration") == found["metadata"].get("generation")
    if not same or not _told_by_a_plan(status):
        return []
    unsure = {each["address"]: each.get("blocked", {}).get("by") for each in status.get("notInSync") or ()}
    if "mass-disappearance" in unsure.values():
        return list(nodes)
    return [] if status.get("notInSyncOmitted") else [each for each in nodes if str(each) not in unsure]


def _told_by_a_plan(status: Object) -> bool:
    """Whether counts and nodes are those of the last report; one without a plan left older ones standing."""
    synced = [each.get("status") for each in status.get("conditions") or () if each.get("type") == "Synced"]
    return "counts" in status and synced not in ([], ["Unknown"])


def differing_since(found: Object) -> dict[Address, float]:
    """Since when each node has differed, in seconds of the Unix clock, as the last status tells it."""
    listed = (found.get("status") or {}).get("notInSync") or ()
    return {
        Address.parse(each["address"]): datetime.strptime(each["since"], _FORMAT).replace(tzinfo=UTC).timestamp()
        for each in listed
        if each.get("since") and each.get("state") in _DIFFERING
    }


_DIFFERING = {State.DRIFTED, State.MISSING, State.ORPHANED, State.CONFLICT}


# --- conditions -------------------------------------------------------------------------------------------


def _conditions(report: Report) -> list[Condition]:
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
        return Condition("Ready", "False", "Deleting", _remaining(plan))
    if report.trouble:
        return Condition("Ready", "False", report.trouble.reason, report.trouble.message)
    unsettled = [step for step in _wanted(report) if not step.settled]
    if not unsettled:
        return Condition("Ready", "True", "InSync", f"{len(_wanted(report))} nodes are as the document says")
    blocked = [step for step in unsettled if step.blocked]
    if report.waits or not blocked:
        return Condition("Ready", "False", "Progressing", _named(unsettled, _doing))
    return Condition("Ready", "False", _held_by(blocked), _named(blocked, _why))


_HELD = {"mode": "Observing", "hold": "Held"}


def _held_by(blocked: Sequence[Step]) -> str:
    """What holds back all of them, where a person wants it so; else that they are blocked."""
    words = {_HELD.get(step.blocked.by, "Blocked") for step in blocked if step.blocked}
    return words.pop() if len(words) == 1 else "Blocked"


def _synced(report: Report) -> Condition:
    """Every node was seen and is as the document says, and nothing is left over."""
    plan = report.plan
    if plan is None:
        return _unseen("Synced", report)
    if plan.in_sync and plan.incomplete and report.doing is Doing.DELETING:
        return Condition("Synced", "Unknown", "NotListed", _unlisted(plan))
    if plan.in_sync:
        more = f"; {_unlisted(plan)}" if plan.incomplete else ""
        return Condition("Synced", "True", "InSync", f"nothing differs from the document{more}")
    if report.trouble:
        return Condition("Synced", "False", report.trouble.reason, report.trouble.message)
    return Condition("Synced", "False", "Differs", _named([s for s in plan.steps if not s.settled], _doing))


def _drifted(report: Report) -> Condition:
    """A node differs from the document by itself."""
    plan = report.plan
    if plan is None:
        return _unseen("Drifted", report)
    drifted = [step for step in plan.steps if step.drifts]
    if drifted:
        return Condition("Drifted", "True", "Drift", _named(drifted, _difference))
    return _unseen("Drifted", report) if _blind(plan) else Condition("Drifted", "False", "NoDrift")


def _healthy(report: Report) -> Condition:
    """No node whose health AWS tells is unhealthy."""
    plan = report.plan
    if plan is None:
        return _unseen("Healthy", report)
    if plan.unhealthy:
        return Condition("Healthy", "False", "Unhealthy", _named(plan.unhealthy, _health_message))
    if _blind(plan):
        return _unseen("Healthy", report)
    known = len(plan.health)
    if not known:
        return Condition("Healthy", "Unknown", "NotTold", "AWS tells no health of any node of this stack")
    return Condition("Healthy", "True", "Healthy", f"{known} of {known} nodes whose health AWS tells are healthy")


def _stalled(report: Report) -> Condition:
    """Nothing moves before a person changes something."""
    if report.doing is Doing.PAUSED:
        return Condition("Stalled", "False", "Paused")
    if report.trouble and report.trouble.lasting:
        return Condition("Stalled", "True", report.trouble.reason, report.trouble.message)
    lifts = _LIFTS if report.doing is Doing.DELETING else _LIFTS | _CHOSEN
    blocked = [] if report.waits else [step for step in _wanted(report) if step.blocked]
    stuck = [step for step in blocked if step.blocked and step.blocked.by not in lifts]
    if stuck:
        return Condition("Stalled", "True", "Blocked", _named(stuck, _why))
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


# --- nodes ------------------------------------------------------------------------------------------------


def _nodes(plan: Plan, before: Object, now: datetime) -> Object:
    """The counts, and those that are not in sync, the worst first."""
    states = Counter(step.state for step in plan.steps)
    unsettled = sorted((step for step in plan.steps if not step.settled or step.unhealthy), key=_gravity)
    since = {each["address"]: each.get("since") for each in before.get("notInSync") or ()}
    listed = [_node(step, since.get(str(step.address)) or _time(now)) for step in unsettled[:MOST_NODES]]
    return {
        "account": plan.account,
        "counts": {
            "nodes": len(plan.steps) - states[State.ORPHANED],
            "inSync": sum(step.settled for step in plan.steps),
            "drifted": sum(step.drifts for step in plan.steps),
            "pending": states[State.PENDING] + states[State.LEAVING],
            "blocked": sum(step.blocked is not None for step in plan.steps),
            "unknown": states[State.UNKNOWN],
            "unhealthy": len(plan.unhealthy),
            "orphaned": states[State.ORPHANED],
        },
        "notInSync": listed,
        "notInSyncOmitted": len(unsettled) - len(listed),
    }


def _oldest(plan: Plan, now: datetime) -> Object | None:
    """The oldest of what was believed and not read; None where everything was read."""
    if plan.oldest_read is None:
        return None
    address, believed = plan.oldest_read
    return {
        "time": _time(now - timedelta(seconds=believed.seconds)),
        "address": str(address),
        "what": believed.what[0],
    }


def _gravity(step: Step) -> tuple[bool, bool, bool]:
    """What drifts or is unknown comes before what is only on its way."""
    return not step.drifts, step.state is not State.UNKNOWN, step.blocked is None


def _node(step: Step, since: str) -> Object:
    paths = [change.path for change in step.changes]
    shown = paths[:MOST_CHANGES] + [f"… and {len(paths) - MOST_CHANGES} more"] * (len(paths) > MOST_CHANGES)
    told: Object = {
        "address": str(step.address),
        "state": str(step.state),
        "action": str(step.action),
        "since": since,
        "changes": shown,
    }
    if step.blocked:
        told["blocked"] = {"by": step.blocked.by, "why": step.blocked.why}
    message = _health_message(step) if step.unhealthy else step.note or step.progress
    if message:
        told["message"] = message
    return told


def _deletion(report: Report) -> Object | None:
    if report.doing is not Doing.DELETING or report.plan is None:
        return None
    left = [step for step in report.plan.steps if not step.settled]
    return {"remaining": len(left), "message": _remaining(report.plan)}


def _remaining(plan: Plan) -> str:
    left = [step for step in plan.steps if not step.settled]
    blocked = [step for step in left if step.blocked]
    if left:
        return _named(blocked, _why) if blocked else _named(left, _doing)
    return _unlisted(plan) if plan.incomplete else "nothing is left"


# --- words ------------------------------------------------------------------------------------------------


def _unlisted(plan: Plan) -> str:
    """What could not be listed, so that nobody knows what of it is left over."""
    first, *others = plan.incomplete
    return f"not known whether anything is left over: {first}{f'; and {len(others)} more' if others else ''}"


def _named(steps: Sequence[Step], word: Callable[[Step], str]) -> str:
    """The first few nodes, each with what there is to say of it, and how many more there are."""
    named = [f"{step.address}: {word(step)}" for step in steps[:MOST_NAMED]]
    more = len(steps) - len(named)
    return "; ".join([*named, f"and {more} more"] if more > 0 else named)


def _why(step: Step) -> str:
    return f"blocked by {step.blocked.by}: {step.blocked.why}" if step.blocked else _doing(step)


def _doing(step: Step) -> str:
    if step.blocked:
        return _why(step)
    said = step.progress or step.note
    return f"{step.state}{f', to {step.action}' if step.acts else ''}{f': {said}' if said else ''}"


def _difference(step: Step) -> str:
    paths = [change.path for change in step.changes]
    more = [f"and {len(paths) - MOST_NAMED} more"] if len(paths) > MOST_NAMED else []
    shown = ", ".join([*paths[:MOST_NAMED], *more])
    return f"{step.state} ({shown})" if shown else str(step.state)


def _health_message(step: Step) -> str:
    health = step.health
    if health is None:
        return ""
    members = f" {health.good} of {health.total}" if health.good is not None and health.total is not None else ""
    return f"unhealthy{members}{f': {health.why}' if health.why else ''}"


def _time(when: datetime) -> str:
    return when.strftime(_FORMAT)
