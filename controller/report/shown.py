"""How values, differences, calls and counts are worded for people, in the plan's text and Markdown."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import groupby
from typing import Any

from controller.core.model.call import Call, Change
from controller.core.model.live import Health, Phase
from controller.core.model.reference import (
    EXPRESSIONS,
    Address,
    Encoded,
    Expression,
    Foreign,
    Lookup,
    Placeholder,
    Text,
    replace_expressions,
)
from controller.core.model.wording import quantity
from controller.core.planning.step import Action, Plan, State, Step
from controller.report.plan_json import canonical, plain, stamp
from controller.report.secrecy import scrub

_WAITING = {
    State.PENDING: "AWS is still working on it",
    State.LEAVING: "AWS is deleting it",
    State.UNKNOWN: "left alone",
}
_UNSET = "(not set)"
_SPECIAL = frozenset(' \t\n"{}[]=,')


def visible(text: str, keep: str = "") -> str:
    """The text without secrets, and with what could steer a terminal written out; `keep` may stay."""
    text = scrub(text)
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in keep else _written_out(sign) for sign in text)


def _written_out(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def reason(step: Step, since: datetime | None = None) -> str:
    """State and intention in one phrase: `drifted since 2026-01-31T18:00:00Z, to be updated: …`."""
    state = str(step.state).replace("-", " ") + (f" since {stamp(since)}" if since else "")
    parts = [part for part in (state, _intention(step)) if part]
    return ", ".join(parts) + (f": {visible(step.note)}" if step.note else "")


def _intention(step: Step) -> str:
    if step.action is Action.NONE:
        return _WAITING.get(step.state, "")
    intention = f"{'would' if step.blocked else 'to'} be {step.action.done}"
    if step.action is not Action.REPLACE:
        return intention
    return f"{intention}, {'deleting the old one first' if step.deletes_first else 'creating the new one first'}"


def at_work(step: Step) -> str:
    """That AWS is at work on a node, and on what; empty when nothing has to wait for that."""
    if not (step.pending or step.state in (State.PENDING, State.LEAVING)):
        return ""
    if step.awaits:
        return visible(f"waiting for a person: {step.awaits}")
    going = step.state is State.LEAVING or (step.live is not None and step.live.phase is Phase.LEAVING)
    said = step.note or _WAITING[State.LEAVING if going else State.PENDING]
    return visible(f"{said}: {step.progress}" if step.progress else said)


def health_message(health: Health) -> str:
    """That a node is unhealthy, and why in AWS's words: `unhealthy, 1 of 2: Request timed out`."""
    members = "" if health.good is None or health.total is None else f", {health.good} of {health.total}"
    return visible(f"unhealthy{members}{f': {health.why}' if health.why else ''}")


def remarks(step: Step) -> Iterator[str]:
    """What there is to say of a node whether it is in sync or not: its health, AWS's work, what was not compared."""
    if step.health and step.unhealthy:
        yield health_message(step.health)
    if step.awaits:
        yield at_work(step)
    elif step.progress:
        yield f"in progress at AWS: {visible(step.progress)}"
    if step.notice:
        yield visible(step.notice)
    yield from (f"causes an interruption: {visible(text)}" for text in step.interruptions)
    yield from (f"not compared: {visible(text)}" for text in step.uncompared)
    yield from (f"kept, though not in the document: {visible(text)}" for text in step.kept)


def healthy(plan: Plan) -> str:
    """How many nodes are healthy, in one line; empty where AWS tells of no health."""
    known = [health.healthy for health in plan.health.values()]
    return f"healthy: {sum(known)} of {quantity(len(known), 'node')} reporting health" if known else ""


def believed(plan: Plan) -> str:
    """That something was remembered and not read for this plan, in one line; empty where everything was read."""
    if plan.oldest_read is None:
        return ""
    address, oldest = plan.oldest_read
    return f"cached details: oldest read {oldest.seconds:.0f} s ago ({visible(f'{address} {oldest.what[0]}')})"


def calls_of(step: Step) -> str:
    """The operations of a step in their order, equal neighbours counted: `ec2:CreateRoute ×2, …`."""
    made, removed = _operations(step.calls), _operations(step.removal)
    if made and removed:
        return f"{removed}, then {made}" if step.deletes_first else f"{made}; finally {removed}"
    return made or removed


def _operations(calls: Iterable[Call]) -> str:
    names = groupby(f"{call.service}:{call.operation}" for call in calls)
    counted = ((name, sum(1 for _ in same)) for name, same in names)
    return ", ".join(name if count == 1 else f"{name} ×{count}" for name, count in counted)


