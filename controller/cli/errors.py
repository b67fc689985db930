"""What went wrong, said so that whoever reads it knows where, what, and what to do about it."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from controller.core.model.wording import quantity
from controller.core.planning.step import Plan, State
from controller.engine.loop import Result
from controller.report.remedies import remedied
from controller.report.shown import visible

_MOST = 3
"""So many different reasons are told; the plan has them all."""


def complain(results: Iterable[Result], err: Console) -> None:
    """Say of each stack what could not be seen of it, and why."""
    for result in results:
        for text in _complaints(result):
            err.print(Text(visible(f"{result.stack.name}: {text}"), style="red"), soft_wrap=True)


def _complaints(result: Result) -> Iterator[str]:
    if result.error:
        yield remedied(result.error)
    elif result.done:
        yield from unknowns(result.done.plan)


def unknowns(plan: Plan) -> Iterator[str]:
    """How many nodes could not be read, and the reasons; nothing when all could."""
    unknown = [step for step in plan.steps if step.state is State.UNKNOWN]
    if not unknown:
        return
    reasons = list(dict.fromkeys(step.note for step in unknown))
    yield f"unknown: {len(unknown)} of {quantity(len(plan.steps), 'node')}; left alone until they can be read:"
    yield from (f"  {reason}" for reason in reasons[:_MOST])
    if len(reasons) > _MOST:
        yield f"  and {quantity(len(reasons) - _MOST, 'more reason')}"
