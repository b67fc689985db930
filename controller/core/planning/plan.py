"""The plan: for every node what is to be done, why, and by which calls. Pure: the dry run is the plan, not applied.

Two walks. The first decides, in the order of the references that cannot be re-pointed, which nodes stay, come
or are replaced (their *fate*); the second compares each node in the light of what its references will become.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import groupby

from controller.core.model.cloud import Bug, blaming, noting
from controller.core.model.components import components
from controller.core.model.kind import (
    OWNER_REPLACED,
    OWNER_RETAIN,
    Call,
    Change,
    Kind,
    Live,
    Node,
    Phase,
    Surroundings,
    Thing,
)
from controller.core.model.naming import OpenName, varied
from controller.core.model.reference import (
    EXPRESSIONS,
    Address,
    Encoded,
    Expression,
    Foreign,
    Lookup,
    Placeholder,
    Secret,
    Text,
    Token,
    placeholders_in,
)
from controller.core.model.stack import parents, parents_first
from controller.core.planning.claims import left_over
from controller.core.planning.diff import (
    Difference,
    Known,
    Later,
    Resolution,
    Resolve,
    Unknowable,
    diff,
    diff_tags,
)
from controller.core.planning.guard import NAME, REFERENCE, judge
from controller.core.planning.ignored import as_it_is, tag_ignored
from controller.core.planning.inventory import attribute_of, find, member_ids, pointing
from controller.core.planning.removal import all_or_nothing, copy, dependent, leaving_over
from controller.core.planning.sole import SoleElements
from controller.core.planning.step import Action, Plan, State, Step, Verdict
from controller.core.planning.world import World


def make_plan(world: World) -> Plan:
    """The plan that brings the stack to its document; orphans that were seen are in it."""
    planner = _Planner(world)
    steps = [step for address in world.stack.as_read if (step := planner.step_of(address))]
    steps += [planner.removal(address, live) for address, live in planner.leftovers()]
    steps += [copy(world.match, address, live) for address, live in world.match.copies]
    if planner.bugs:
        return make_plan(world.beside(planner.bugs))
    return planner.plan(dependent(world.catalog, steps))


def make_destroy_plan(world: World, partial: bool = False) -> Plan:
    """The plan that deletes everything the stack owns. Where something cannot go, only a `partial` one begins."""
    planner, match = _Planner(world), world.match
    foreign = {address: match.live[address] for address in match.adopted & match.unmarked}
    own = [(a, live) for a, live in match.live.items() if a not in foreign and not planner.goes_along(a)]
    planner.going.update({live.thing: live for _, live in own})
    steps = [planner.removal(a, live) for a, live in (*own, *match.leaving.items(), *planner.leftovers())]
    steps += [planner.unremovable(address) for address in (*match.unknown, *match.doubts)]
    steps += [copy(match, address, live) for address, live in match.copies]
    steps = dependent(world.catalog, steps, foreign.items())
    return planner.plan(steps if partial else all_or_nothing(steps))


class _Planner:
    def __init__(self, world: World) -> None:
        self.world, self.stack, self.match = world, world.stack, world.match
        self.order = parents_first(world.stack, world.catalog)
        self.replaced: dict[Address, bool] = {}
        """Nodes whose replacement will happen, and whether the old one goes first."""
        self.withheld: dict[Address, str] = {}
        """Nodes that nobody can refer to now, with the reason."""
        self.unfit: dict[Address, list[Change]] = {}
        """The immutable fields in which nodes differ: what a replacement is for."""
        self.going: dict[Thing, Live] = {}
        """What is to be deleted."""
        self.decided = False
        """Whether the first walk is over."""
        self.steps: dict[Address, Step | None] = {}
        """The steps of the second walk so far; None for one that is being made."""
        self._member_ids: dict[str, Mapping[tuple[str, Hashable], str]] = {}
        self.sole = SoleElements(world.stack, world.catalog)
        self.bugs: dict[Address, str] = {}
        """Mistakes in the code of kinds, by the node they were met at."""
        for address in self.order:
            with noting(self.bugs, "planning", address):
                self.decide(address)
        replaced = [world.match.live[address] for address in self.replaced]
        self.going.update({live.thing: live for live in (*replaced, *(live for _, live in self.leftovers()))})
        self.decided = True

    def plan(self, steps: Iterable[Step]) -> Plan:
        world, inventory, known = self.world, self.world.inventory, {}
        finished = tuple(steps)
        for step in finished:
            for placeholder in placeholders_in([call.parameters for call in (*step.calls, *step.removal)]):
                resolution = self.resolve(placeholder)
                if isinstance(resolution, Known):
                    known[placeholder] = resolution.value
        failures = tuple(f"{kind}: {why}" for kind, why in sorted(inventory.failed.items()))
        return Plan(
            self.stack.name, inventory.account, inventory.region, finished, failures, known, believed=world.believed
        )

    # --- the first walk: who stays ---

    def decide(self, address: Address) -> None:
        """Settle the fate of one node; those it cannot live without were settled before."""
        live = self.match.live.get(address)
        if address in self.world.settling:
            self.withheld[address] = f"{address}: {self.world.settling[address]}"
        elif address in self.match.unknown:
            self.withheld[address] = f"{address} is unknown: {self.match.unknown[address]}"
        elif address in self.match.conflicts:
            self.withheld[address] = f"{address} is in conflict with {self.match.conflicts[address].id}"
        elif live is None:
            verdict = self.judge(Step(address, State.MISSING, Action.CREATE, changes=self.additions(address)))
            lacking = self.lacking(address)
            if verdict:
                self.withheld[address] = f"{address} is missing and blocked by {verdict.by}"
            elif lacking:
                self.withheld[address] = f"{address} cannot be made: {lacking}"
        elif not self.unread(address, live):
            self.decide_replacement(address, live)

    def unread(self, address: Address, live: Live) -> str:
        """Why it cannot be told whether a live thing is as it should be."""
        return self.world.unread.get(address, live.unread)

    def lacking(self, address: Address) -> str | None:
        """Why a node cannot be made: one that it cannot live without will not be there."""
        needed = parents(self.kind(address), self.node(address))
        return next((self.withheld[parent] for parent in needed if parent in self.withheld), None)

    def decide_replacement(self, address: Address, live: Live) -> None:
        changes = self.immutable_changes(address, live)
        if changes:
            self.unfit[address] = changes
        step = Step(address, State.DRIFTED, Action.REPLACE, live, tuple(changes))
        if changes and not (self.judge(step) or self.lacking(address) or self.name_in_the_way(step)):
            self.replaced[address] = self.deletes_first(address, live)

    def kept_names(self, step: Step) -> list[str]:
        """The fields whose name the new thing of a replacement would share with the old one."""
        shape, changed = self.kind(step.address).shape, {change.field for change in step.changes}
        words = {name: shape.fields[name].named for name in self.node(step.address).fields}
        return [name for name, word in words.items() if word and not {name, word.within} & changed]

    def name_in_the_way(self, step: Step) -> Verdict | None:
        """A name that the document fixes cannot be had by the new thing while the old one has it."""
        if step.action is not Action.REPLACE:
            return None
        fields = self.node(step.address).fields
        fixed = [name for name in self.kept_names(step) if not isinstance(fields[name], OpenName)]
        if not fixed:
            return None
        return Verdict(NAME, f"the new one cannot have the {fixed[0]} of the old one: leave it out, or give another")

    def renewed(self, step: Step) -> Node:
        """The node as its replacement is made: names that the document leaves open are varied."""
        node, live = self.node(step.address), step.live
        assert live is not None
        names = {name: node.fields[name] for name in self.kept_names(step)}
        new = {name: varied(open, live.fields[name]) for name, open in names.items() if isinstance(open, OpenName)}
        node = self.written(node, live, anew=True)
        return replace(node, fields={**node.fields, **new})

    def immutable_changes(self, address: Address, live: Live) -> list[Change]:
        kind, node = self.kind(address), self.node(address)
        fields = {name: value for name, value in node.fields.items() if kind.shape.fields[name].immutable}
        return diff(kind.shape, fields, live.fields, self.resolve, node.lifecycle.ignore).changes

    def deletes_first(self, address: Address, live: Live) -> bool:
        """Whether the new one cannot come before the old one is gone, for itself or for what it stands on."""
        kind, node = self.kind(address), self.node(address)
        for name in node.fields:
            part = kind.shape.fields[name]
            within = part.disjoint.within if part.disjoint else name
            kept = {each: node.fields[each] for each in (name, within)}
            if part.unique and not diff(kind.shape, kept, live.fields, self.resolve).changes:
                return True
        return any(self.replaced.get(parent, False) for parent in parents(kind, node))

    def judge(self, step: Step) -> Verdict | None:
        return judge(self.world.situation, step)

    # --- what a reference means now ---

    def resolve(self, expression: Expression) -> Resolution:
        match expression:
            case Placeholder():
                return self.resolve_placeholder(expression)
            case Foreign() | Lookup():
                return find(self.world.inventory, expression)
            case Text():
                return self.resolve_text(expression)
            case Secret():
                return Unknowable("a secret is never compared")
            case Encoded() | Token():
                return Unknowable("made for a call, never compared")

    def resolve_placeholder(self, placeholder: Placeholder) -> Resolution:
        address = placeholder.address
        if address in self.withheld:
            return Unknowable(self.withheld[address])
        if address in self.replaced:
            return Later(address, replaced=True)
        if placeholder.attribute in self.renewing(address):
            return Later(address, replaced=False)
        live = self.match.live.get(address)
        value = attribute_of(live, placeholder.attribute) if live else self.foreseen(placeholder)
        return Later(address, replaced=False) if value is None else Known(value)

    def foreseen(self, placeholder: Placeholder) -> object:
        """The id of what is not there yet, where that is the value of a field; None where nobody knows it."""
        node = self.stack.nodes.get(placeholder.address)
        id_from = self.kind(placeholder.address).id_from
        value = node.fields.get(id_from) if node and placeholder.attribute == "id" else None
        return value if isinstance(value, str) else None

    def renewing(self, address: Address) -> set[str]:
        """The attributes of a node that its own step gives another value."""
        if not (self.decided and self.kind(address).renewed and address in self.stack.nodes):
            return set()
        step = self.step_of(address)
        return {name for call in step.calls for name in call.renews} if step and step.acts else set()

    def resolve_text(self, text: Text) -> Resolution:
        parts = {part: self.resolve(part) for _, part in text.parts}
        for resolution in parts.values():
            if not isinstance(resolution, Known):
                return resolution
        return Known(text.fill(lambda part: parts[part].value))  # type: ignore[union-attr]  # all are Known here

    # --- the second walk: the steps ---

    def step_of(self, address: Address) -> Step | None:
        """The step of a node, made when it is first asked for; None while it is being made."""
        if address not in self.steps:
            self.steps[address] = None
            with noting(self.bugs, "planning", address):
                self.steps[address] = self.step(address)
        return self.steps[address]

    def step(self, address: Address) -> Step:
        """What is to be done to one node of the document."""
        live = self.match.live.get(address)
        if address in self.world.settling:
            return Step(address, State.PENDING, note=self.world.settling[address])
        if address in self.match.unknown:
            return Step(address, State.UNKNOWN, note=self.match.unknown[address])
        if address in self.match.conflicts:
            return self.conflict(address)
        if live is None:
            return self.creation(address)
        unread = self.unread(address, live)
        if unread:
            return Step(address, State.UNKNOWN, live=live, note=unread)
        changes = self.unfit.get(address)
        return self.replacement(address, live, changes) if changes else self.correction(address, live)

    def conflict(self, address: Address) -> Step:
        """Something live that may be another's has the node's place, or its marks."""
        live, why = self.match.conflicts[address], self.match.doubts.get(address, "")
        return self.judged(Step(address, State.CONFLICT, Action.ADOPT, live, note=why))

    def creation(self, address: Address) -> Step:
        leaving = self.match.leaving.get(address)
        calls, left_out = self.making(self.node(address))
        step = Step(
            address,
            State.LEAVING if leaving else State.MISSING,
            Action.CREATE,
            changes=self.additions(address),
            calls=calls,
            deletes_first=leaving is not None and self.unique(address),
            uncompared=left_out,
            note=f"{leaving.id} is still leaving" if leaving else "",
        )
        return self.judged(step)

    def unique(self, address: Address) -> bool:
        fields = self.kind(address).shape.fields
        return any(fields[name].unique for name in self.node(address).fields)

    def additions(self, address: Address) -> tuple[Change, ...]:
        """A creation as changes: every field that the document sets."""
        return tuple(Change(name, "add", value, None) for name, value in self.node(address).fields.items())

    def making(self, node: Node) -> tuple[tuple[Call, ...], tuple[str, ...]]:
        """The create call and the diff of the newborn, planned together; and what is left out, with the reason."""
        address, kind = node.address, self.kind(node.address)
        taken = kind.taken(node.fields)
        rest = {name: value for name, value in node.fields.items() if name not in taken}
        newborn = kind.newborn(node.fields)
        made = diff(kind.shape, rest, newborn, self.as_written(address), additive=node.lifecycle.additive)
        marks = () if kind.create(node) else kind.tag(node, node.tags)
        calls = (*kind.create(node), *marks, *kind.update(node, made.changes, None, self.around(address.kind)))
        return calls, tuple(made.uncompared)

    def as_written(self, address: Address) -> Resolve:
        """For a newborn every expression is still to come, but for what nobody will make."""
        withheld = {} if address in self.withheld else self.withheld

        def resolve(expression: Expression) -> Resolution:
            targets = [placeholder.address for placeholder in placeholders_in(expression)]
            never = next((withheld[target] for target in targets if target in withheld), None)
            return Unknowable(never) if never else Later((*targets, Address("", ""))[0], replaced=True)

        return resolve

    def replacement(self, address: Address, live: Live, changes: list[Change]) -> Step:
        kind, node = self.kind(address), self.node(address)
        mutable = self.compare(node, kind, live).changes
        extra = [change for change in mutable if not kind.shape.fields[change.field].immutable]
        own = any(change.because is None for change in changes)
        state = State.DRIFTED if own else State.IN_SYNC
        asked = Step(address, state, Action.REPLACE, live, (*changes, *extra))
        calls, left_out = self.making(self.renewed(asked))
        deletes_first = self.replaced.get(address, self.deletes_first(address, live))
        marks = () if deletes_first else leaving_over(kind, node, live)
        # The mark makes the version that was read an old one: what is left over goes with the pass that reads a new.
        removal = () if marks and live.original else kind.delete(address, live, self.around(address.kind))
        step = replace(
            asked,
            calls=(*marks, *calls),
            removal=removal,
            deletes_first=deletes_first,
            uncompared=left_out,
        )
        return self.judged(step)

    def correction(self, address: Address, live: Live) -> Step:
        kind, node = self.kind(address), self.node(address)
        found = self.compare(node, kind, live)
        marks = {key: value for key, value in self.marks(node, live).items() if not tag_ignored(node, key)}
        tags = diff_tags(marks, live.tags)
        own = [change for change in (*found.changes, *tags) if change.because is None]
        mine = self.sole.own(address, found.changes)
        refusals = [why for change in mine if (why := self.refusal(live, change))]
        mine = [change for change in mine if not self.refusal(live, change)]
        marks = {change.path[5:-1]: change.desired for change in tags}
        calls = kind.correct(self.written(node, live), marks, mine, live, self.around(address.kind))
        adopting = address in self.match.adopted
        step = Step(
            address,
            self.state(live, bool(own)),
            Action.ADOPT if adopting else Action.UPDATE if found.changes or tags else Action.NONE,
            live,
            (*tags, *found.changes),
            calls,
            uncompared=tuple(found.uncompared),
            kept=tuple(found.kept),
            note="; ".join(dict.fromkeys(refusals)),
        )
        return self.judged(step)

    def refusal(self, live: Live, change: Change) -> str:
        """Why AWS cannot make a change; empty where it can."""
        refusal = live.refused.get(change.field)
        return refusal.why if refusal and refusal.value in (None, self.value(change.desired)) else ""

    def state(self, live: Live, drifted: bool) -> State:
        if drifted:
            return State.DRIFTED
        return State.IN_SYNC if live.phase is Phase.READY else State.PENDING

    def written(self, node: Node, live: Live, anew: bool = False) -> Node:
        """The node as it is written over what is live, or `anew` in its place."""
        if not node.lifecycle.ignore:
            return node
        return as_it_is(self.kind(node.address).shape, node, live, self.value, anew)

    def compare(self, node: Node, kind: Kind, live: Live) -> Difference:
        asked = live.fields, self.resolve, node.lifecycle.ignore, node.lifecycle.additive
        found = diff(kind.shape, node.fields, *asked)
        if node.lifecycle.ignore:  # what is to be written of an element is without what is ignored in it
            found.changes = diff(kind.shape, self.written(node, live).fields, *asked).changes
        found.changes = [self.sole.attributed(node.address, change, self.resolve) for change in found.changes]
        return found

    def marks(self, node: Node, live: Live) -> Mapping[str, str]:
        """The tags a node should carry; a retention, or a replacement, that is not wanted any more is taken back."""
        retained = live.tags.get(OWNER_RETAIN) == "true" and OWNER_RETAIN not in node.tags
        taken_back = {OWNER_RETAIN: retained, OWNER_REPLACED: left_over(live)}
        return {**node.tags, **{tag: "false" for tag, wrong in taken_back.items() if wrong}}

    def judged(self, step: Step) -> Step:
        verdict = self.judge(step) or self.name_in_the_way(step) or self.dangling(step)
        return replace(step, blocked=verdict) if verdict else step

    def dangling(self, step: Step) -> Verdict | None:
        """A call that needs what nobody will make cannot be made."""
        for call in step.calls:
            for placeholder in placeholders_in(call.parameters):
                why = self.withheld.get(placeholder.address)
                if why and placeholder.address != step.address and step.action is not Action.NONE:
                    return Verdict(REFERENCE, why)
        return None

    # --- what goes ---

    def leftovers(self) -> Iterator[tuple[Address, Live]]:
        yield from self.match.orphans
        yield from self.match.surplus

    def removal(self, address: Address, live: Live) -> Step:
        """The step that deletes something of ours."""
        if live.phase is Phase.LEAVING:
            return Step(address, State.LEAVING, live=live, note=f"{live.id} is still leaving")
        state = State.IN_SYNC if self.match.live.get(address) is live else State.ORPHANED
        unread = self.unread(address, live) if state is State.IN_SYNC else live.unread
        if unread:  # what keeps it may be among what could not be read
            return self.judged(Step(address, State.UNKNOWN, Action.DELETE, live, note=unread))
        try:
            with blaming("planning the deletion of", address):
                calls = self.kind(address).delete(address, live, self.around(address.kind))
        except Bug as bug:
            return self.judged(Step(address, State.UNKNOWN, Action.DELETE, live, note=str(bug)))
        return self.judged(Step(address, state, Action.DELETE, live, removal=calls))

    def unremovable(self, address: Address) -> Step:
        """A node of which nobody can say now what it is: it is not deleted."""
        if address in self.match.conflicts:
            return self.conflict(address)
        return self.judged(Step(address, State.UNKNOWN, Action.DELETE, note=self.match.unknown[address]))

    def goes_along(self, address: Address) -> bool:
        """Whether AWS made it with something of ours, takes it away with that, and it was never marked."""
        alias = self.node(address).alias
        return address in self.match.unmarked and alias is not None and alias.address in self.match.live

    # --- small words ---

    def kind(self, address: Address) -> Kind:
        return self.world.catalog[address.kind]

    def node(self, address: Address) -> Node:
        return self.stack.nodes[address]

    def around(self, kind: str) -> Surroundings:
        lives = self.world.inventory.of(kind)
        if kind not in self._member_ids:
            self._member_ids[kind] = member_ids(lives)
        ids = self._member_ids[kind]
        # Not kept: it holds the planner, and their circle would hold the whole inventory till it is collected.
        return Surroundings(self.value, lambda name, key: ids.get((name, key)), self.circle, lambda: lives)

    def circle(self, live: Live) -> frozenset[str]:
        return frozenset(thing.id for thing in self.circles.get(live.thing, ()) if thing != live.thing)

    @cached_property
    def circles(self) -> dict[Thing, frozenset[Thing]]:
        """What goes, each with all that it refers to and that refers to it in a circle."""
        targets_of = pointing(self.world.catalog, self.going.values())
        targets = {thing: targets_of(live) for thing, live in self.going.items()}
        number = components(targets, targets.__getitem__)
        groups = groupby(sorted(number, key=number.__getitem__), key=number.__getitem__)
        return {thing: circle for circle in (frozenset(group) for _, group in groups) for thing in circle}

    def value(self, value: object) -> object:
        resolution = self.resolve(value) if isinstance(value, EXPRESSIONS) else Known(value)
        return resolution.value if isinstance(resolution, Known) else value
