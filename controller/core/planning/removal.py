"""What is deleted, and what cannot be: found before the first call, with all that it keeps."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from controller.core.model.call import Call
from controller.core.model.cloud import Bug, blaming
from controller.core.model.kind import Catalog
from controller.core.model.live import Live, Phase, Thing
from controller.core.model.node import Node
from controller.core.model.ownership import OWNER_REPLACED
from controller.core.model.reference import Address, Expression, Placeholder, replace_expressions
from controller.core.model.writer import Writer
from controller.core.planning.claims import left_over
from controller.core.planning.guard import COPY, OWNERSHIP, PARTIAL, PASSING, REFERENCE, judge
from controller.core.planning.inventory import attribute_of, pointing
from controller.core.planning.match import Match
from controller.core.planning.plan_input import PlanInput
from controller.core.planning.references import References
from controller.core.planning.step import Action, Plan, State, Step, Verdict


def make_destroy_plan(given: PlanInput, partial: bool = False) -> Plan:
    """The plan that deletes everything the stack owns. Where something cannot go, only a `partial` one begins."""
    references, match = References(given), given.match
    foreign = {address: match.live[address] for address in match.adopted & match.without_owner_tags}
    own = [(a, live) for a, live in match.live.items() if a not in foreign and not goes_along(given, a)]
    references.going = {
        live.thing: live for live in (*(live for _, live in own), *(live for _, live in leftovers(match)))
    }
    steps = [removal(references, a, live) for a, live in (*own, *match.leaving.items(), *leftovers(match))]
    steps += [unremovable(given, address) for address in (*match.unknown, *match.doubts)]
    steps += [copy(match, address, live) for address, live in match.copies]
    steps = dependent(given.catalog, steps, foreign.items())
    return references.plan([*(steps if partial else all_or_nothing(steps)), *told(match)])


def leftovers(match: Match) -> Iterator[tuple[Address, Live]]:
    """What is ours, and no node is."""
    yield from match.orphans
    yield from match.surplus


def removal(references: References, address: Address, live: Live) -> Step:
    """The step that deletes something of ours."""
    given, match = references.given, references.given.match
    if live.phase is Phase.LEAVING:
        return Step(address, State.LEAVING, live=live, note=f"AWS is still deleting {live.id}")
    state = State.IN_SYNC if match.live.get(address) is live else State.ORPHANED
    unread = given.unread_of(address, live) if state is State.IN_SYNC else live.unread
    if unread:  # what keeps it may be among what could not be read
        return judged(given, Step(address, State.UNKNOWN, Action.DELETE, live, note=unread))
    try:
        with blaming("planning the deletion of", address):
            calls = references.kind(address).delete(address, live, references.around(address.kind, live.region))
    except Bug as bug:
        return judged(given, Step(address, State.UNKNOWN, Action.DELETE, live, note=str(bug)))
    return judged(given, Step(address, state, Action.DELETE, live, removal=calls))


def unremovable(given: PlanInput, address: Address) -> Step:
    """A node of which nobody can say now what it is: it is not deleted."""
    if address in given.match.conflicts:
        return conflict(given, address)
    return judged(given, Step(address, State.UNKNOWN, Action.DELETE, note=given.match.unknown[address]))


def conflict(given: PlanInput, address: Address) -> Step:
    """Something live that may be another's has the node's place, or its owner tags."""
    live, why = given.match.conflicts[address], given.match.doubts.get(address, "")
    return judged(given, Step(address, State.CONFLICT, Action.ADOPT, live, note=why))


def goes_along(given: PlanInput, address: Address) -> bool:
    """Whether AWS made it with something of ours, takes it away with that, and it was never tagged."""
    alias = given.stack.nodes[address].alias
    return address in given.match.without_owner_tags and alias is not None and alias.address in given.match.live


def judged(given: PlanInput, step: Step) -> Step:
    """The step, blocked where the guard says so."""
    verdict = judge(given.guard, step)
    return replace(step, blocked=verdict) if verdict else step


def dependent(catalog: Catalog, steps: list[Step], staying: Iterable[tuple[Address, Live]] = ()) -> list[Step]:
    """Block the removal of what something that stays refers to, and of what is within something that cannot go.

    `staying` are things that no step is about.
    """
    steps = _not_emptied(catalog, steps)
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


def _not_emptied(catalog: Catalog, steps: list[Step]) -> list[Step]:
    """What AWS keeps, or may keep, keeps its children too: a protected balancer is not left without listeners."""
    stuck = {step.live.thing: step for step in steps if step.live and step.action is Action.DELETE and _stuck(step)}
    if not stuck:
        return steps
    targets_of = pointing(catalog, [step.live for step in stuck.values() if step.live])

    def judged(step: Step) -> Step:
        if step.action is not Action.DELETE or step.live is None or step.blocked:
            return step
        parent = catalog[step.address.kind].parent
        within = {name: value for name, value in step.live.fields.items() if name == parent}
        holders = [stuck[thing].address for thing in targets_of(replace(step.live, fields=within))]
        return replace(step, blocked=Verdict(REFERENCE, f"it is in {holders[0]}, which is kept")) if holders else step

    told = [judged(step) for step in steps]
    more = any(new.blocked is not old.blocked for new, old in zip(told, steps, strict=True))
    return _not_emptied(catalog, told) if more else told


def _stuck(step: Step) -> bool:
    return step.blocked is not None and step.blocked.by in ("protection", "unknown", REFERENCE)


def _kept(step: Step, held: Mapping[Thing, Address]) -> Step:
    holder = held.get(step.live.thing) if step.live else None
    if step.action is not Action.DELETE or holder is None:
        return step
    return replace(step, blocked=Verdict(REFERENCE, f"{holder}, which is kept, refers to {step.id}"))


def all_or_nothing(steps: list[Step]) -> list[Step]:
    """Where something cannot go, nothing is begun: a stack half taken apart helps nobody."""
    why = "; ".join(_lasting(steps))
    if not why:
        return steps
    way_out = "to delete the rest, use --partial or, on Kubernetes, the annotation holdfast.dev/partial-deletion"
    verdict = Verdict(PARTIAL, f"not everything can be deleted, so nothing is: {why}; {way_out}")
    return [replace(step, blocked=verdict) if step.acts else step for step in steps]


def _lasting(steps: Iterable[Step]) -> list[str]:
    """What stays for good, each with its reason. What only stays because of that is told in its own step, and here
    where it is all that stays: what keeps it is not ours, and does not count by itself.
    """
    stays = [(step.address, step.blocked) for step in steps if step.blocked and step.blocked.by != COPY]
    lasting = [stay for stay in stays if stay[1].by not in (REFERENCE, *PASSING)]
    kept = [] if any(verdict.by in PASSING for _, verdict in stays) else stays
    return [f"{address} is kept ({verdict.by}: {verdict.why})" for address, verdict in lasting or kept]


def copy(match: Match, address: Address, live: Live) -> Step:
    """What carries a node's owner tags, and is another thing: told, and left alone."""
    node = match.live.get(address)
    really = f"the node is {node.id}" if node else "it is not the one that was last seen"
    why = (
        f"{live.id} carries the owner tags of {address}, but {really}, and nothing proves that Holdfast created it: "
        "remove its owner tags, or delete it by hand"
    )
    return Step(address, State.ORPHANED, Action.DELETE, live, blocked=Verdict(COPY, why))


def told(match: Match) -> list[Step]:
    """The steps for what only memory tells of: they say that it is there, and neither keep nor delete anything."""
    return [
        Step(
            address, State.ORPHANED, Action.DELETE, live, blocked=Verdict(OWNERSHIP, _only_remembered(address, live))
        )
        for address, live in match.former
    ]


def _only_remembered(address: Address, live: Live) -> str:
    return (
        f"{live.id} was {address} when last seen, but nothing in AWS shows that we own it: delete it by hand, "
        "or put the node back into the document"
    )


def leaving_over(kind: Writer, node: Node, live: Live) -> tuple[Call, ...]:
    """The calls that tag what a replacement will leave over, before the new thing is made."""
    if left_over(live):
        return ()

    def of_this(expression: Expression) -> object:
        """What a placeholder of the node stands for in a call about this very thing."""
        return attribute_of(live, expression.attribute) if isinstance(expression, Placeholder) else expression

    calls = kind.tag(node, {OWNER_REPLACED: live.id}, live)
    return tuple(
        replace(call, parameters=replace_expressions(call.parameters, of_this), region=live.region) for call in calls
    )