def counts(plan: Plan) -> str:
    """The plan in one line: every node is counted once, by its action or else by its state."""
    summary = plan.summary()
    actions = ", ".join(f"{summary[action]} to {action}" for action in Action if action is not Action.NONE)
    idle = Counter(step.state for step in plan.steps if step.action is Action.NONE)
    seen = [state for state in State if idle[state] or state is State.IN_SYNC]
    states = ", ".join(f"{idle[state]} {str(state).replace('-', ' ')}" for state in seen)
    blocked = f"; {summary['blocked']} blocked" if summary["blocked"] else ""
    return f"{actions}; {states}{blocked}"


class Wording:
    """Words the values of one plan; a placeholder comes with its value where the plan knows that already."""

    def __init__(self, plan: Plan) -> None:
        self._steps: dict[Address, Step] = {}
        for step in plan.steps:
            self._steps.setdefault(step.address, step)

    def observed_and_desired(self, change: Change) -> tuple[str, str]:
        """Both sides of a change; of two structures only the parts that differ."""
        observed, desired = change.observed, change.desired
        if isinstance(observed, Mapping) and isinstance(desired, Mapping):
            both = desired.keys() & observed.keys()
            equal = {key for key in both if self._same(desired[key], observed[key])}
            if equal != desired.keys() | observed.keys():
                observed = {key: part for key, part in observed.items() if key not in equal}
                desired = {key: part for key, part in desired.items() if key not in equal}
        return self.value(observed), self.value(desired)

    def _same(self, desired: Any, observed: Any) -> bool:
        settled = replace_expressions(desired, self._known_or_itself)
        return canonical(plain(settled)) == canonical(plain(observed))

    def _known_or_itself(self, expression: Expression) -> Any:
        known = self._known(expression) if isinstance(expression, Placeholder) else None
        return expression if known is None else known

    def value(self, value: Any) -> str:
        """A value in one line: `10.0.0.0/16`, `{port=443 open=true}`, `(known after apply: Vpc/main)`."""
        return _UNSET if value is None else self._part(value)

    def _part(self, value: Any) -> str:
        if isinstance(value, EXPRESSIONS):
            return self.expression(value)
        if isinstance(value, Mapping):
            return f"{{{' '.join(f'{visible(str(key))}={self._part(part)}' for key, part in value.items())}}}"
        if isinstance(value, AbstractSet):
            return self._part(sorted(value, key=lambda part: canonical(plain(part))))
        if isinstance(value, list | tuple) and not isinstance(value, Address):
            return f"[{', '.join(map(self._part, value))}]"
        return _word(plain(value))

    def expression(self, expression: Expression) -> str:
        """What stands for a value that is not in the document itself."""
        match expression:
            case Placeholder():
                return self._placeholder(expression)
            case Foreign(stack, address, attribute, region):
                return f"({_named(address, attribute)} of stack {stack}{_in(region)})"
            case Lookup():
                return f"(looked up{_in(expression.region)}: {visible(str(expression))})"
            case Text():
                return _quoted_if_needed(self.text(expression))
            case Encoded(document):
                return self._part(document)
        return str(expression)

    def text(self, text: Text) -> str:
        """A text with each hole filled by its value, or by what stands for that."""
        settled = (self._known_or_itself(part) for _, part in text.parts)
        words = [self.expression(part) if isinstance(part, EXPRESSIONS) else str(part) for part in settled]
        filled = dict(zip((part for _, part in text.parts), words, strict=True))
        return scrub(text.fill(filled.__getitem__))

    def _placeholder(self, placeholder: Placeholder) -> str:
        name, known = _named(placeholder.address, placeholder.attribute), self._known(placeholder)
        return f"(known after apply: {name})" if known is None else f"{_word(known)} ({name})"

    def _known(self, placeholder: Placeholder) -> Any:
        step = self._steps.get(placeholder.address)
        if step is None or step.live is None or step.action in (Action.CREATE, Action.REPLACE):
            return None
        if step.acts and any(placeholder.attribute in call.renews for call in step.calls):
            return None  # what it is now is not what it will be
        return step.id if placeholder.attribute == "id" else step.live.attributes.get(placeholder.attribute)


def _named(address: Address, attribute: str) -> str:
    return visible(str(address) if attribute == "id" else f"{address} {attribute}")


def _word(value: Any) -> str:
    return _quoted_if_needed(value) if isinstance(value, str) else json.dumps(value)


def _quoted_if_needed(text: str) -> str:
    if text and not _SPECIAL & set(text):
        return visible(text)
    return visible(json.dumps(text, ensure_ascii=False))


def _in(region: str) -> str:
    return f" in {region}" if region else ""
