"""The plan for people: what differs, why, what will be done about it, and what could not be seen.

The lines are made first and printed after, so that what is said never depends on where it is printed. On a
terminal long lines are wrapped below their own beginning; elsewhere a line stays whole, one fact each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from rich.console import Console
from rich.text import Text as Line

from controller.core.model.call import Change
from controller.core.model.reference import Text
from controller.core.planning.step import Action, Plan, State, Step
from controller.report.shown import Wording, believed, calls_of, counts, healthy, reason, remarks, visible

SIGNS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.REPLACE: ("±", "magenta"),
    Action.DELETE: ("-", "red"),
    Action.ADOPT: (">", "cyan"),
}
_IDLE = {State.UNKNOWN: ("?", "yellow"), State.CONFLICT: ("!", "red")}
_WAITING = ("…", "blue")
_OPS = {"add": ("+", "green"), "change": ("~", "yellow"), "remove": ("-", "red")}
_HANGING = 4
_FROM_THE_TOP = ("@@ -0,", "@@ -1,", "@@ -1 ")
"""How a difference begins that leaves no lines out above it."""

Row = tuple[int, Line]
"""One line and how far it stands in."""


def render_plan(plan: Plan, console: Console) -> None:
    """Print the plan, whole, in the width and the colours that the console has."""
    for indent, line in _Page(plan, Wording(plan)).rows():
        for row in _wrapped(indent, line, console):
            console.print(row, soft_wrap=True)


def _wrapped(indent: int, line: Line, console: Console) -> Iterator[Line]:
    line.expand_tabs()
    room = console.width - indent - _HANGING
    fits = indent + line.cell_len <= console.width
    rows = [line] if fits or room < 1 or not console.is_terminal else line.wrap(console, room)
    for row, part in enumerate(rows):
        part.rstrip()
        yield Line(" " * (indent + (_HANGING if row else 0))) + part


@dataclass(frozen=True)
class _Page:
    plan: Plan
    wording: Wording

    def rows(self) -> Iterator[Row]:
        yield 0, _line((f"Stack {self.plan.stack}", "bold"), f", {self._place()}")
        yield 0, Line()
        for step in self.plan.steps:
            if not step.settled:
                yield from self.step(step)
        yield from self.asides()
        yield from _section("Could not be read:", "yellow", self.plan.incomplete)
        yield from _section("Not searched for orphans:", "yellow", self.plan.unsearched)
        if self.plan.in_sync:
            yield 0, _line(("Everything matches the document: nothing to do.", "green"))
        if health := healthy(self.plan):
            yield 0, _line((health, "yellow" if self.plan.unhealthy else ""))
        if remembered := believed(self.plan):
            yield 0, _line((remembered, "dim"))
        yield 0, _line((counts(self.plan), "bold"))

    def _place(self) -> str:
        return f"account {self.plan.account}, region {self.plan.region}"

    def step(self, step: Step) -> Iterator[Row]:
        """A node that is not in sync: its line, and beneath it everything there is to say."""
        sign, colour = SIGNS.get(step.action) or _IDLE.get(step.state, _WAITING)
        name = f"{sign} {visible(str(step.address))}"
        told = reason(step, self.plan.since.get(step.address))
        yield 0, _line((name, f"bold {colour}"), *_identity(step), f"  {told}")
        for change in step.changes:
            yield from self.change(change)
        if step.blocked:
            why = f"blocked by {step.blocked.by}: {visible(step.blocked.why)}"
            yield 4, _line((why, "bold red"))
        yield from ((4, _line((text, "dim"))) for text in remarks(step))
        if calls := calls_of(step):
            yield 4, _line((f"calls: {calls}", "dim"))
        yield 0, Line()

    def change(self, change: Change) -> Iterator[Row]:
        sign, colour = _OPS.get(change.op, _OPS["change"])
        faint = "dim" if change.because else ""
        because = (f"  because {change.because}", faint) if change.because else ""
        path = (f"{sign} {visible(change.path)}: ", f"{faint} {colour}".strip())
        texts = self.texts(change)
        if texts:
            yield 4, _line(path, because)
            yield from texts
        else:
            yield 4, _line(path, (self.sides(change), faint), because)

    def sides(self, change: Change) -> str:
        """Only the side that there is for what comes or goes; both for what changes."""
        observed, desired = self.wording.observed_and_desired(change)
        match change.op:
            case "add":
                return desired
            case "remove":
                return observed
            case _:
                return f"{observed} → {desired}"

    def texts(self, change: Change) -> list[Row]:
        """The lines that differ, when one side is a text of several lines, such as a script."""
        before, after = self.lines_of(change.observed), self.lines_of(change.desired)
        if before is None or after is None or max(len(before), len(after)) < 2:
            return []
        difference = list(unified_diff(before, after, n=1, lineterm=""))[2:]
        first = 1 if difference and difference[0].startswith(_FROM_THE_TOP) else 0
        return [(6, _difference(text)) for text in difference[first:]]

    def lines_of(self, value: Any) -> list[str] | None:
        """The lines of a text, none of nothing; None for what is no text."""
        if isinstance(value, Text):
            value = self.wording.text(value)
        if isinstance(value, str):
            return visible(value, keep="\t\n").split("\n")
        return [] if value is None else None

    def asides(self) -> Iterator[Row]:
        """What is to be said of nodes that are in sync: that is not the same as healthy, at rest or compared."""
        quiet = [step for step in self.plan.steps if step.settled]
        said = [f"{step.address}  {text}" for step in quiet for text in remarks(step)]
        notes = [f"{step.address}  {step.note}" for step in quiet if step.note]
        yield from _section("In sync, but:", "", (*said, *notes))


def _identity(step: Step) -> Iterator[tuple[str, str]]:
    if step.id:
        yield f"  {visible(step.id)}", "dim"
    if step.region:
        yield f"  in {step.region}", "dim"


def _section(title: str, style: str, texts: tuple[str, ...]) -> Iterator[Row]:
    if not texts:
        return
    yield 0, _line((title, style))
    yield from ((2, _line((visible(text), "dim"))) for text in texts)
    yield 0, Line()


def _difference(text: str) -> Line:
    if text.startswith("@@"):
        return _line(("…", "dim"))
    style = {"+": "green", "-": "red"}.get(text[0], "dim")
    return _line((f"{text[0]} {text[1:]}", style))


def _line(*parts: str | tuple[str, str]) -> Line:
    return Line.assemble(*parts)
