"""The last lines of apply and destroy: whether all is well, what was done, what is left and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from controller.core.model.wording import quantity
from controller.core.planning.guard import COPY
from controller.core.planning.step import Plan, State, Step
from controller.engine.loop import Result
from controller.report.plan_json import plan_document
from controller.report.remedies import remedied, with_remedy
from controller.report.secrecy import scrub
from controller.report.shown import health_message, visible
from controller.report.telemetry import Work, counted


@dataclass(frozen=True)
class Ending:
    """How the work on one stack ended."""

    result: Result
    work: Work
    seconds: float
    destroying: bool
    stopped: bool
    """Somebody asked to stop before it was over."""

    @property
    def ready(self) -> bool:
        """Whether every node of the stack is as it should end up; when destroying, whether nothing is left."""
        done = self.result.done
        if done is None or done.outcome.failed:
            return False
        return done.plan.in_sync and not done.plan.incomplete if self.destroying else done.plan.ready

    @property
    def unfinished(self) -> list[Step]:
        """What stands in the way of being ready, or is left over."""
        return [step for step in self.result.done.plan.steps if not step.settled] if self.result.done else []

    def reason(self, step: Step) -> str:
        """Why a step is unfinished."""
        refusal = self.work.refusals.get(step.address)
        if refusal and (step.blocked is None or step.blocked.by == "backoff"):
            own = refusal.request_id and not refusal.way_out
            return with_remedy(refusal.message, refusal.outcome if own else "")
        if step.blocked:
            return f"blocked by {step.blocked.by}: {step.blocked.why}"
        wait = self.work.waits.standing.get(step.address)
        return wait.so_far() if wait else step.note or f"still {step.state}"

    @property
    def unhealthy(self) -> list[tuple[Step, str]]:
        """What is not healthy yet, each with AWS's words; being ready does not wait for that."""
        steps = self.result.done.plan.unhealthy if self.result.done and not self.destroying else ()
        return [(step, health_message(step.health)) for step in steps if step.health]


def close(ending: Ending, out: Console) -> None:
    """What is not as it should be, and one line that says how it ended."""
    name = ending.result.stack.name
    for text in (*_nodes(ending), *_whole_stack(ending)):
        out.print(Text(visible(f"  {text}"), style="yellow"), soft_wrap=True)
    style = "bold green" if ending.ready else "bold red"
    out.print(Text(f"{name}: {_verdict(ending)} ({_doings(ending)})", style=style), soft_wrap=True)


def _nodes(ending: Ending) -> Iterator[str]:
    for step in ending.unfinished:
        yield f"{_named(step)}: {_left_over(step) or ending.reason(step)}"
    yield from (f"{_named(step)}: {words}" for step, words in ending.unhealthy)


def _named(step: Step) -> str:
    return f"{step.address}{f' ({step.id})' if step.id else ''}"


def _left_over(step: Step) -> str:
    """An orphan that stays is no failure, but nobody else would mention it."""
    if step.state is not State.ORPHANED or step.blocked is None:
        return ""
    gone = "" if step.blocked.by == COPY else "no longer in the document, "
    return f"{gone}left as it is: {step.blocked.why}"


def _whole_stack(ending: Ending) -> Iterator[str]:
    done = ending.result.done
    if done is None:
        if not ending.result.error:
            yield "stopped before it was started"
        return
    if ending.destroying:
        yield from (f"could not be listed, so something may be left: {failure}" for failure in done.plan.incomplete)
    if ending.stopped and not ending.ready:
        yield "stopped; the next run finds what was created and continues from there"
    elif done.waits and not ending.ready:
        yield "timed out; run it again, or allow more time with --timeout"


def _verdict(ending: Ending) -> str:
    done = ending.result.done
    if done is None:
        return "nothing was done"
    if ending.destroying:
        return (
            "destroyed, nothing is left" if ending.ready else f"not destroyed, {_number(len(ending.unfinished))} left"
        )
    settled, nodes = _settled(done.plan)
    unhealthy = f", {len(ending.unhealthy)} not healthy yet" if ending.unhealthy else ""
    ready = (
        f"ready, {quantity(settled, 'node')}"
        if ending.ready
        else f"not ready, {settled} of {quantity(nodes, 'node')}"
    )
    return f"{ready} in sync{unhealthy}"


def _number(left: int) -> str:
    return {0: "something may be", 1: "1 resource is"}.get(left, f"{left} resources are")


def _settled(plan: Plan) -> tuple[int, int]:
    wanted = [step for step in plan.steps if step.state is not State.ORPHANED]
    return sum(step.settled for step in wanted), len(wanted)


def _doings(ending: Ending) -> str:
    work, nodes = ending.work, counted(ending.work)
    calls = f"{quantity(work.calls, 'call')} in {ending.seconds:.0f} s"
    refused = f"; {work.refused} refused" if work.refused else ""
    return f"{nodes}; {calls}{refused}" if nodes else f"{calls}{refused}"


def ending_document(ending: Ending, plan: Plan) -> dict[str, Any]:
    """The same for programs, with the plan that it began with."""
    return {
        "stack": ending.result.stack.name,
        "ready": ending.ready,
        "plan": plan_document(plan),
        "unfinished": {str(step.address): scrub(ending.reason(step)) for step in ending.unfinished},
        "unhealthy": {str(step.address): words for step, words in ending.unhealthy},
        "error": scrub(remedied(ending.result.error)) if ending.result.error else None,
        "calls": ending.work.calls,
        "refused": ending.work.refused,
        "seconds": round(ending.seconds, 1),
    }
