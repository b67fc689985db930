"""The commands that write: apply and destroy."""

import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace

from controller.cli.commands.read import LOOKING, plans_of, print_raw, show_plans
from controller.cli.documents import read, referred_first, source_at
from controller.cli.errors import complain
from controller.cli.spinner import look
from controller.cli.state import claiming
from controller.cli.summary import Ending, close, ending_document
from controller.cli.wiring import Parts, stopping
from controller.core.model.stack import Allow, Stack
from controller.core.planning.guard import PARTIAL
from controller.core.planning.step import Plan
from controller.engine.loop import Result, allowing
from controller.engine.reconcile import Intent
from controller.report.progress import progress_on


def apply(arguments: Namespace, parts: Parts) -> int:
    """Show the plan, ask, then work until every node is ready."""
    stacks = referred_first(read(source_at(arguments.paths), parts.catalog))
    return _carry_out(arguments, parts, stacks, Intent(fresh=True, believe=arguments.accept_disappearance))


def destroy(arguments: Namespace, parts: Parts) -> int:
    """Show what would be deleted, ask, then delete until nothing is left; what refers to others goes first."""
    stacks = [allowing(stack, Allow.DELETE) for stack in read(source_at(arguments.paths), parts.catalog)]
    stacks = referred_first(stacks)[::-1]
    intent = Intent(fresh=True, destroy=True, partial=arguments.partial, believe=True)
    return _carry_out(arguments, parts, stacks, intent)


def _carry_out(arguments: Namespace, parts: Parts, stacks: Sequence[Stack], intent: Intent) -> int:
    claiming(arguments, parts)  # before the question, or two people would be asked it
    looked = look(parts, stacks, replace(LOOKING, destroy=intent.destroy, partial=intent.partial, claim=True))
    plans = plans_of(looked)
    if arguments.output == "text":
        show_plans(plans, "text", parts.out)
    complain(looked, parts.err)
    if any(result.error for result in looked) or _withheld(plans, parts) or not _agreed(arguments, plans, parts):
        return 1
    endings = list(_work(arguments, parts, stacks, intent))
    if arguments.output == "json":
        before = {plan.stack: plan for plan in plans}
        documents = [ending_document(ending, before[ending.result.stack.name]) for ending in endings]
        print_raw(parts.out, json.dumps(documents if len(stacks) > 1 else documents[0], indent=2))
    else:
        complain([ending.result for ending in endings if ending.result.error], parts.err)
        for ending in endings:
            close(ending, parts.out)
    return 0 if all(ending.ready for ending in endings) else 1


def _withheld(plans: Sequence[Plan], parts: Parts) -> bool:
    """Whether something of these stacks cannot go, so that no stack is begun."""
    stays = [plan.stack for plan in plans if any(step.blocked and step.blocked.by == PARTIAL for step in plan.steps)]
    if stays:
        told = (
            f"Nothing was deleted: not everything in {', '.join(stays)} can be deleted, and --partial was not given."
        )
        parts.err.print(told, soft_wrap=True)
    return bool(stays)


def _agreed(arguments: Namespace, plans: Sequence[Plan], parts: Parts) -> bool:
    """Whether the plan may be carried out: there is nothing to ask, or somebody said yes."""
    if arguments.yes or not any(list(plan.acting()) for plan in plans):
        return True
    if not (sys.stderr.isatty() and sys.stdin and sys.stdin.isatty()):
        parts.err.print(
            "There is no terminal to ask on, so nothing was done; --yes carries out the plan without asking.",
            soft_wrap=True,
        )
        return False
    if arguments.output != "text":  # what is asked about has to be seen
        show_plans(plans, "text", parts.err)
    parts.out.file.flush()  # the plan is seen before the question, also where it is piped into `tee`
    agreed = False
    try:
        agreed = parts.err.input("Carry out this plan? [y/N] ", markup=False).strip().lower() in ("y", "yes")
    except EOFError:
        parts.err.print()
    finally:
        if not agreed:
            parts.err.print("Nothing was done.")
    return agreed


def _work(arguments: Namespace, parts: Parts, stacks: Sequence[Stack], intent: Intent) -> Iterator[Ending]:
    """Stack after stack, all within one time; each has at least one pass, unless somebody says stop."""
    deadline = time.monotonic() + arguments.timeout
    controller, telemetry = parts.controller, parts.telemetry
    with stopping(controller.stop), progress_on(parts.err) as progress:
        telemetry.progress = progress
        for stack in stacks:
            began = time.monotonic()
            stopped = controller.stop.is_set()
            left = max(deadline - began, 0.0)
            result = Result(stack) if stopped else controller.converge(stack, intent, left, stacks)
            seconds = time.monotonic() - began
            yield Ending(result, telemetry.work[stack.name], seconds, intent.destroy, controller.stop.is_set())
