"""What is deleted, and what cannot be: found before the first call, with all that it keeps."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from controller.core.model.kind import OWNER_REPLACED, Call, Catalog, Kind, Live, Node, Thing
from controller.core.model.reference import Address, Expression, Placeholder, replace_expressions
from controller.core.planning.claims import left_over
from controller.core.planning.guard import COPY, PARTIAL, PASSING, REFERENCE
from controller.core.planning.inventory import attribute_of, pointing
from controller.core.planning.matching import Match
from controller.core.planning.step import Action, State, Step, Verdict


def dependent(catalog: Catalog, steps: list[Step], staying: Iterable[tuple[Address, Live]] = ()) -> list[Step]:
    """Block the removal of what something that stays refers to, and say what it is.

    `staying` are things that no step is about.
    """
    going = {step.live.thing: step.live for step in steps if step.live and step.removal and step.blocked is None}
    targets_of = pointing(catalog, going.values())
    kept = [(step.address, step.live) for step in steps if step.live and step.blocked]
    keepers = [(address, live) for address, live in (*kept, *staying) if live.thing not in going]
    held: dict[Thing, Address] = {}
    while True:
        fresh = {thing: address for address, live in keepers for thing in targets_of(live) if thing not in held}
        if not fresh:
            return [_kept(step, held) for step in steps]
        held.update(fresh)
        keepers = [(step.address, step.live) for step in steps if step.live and step.live.thing in fresh]


def _kept(step: Step, held: Mapping[Thing, Address]) -> Step:
    holder = held.get(step.live.thing) if step.live else None
    if step.action is not Action.DELETE or holder is None:
        return step
    return replace(step, blocked=Verdict(REFERENCE, f"{holder}, which stays, refers to {step.id}"))


def all_or_nothing(steps: list[Step]) -> list[Step]:
    """Where something cannot go, nothing is begun: a stack half taken apart helps nobody."""
    why = "; ".join(_lasting(steps))
    if not why:
        return steps
    way_out = "--partial, or on Kubernetes the annotation holdfast.dev/partial-deletion, deletes the rest"
    verdict = Verdict(PARTIAL, f"not everything can go, so nothing is deleted: {why}; {way_out}")
    return [replace(step, blocked=verdict) if step.acts else step for step in steps]


def _lasting(steps: Iterable[Step]) -> list[str]:
    """What stays for good, each with its reason. What only stays because of that is told in its own step, and here
    where it is all that stays: what keeps it is not ours, and does not count by itself.
    """
    stays = [(step.address, step.blocked) for step in steps if step.blocked and step.blocked.by != COPY]
    lasting = [each for each in stays if each[1].by not in (REFERENCE, *PASSING)]
    kept = [] if any(verdict.by in PASSING for _, verdict in stays) else stays
    return [f"{address} stays ({verdict.by}: {verdict.why})" for address, verdict in lasting or kept]


def copy(match: Match, address: Address, live: Live) -> Step:
    """What carries a node's marks, and is another thing: told, and left alone."""
    node = match.live.get(address)
    really = f"the node is {node.id}" if node else "it is not what was seen last time"
    why = (
        f"{live.id} carries the marks of {address}, but {really}, and nothing proves that we made it: "
        "take the owner tags off it, or delete it by hand"
    )
    return Step(address, State.ORPHANED, Action.DELETE, live, blocked=Verdict(COPY, why))


def leaving_over(kind: Kind, node: Node, live: Live) -> tuple[Call, ...]:
    """The calls that mark what a replacement will leave over, before the new thing is made."""
    if left_over(live):
        return ()

    def of_this(expression: Expression) -> object:
        """What a placeholder of the node stands for in a call about this very thing."""
        return attribute_of(live, expression.attribute) if isinstance(expression, Placeholder) else expression

    calls = kind.tag(node, {OWNER_REPLACED: live.id}, live)
    return tuple(replace(call, parameters=replace_expressions(call.parameters, of_this)) for call in calls)
