"""What is told of a Stack in its status: conditions, counts, and the nodes that are not in sync.

Pure: from the last status and a report to the next status. It stays small whatever the stack is like, for an object
may have about 1.5 MiB: texts and lists are cut, and it is said where they are.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.core.model.reference import Address
from controller.core.planning.step import Plan, State, Step
from controller.kube.api import Object
from controller.kube.conditions import Condition, Doing, Report, conditions_of
from controller.kube.phrases import health_message, remaining

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
MOST_NODES = 50
MOST_CHANGES = 10
LONGEST_TEXT = 1000
"""Characters: together no more than what an object may have, whatever is to be said."""


def status_of(before: Object, report: Report, scrub: Callable[[str], str] = str) -> Object:
    """The next status; `before` is the last one, from which times are carried on.

    Without a plan the counts and nodes of the last one stay; the conditions say that nobody knows better now.
    `scrub` takes the secrets out of each text, before it is cut.
    """
    known = {condition["type"]: condition for condition in before.get("conditions") or ()}
    conditions = [_told(condition, known.get(condition.type, {}), report) for condition in conditions_of(report)]
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
            return {name: _fitted(inner, scrub, name, most) for name, inner in value.items()}
        case list():
            return [_fitted(inner, scrub, key, most) for inner in value]
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


def seen_before(obj: Object, nodes: Iterable[Address]) -> list[Address]:
    """Those of an object's nodes that the last pass over this very document saw; none where that is not certain.

    A mass disappearance that is not believed has not happened: then all of them still count as seen.
    """
    status = obj.get("status") or {}
    same = status.get("observedGeneration") == obj["metadata"].get("generation")
    if not same or not _told_by_a_plan(status):
        return []
    unsure = {entry["address"]: entry.get("blocked", {}).get("by") for entry in status.get("notInSync") or ()}
    if "mass-disappearance" in unsure.values():
        return list(nodes)
    return [] if status.get("notInSyncOmitted") else [address for address in nodes if str(address) not in unsure]


def _told_by_a_plan(status: Object) -> bool:
    """Whether counts and nodes are those of the last report; one without a plan left older ones standing."""
    synced = [
        condition.get("status") for condition in status.get("conditions") or () if condition.get("type") == "Synced"
    ]
    return "counts" in status and synced not in ([], ["Unknown"])


def differing_since(obj: Object) -> dict[Address, float]:
    """Since when each node has differed, in seconds of the Unix clock, as the last status tells it."""
    listed = (obj.get("status") or {}).get("notInSync") or ()
    return {
        Address.parse(entry["address"]): datetime.strptime(entry["since"], _FORMAT).replace(tzinfo=UTC).timestamp()
        for entry in listed
        if entry.get("since") and entry.get("state") in _DIFFERING
    }


_DIFFERING = {State.DRIFTED, State.MISSING, State.ORPHANED, State.CONFLICT}


# --- nodes ------------------------------------------------------------------------------------------------


def _nodes(plan: Plan, before: Object, now: datetime) -> Object:
    """The counts, and those that are not in sync, the worst first."""
    states = Counter(step.state for step in plan.steps)
    unsettled = sorted((s for s in plan.steps if not s.settled or s.unhealthy or s.notice), key=_gravity)
    since = {entry["address"]: entry.get("since") for entry in before.get("notInSync") or ()}
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
    if step.region:
        told["region"] = step.region
    if step.blocked:
        told["blocked"] = {"by": step.blocked.by, "why": step.blocked.why}
    message = health_message(step) if step.unhealthy else step.note or step.progress or step.notice
    if message:
        told["message"] = message
    return told


def _deletion(report: Report) -> Object | None:
    if report.doing is not Doing.DELETING or report.plan is None:
        return None
    left = [step for step in report.plan.steps if not step.settled]
    return {"remaining": len(left), "message": remaining(report.plan)}


def _time(when: datetime) -> str:
    return when.strftime(_FORMAT)
