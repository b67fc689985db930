"""The plan as Markdown, made to be posted as a comment on a pull request.

GitHub refuses comments beyond a length; a plan that is longer says what was left out, and never just ends.
"""

import html
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from controller.core.model.call import Call, Change
from controller.core.model.wording import quantity
from controller.core.planning.step import Action, Plan, Step
from controller.report.plan_json import plain
from controller.report.shown import Wording, believed, calls_of, counts, healthy, reason, remarks, visible

COMMENT_LIMIT = 65_536
"""How many characters a comment on GitHub may have."""

_TITLES = {
    Action.CREATE: "Create",
    Action.UPDATE: "Update",
    Action.REPLACE: "Replace",
    Action.DELETE: "Delete",
    Action.ADOPT: "Adopt",
    Action.NONE: "Not in sync, but nothing to do now",
}
_PROSE = re.compile(r"([\\`*_\[\]#|~])")
_BACKTICKS = re.compile(r"`+")


def plan_markdown(plan: Plan, limit: int = COMMENT_LIMIT) -> str:
    """The plan as Markdown of at most `limit` characters, unless its first lines alone are longer."""
    text = ""
    for version in _versions(plan):
        text = "\n".join([*_head(plan), *version]) + "\n"
        if len(text) <= limit:
            break
    return text


def _versions(plan: Plan) -> Iterator[list[str]]:
    """What follows the first lines, from everything to almost nothing."""
    tables = [*_tables(plan), *_asides(plan)]
    yield [*tables, *_calls(plan, _parameters)]
    yield [*tables, *_calls(plan, calls_of), _left_out("the parameters of the calls")]
    yield [*tables, _left_out("the calls")]
    yield [_left_out("all nodes")]


def _left_out(what: str) -> str:
    return f"\n_Too long for a comment, so {what} are left out. The plan as text or JSON has everything._"


def _head(plan: Plan) -> Iterator[str]:
    yield f"### Plan of stack {_code(plan.stack)}"
    yield ""
    yield f"Account {_code(plan.account)}, region {_code(plan.region)}: {counts(plan)}."
    yield ""
    summary = plan.summary()
    yield _row(*summary)
    yield _row(*("---:" for _ in summary))
    yield _row(*map(str, summary.values()))
    if health := healthy(plan):
        yield f"\n{health[0].upper()}{health[1:]}."
    if remembered := believed(plan):
        yield f"\n{_prose(f'{remembered[0].upper()}{remembered[1:]}')}."
    for title, sentences in (("Could not be read", plan.incomplete), ("Not searched for orphans", plan.unsearched)):
        if sentences:
            yield f"\n**{title}:**\n"
            yield from (f"- {_prose(sentence)}" for sentence in sentences)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _tables(plan: Plan) -> Iterator[str]:
    wording = Wording(plan)
    for action, title in _TITLES.items():
        steps = [step for step in plan.steps if step.action is action and not step.settled]
        if steps:
            yield f"\n#### {title}\n"
            yield _row("node", "id", "state", "changes")
            yield _row("---", "---", "---", "---")
            yield from (_node(step, wording, plan.since.get(step.address)) for step in steps)


def _node(step: Step, wording: Wording, since: datetime | None) -> str:
    changes = [_change(change, wording) for change in step.changes]
    if step.blocked:
        changes.append(f"**blocked by {_prose(step.blocked.by)}**: {_prose(step.blocked.why)}")
    changes += [_prose(remark) for remark in remarks(step)]
    place = f" in {step.region}" if step.region else ""
    return _row(_code(str(step.address)) + place, _code(step.id), _prose(reason(step, since)), "<br>".join(changes))


def _change(change: Change, wording: Wording) -> str:
    observed, desired = wording.observed_and_desired(change)
    sides = {"add": f"add {_code(desired)}", "remove": f"remove {_code(observed)}"}
    text = f"{_code(change.path)}: {sides.get(change.op, f'{_code(observed)} → {_code(desired)}')}"
    return f"{text} _because {_prose(str(change.because))}_" if change.because else text


def _asides(plan: Plan) -> Iterator[str]:
    settled = (step for step in plan.steps if step.settled)
    texts = [f"- {_code(str(step.address))} {_prose(text)}" for step in settled for text in remarks(step)]
    if texts:
        yield "\n#### In sync, but\n"
        yield from texts


def _calls(plan: Plan, text_of: Callable[[Step], str]) -> Iterator[str]:
    steps = [step for step in plan.steps if step.calls or step.removal]
    if not steps:
        return
    yield f"\n<details>\n<summary>Calls for {quantity(len(steps), 'node')}</summary>\n"
    for step in steps:
        yield f"\n{_code(str(step.address))}\n"
        yield f"```\n{text_of(step)}\n```"
    yield "\n</details>"


def _parameters(step: Step) -> str:
    """One line a call: no line can begin like the fence around it."""
    calls = step.calls + step.removal
    return "\n".join(visible(f"{_operation(call)} {_json(call.parameters)}") for call in calls)


def _operation(call: Call) -> str:
    return f"{call.service}:{call.operation}{f' in {call.region}' if call.region else ''}"


def _json(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False)


def _prose(text: str) -> str:
    """Text from outside as words alone: no markup, no cell of a table, nobody notified."""
    escaped = _PROSE.sub(r"\\\1", visible(text))
    return html.escape(escaped, quote=False).replace("@", "@<!-- -->")


def _code(text: str) -> str:
    """Text from outside as code; empty when there is none."""
    text = visible(text).replace("|", "\\|")
    if not text:
        return ""
    longest = max((len(ticks) for ticks in _BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"{fence}{text}{fence}"
