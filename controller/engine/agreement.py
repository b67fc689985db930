"""What two looks, one after the other, agree on: only that is done."""

from collections.abc import Iterator
from dataclasses import replace

from controller.core.model.live import Placed
from controller.core.model.reference import Foreign, Lookup, Placeholder, expressions_in
from controller.core.model.stack import Stack
from controller.core.planning.guard import (
    CONFIRM,
    fingerprint_of,
)
from controller.core.planning.step import Action, Plan, Step, Verdict


def agreed(first: Plan, second: Plan) -> Plan:
    """The plan of a second look, in which only that is done which the first one wanted too."""
    wanted = {(step.address, step.id, fingerprint_of(step)) for step in first.acting()}
    verdict = Verdict(CONFIRM, "a second read did not show the same difference; checking again soon")
    steps = (
        replace(step, blocked=verdict)
        if step.acts and (step.address, step.id, fingerprint_of(step)) not in wanted
        else step
        for step in second.steps
    )
    return replace(second, steps=tuple(steps))


def spoken_of(step: Step, stack: Stack) -> Iterator[Placed]:
    """The kinds whose listings say what a step is for: its own, and those that its changes refer to."""
    yield Placed(step.address.kind, stack.where(step.address))
    if step.live:
        yield step.live.placed
    for change in step.changes if step.action is not Action.CREATE else ():
        for expression in expressions_in(change.desired):
            match expression:
                case Placeholder(address=address):
                    yield Placed(address.kind, stack.where(address))
                case Foreign(address=address, region=region):
                    yield Placed(address.kind, region)
                case Lookup(kind=kind, region=region):
                    yield Placed(kind, region)
