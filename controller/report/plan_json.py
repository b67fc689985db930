"""The plan for programs, in the form that the manual fixes ("The plan as JSON")."""

import base64
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from controller.core.model.call import Call, Change
from controller.core.model.live import Health
from controller.core.model.reference import (
    EXPRESSIONS,
    Address,
    Encoded,
    Expression,
    Foreign,
    Lookup,
    Placeholder,
    Secret,
    Text,
    Token,
    expressions_in,
    replace_expressions,
)
from controller.core.planning.step import Believed, Plan, Step
from controller.report.secrecy import scrub

Known = Mapping[Placeholder, Any]


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values: the same plan gives the same document, and no secret is in it."""
    return {
        "stack": plan.stack,
        "account": plan.account,
        "region": plan.region,
        "inSync": plan.in_sync,
        "summary": plan.summary(),
        "oldestRead": _oldest(plan),
        "nodes": [_node(step, plan) for step in plan.steps],
        "incomplete": plain(plan.incomplete),
        "unsearched": plain(plan.unsearched),
    }


def _oldest(plan: Plan) -> dict[str, Any] | None:
    if plan.oldest_read is None:
        return None
    address, believed = plan.oldest_read
    return {"address": str(address), **_believed(believed)}


def _believed(believed: Believed) -> dict[str, Any]:
    return {"seconds": round(believed.seconds, 1), "what": list(believed.what)}


def _node(step: Step, plan: Plan) -> dict[str, Any]:
    believed = plan.believed.get(step.address)
    blocked = {"by": step.blocked.by, "why": scrub(step.blocked.why)} if step.blocked else None
    return {
        "address": str(step.address),
        "kind": step.address.kind,
        "name": step.address.name,
        **_in(step.region),
        "id": step.id or None,
        "state": str(step.state),
        "since": stamp(plan.since[step.address]) if step.address in plan.since else None,
        "action": str(step.action),
        "blocked": blocked,
        "health": _health(step.health) if step.health else None,
        "progress": scrub(step.progress),
        "believed": _believed(believed) if believed else None,
        "changes": [_change(change) for change in step.changes],
        "calls": [_call(call, plan.known) for call in step.calls + step.removal],
        "uncompared": plain(step.uncompared),
        "kept": plain(step.kept),
        "notice": scrub(step.notice),
        "interruptions": plain(step.interruptions),
        "note": scrub(step.note),
    }


def stamp(time: datetime) -> str:
    """A time to the second, as `2026-01-31T18:00:00Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _health(health: Health) -> dict[str, Any]:
    return {"healthy": health.healthy, "why": scrub(health.why), "good": health.good, "total": health.total}


def _change(change: Change) -> dict[str, Any]:
    return {
        "path": scrub(change.path),
        "op": change.op,
        "desired": plain(change.desired),
        "observed": plain(change.observed),
        "because": str(change.because) if change.because else None,
    }


def _call(call: Call, known: Known) -> dict[str, Any]:
    return {
        "service": call.service,
        "operation": call.operation,
        "parameters": plain(settled(call.parameters, known)),
        "fields": plain(call.fields),
        **_in(call.region),
    }


def _in(region: str | None) -> dict[str, str]:
    """Where something is, if not in the region of the stack."""
    return {"region": region} if region else {}


def settled(value: Any, known: Known) -> Any:
    """A call's parameters with every value that is known already in its place, as the call will carry it."""

    def settle(expression: Expression) -> Any:
        match expression:
            case Placeholder():
                return known.get(expression, expression)
            case Text(parts=parts):
                values = {part: settle(part) for _, part in parts}
                left = any(isinstance(part, EXPRESSIONS) for part in values.values())
                return expression if left else expression.fill(lambda part: values[part])
            case Encoded(document=document):
                inner = replace_expressions(document, settle)
                return replace(expression, document=inner) if any(expressions_in(inner)) else expression.write(inner)
            case _:
                return expression

    return replace_expressions(value, settle)


def plain(value: Any) -> Any:
    """The value as JSON knows it: an expression by what it names, a set in one order, no secret anywhere."""
    match value:
        case Placeholder() | Foreign() | Lookup() | Text() | Secret() | Encoded() | Token():
            return _expression(value)
        case Mapping():
            return {scrub(str(key)): plain(part) for key, part in value.items()}
        case Address():
            return str(value)
        case list() | tuple():
            return [plain(part) for part in value]
        case AbstractSet():
            return sorted(map(plain, value), key=canonical)
        case _:
            return _scalar(value)


def canonical(value: Any) -> str:
    """One text for one JSON value, to sort and to compare by."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes | bytearray):
        return scrub(base64.b64encode(value).decode())
    return scrub(str(value))


def _expression(expression: Expression) -> Any:
    match expression:
        case Placeholder(address, attribute):
            return {"from": str(address), "attribute": attribute}
        case Foreign(stack, address, attribute, region):
            return {"stack": stack, "name": str(address), "attribute": attribute, **_in(region)}
        case Lookup(query=query, region=region):
            return {"find": {key: plain(part) for key, part in query}, **_in(region)}
        case Text(text, parts):
            return {"text": scrub(text), "with": {name: plain(part) for name, part in parts}}
        case Secret() | Token():
            return {type(expression).__name__.lower(): True}
        case Encoded(document):
            return plain(document)
