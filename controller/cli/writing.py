"""The commands that write: apply and destroy."""

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.text import Text

from controller.cli.reading import LOOKING, complain, plans_of, print_raw, show_plans
from controller.cli.wiring import Parts
from controller.core.document import load
from controller.core.stack import Allow, Stack
from controller.core.step import Plan, Step
from controller.engine.loop import Result, allowing
from controller.engine.reconcile import Intent, Pass
from controller.report.plan_json import plan_document
from controller.report.progress import progress_on
from controller.report.secrecy import scrub


def apply(arguments: Namespace, parts: Parts) -> int:
    """Show the plan, ask, then work until every node is ready."""
    stacks = load(arguments.paths, parts.catalog)
    return _carry_out(arguments, parts, stacks, Intent(fresh=True, believe=arguments.accept_disappearance))


def destroy(arguments: Namespace, parts: Parts) -> int:
    """Show what would be deleted, ask, then delete until nothing is left."""
    stacks = [allowing(stack, Allow.DELETE) for stack in load(arguments.paths, parts.catalog)]
    return _carry_out(arguments, parts, stacks, Intent(fresh=True, destroy=True, believe=True))


def _carry_out(arguments: Namespace, parts: Parts, stacks: Sequence[Stack], intent: Intent) -> int:
    looked = list(parts.controller.passes(stacks, replace(LOOKING, destroy=intent.destroy)))
    plans = plans_of(looked)
    if arguments.output == "text":
        show_plans(plans, "text", parts.out)
    complain(looked, parts.err)
    if any(result.error for result in looked) or not _agreed(arguments, plans, parts.err):
        return 1
    results = _work(arguments, parts, stacks, intent)
    if arguments.output == "json":
        documents = [_document(plan, result, intent) for plan, result in zip(plans, results, strict=False)]
        print_raw(parts.out, json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))
    else:
        complain(results, parts.err)
        for result in results:
            _close(result, intent, parts.out)
    return 0 if len(results) == len(stacks) and all(ready(result, intent) for result in results) else 1


def _agreed(arguments: Namespace, plans: Sequence[Plan], err: Console) -> bool:
    """Whether the plan may be carried out: there is nothing to ask, or somebody said yes."""
    if arguments.yes or not any(list(plan.acting()) for plan in plans):
        return True
    if not (err.is_terminal and sys.stdin.isatty()):
        err.print("nobody can be asked here: say --yes to carry the plan out", soft_wrap=True)
        return False
    return err.input("Carry this out? [y/N] ").strip().lower() in ("y", "yes")


def _work(arguments: Namespace, parts: Parts, stacks: Sequence[Stack], intent: Intent) -> list[Result]:
    with progress_on(parts.err) as progress:
        parts.telling.progress = progress
        working = (parts.controller.converge(stack, intent, arguments.timeout) for stack in stacks)
        return [result for result in working if result.done or result.error]


def ready(result: Result, intent: Intent) -> bool:
    """Whether every node of a stack is as it should end up; when destroying, whether nothing is left."""
    if result.done is None or result.done.outcome.failed:
        return False
    plan = result.done.plan
    return plan.in_sync and not plan.incomplete if intent.destroy else plan.ready


def _close(result: Result, intent: Intent, out: Console) -> None:
    """One closing line, and before it what is not as it should be."""
    if result.done is None:
        return
    for step in _unfinished(result.done):
        out.print(Text(f"  {step.address}: {_reason(step, result.done)}", style="yellow"), soft_wrap=True)
    count = sum(step.settled for step in result.done.plan.steps)
    if ready(result, intent) and intent.destroy:
        text, style = f"{result.stack.name}: destroyed, nothing is left", "green"
    elif ready(result, intent):
        text, style = f"{result.stack.name}: ready, {count} nodes in sync", "green"
    else:
        text, style = f"{result.stack.name}: not ready", "red"
    out.print(Text(text, style=f"bold {style}"), soft_wrap=True)


def _unfinished(done: Pass) -> list[Step]:
    return [step for step in done.plan.steps if not step.settled]


def _reason(step: Step, done: Pass) -> str:
    if step.address in done.outcome.failed:
        return scrub(str(done.outcome.failed[step.address]))
    if step.blocked:
        return f"blocked by {step.blocked.by}: {scrub(step.blocked.why)}"
    return scrub(done.outcome.deferred.get(step.address) or step.note or f"{step.state}")


def _document(plan: Plan, result: Result, intent: Intent) -> dict[str, Any]:
    done = result.done
    unfinished = {str(step.address): _reason(step, done) for step in _unfinished(done)} if done else {}
    return {
        "stack": result.stack.name,
        "ready": ready(result, intent),
        "plan": plan_document(plan),
        "unfinished": unfinished,
        "error": scrub(str(result.error)) if result.error else None,
    }
