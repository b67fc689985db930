"""The plan: for every node what is to be done, why, and by which calls. Pure: the dry run is the plan, not applied.

references  ──▶ replacement ──▶ plan              removal
what each       who stays,      each node in      what goes, and
one means       who comes       that light        what cannot
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from controller.core.model.call import Call, Change
from controller.core.model.cloud import noting
from controller.core.model.facts import Facts
from controller.core.model.kind import Kind
from controller.core.model.live import Live, Phase
from controller.core.model.naming import settled
from controller.core.model.node import Node
from controller.core.model.ownership import OWNER_REPLACED, OWNER_RETAIN
from controller.core.model.reference import Address, Expression, Placeholder, expressions_in, placeholders_in
from controller.core.planning.claims import left_over
from controller.core.planning.creation import making
from controller.core.planning.diff import Difference, Later, Resolution, Resolve, Unknowable, diff, diff_tags
from controller.core.planning.guard import REFERENCE, judge
from controller.core.planning.ignored import tag_ignored
from controller.core.planning.plan_input import PlanInput
from controller.core.planning.references import References
from controller.core.planning.removal import (
    conflict,
    copy,
    dependent,
    leaving_over,
    leftovers,
    removal,
    told,
)
from controller.core.planning.replacement import Replacements, additions
from controller.core.planning.sole import SoleElements
from controller.core.planning.step import Action, Plan, State, Step, Verdict


def make_plan(given: PlanInput) -> Plan:
    """The plan that brings the stack to its document; orphans that were seen are in it."""
    planner = _Planner(given)
    steps = planner.steps()
    steps += [removal(planner.references, address, live) for address, live in leftovers(given.match)]
    steps += [copy(given.match, address, live) for address, live in given.match.copies]
    if planner.bugs:
        return make_plan(given.beside(planner.bugs))
    return planner.references.plan([*dependent(given.catalog, steps), *told(given.match)])


class _Planner:
    def __init__(self, given: PlanInput) -> None:
        self.given, self.match = given, given.match
        self.references = References(given)
        self.kind, self.node, self.resolve = self.references.kind, self.references.node, self.references.resolve
        self.withheld, self.replaced = self.references.withheld, self.references.replaced
        self.replacements = Replacements(self.references)
        self.sole = SoleElements(given.stack, given.catalog)
        self.bugs = self.replacements.bugs
        """Mistakes in the code of kinds, by the node they were met at."""
        replaced = [given.match.live[address] for address in self.replaced]
        going = (*replaced, *(live for _, live in leftovers(given.match)))
        self.references.going = {live.thing: live for live in going}

    def steps(self) -> list[Step]:
        """The step of each node, behind those of what it refers to."""
        steps = self.references.steps
        for address in self.given.stack.as_read:
            with noting(self.bugs, "planning", address):
                steps[address] = self.step(address)
        return list(steps.values())

    def step(self, address: Address) -> Step:
        """What is to be done to one node of the document."""
        live = self.match.live.get(address)
        if address in self.given.settling:
            return Step(address, State.PENDING, note=self.given.settling[address])
        if address in self.match.unknown:
            return Step(address, State.UNKNOWN, note=self.match.unknown[address])
        if address in self.match.conflicts:
            return conflict(self.given, address)
        if live is None:
            return self.creation(address)
        unread = self.given.unread_of(address, live)
        if unread:
            return Step(address, State.UNKNOWN, live=live, note=unread)
        changes = self.replacements.unfit.get(address)
        return self.replacement(address, live, changes) if changes else self.correction(address, live)

    def creation(self, address: Address) -> Step:
        leaving = self.match.leaving.get(address)
        calls, left_out = self.making(self.node(address))
        step = Step(
            address,
            State.LEAVING if leaving else State.MISSING,
            Action.CREATE,
            changes=additions(self.node(address)),
            calls=calls,
            deletes_first=leaving is not None and self.unique(address),
            uncompared=left_out,
            note=f"AWS is still deleting {leaving.id}" if leaving else "",
        )
        return self.judged(step)

    def unique(self, address: Address) -> bool:
        fields = self.kind(address).shape.fields
        return any(fields[name].unique for name in self.node(address).fields)

    def making(self, node: Node) -> tuple[tuple[Call, ...], tuple[str, ...]]:
        """The create call and the diff of what it makes, planned together; and what is left out, with the reason."""
        address, kind = node.address, self.kind(node.address)
        return making(
            kind,
            node,
            self.as_written(address),
            self.references.around(address.kind, self.given.stack.where(address)),
            self.made_along(address),
        )

    def made_along(self, parent: Address) -> dict[str, list[Mapping[str, Any]]]:
        """What the create call of a node makes of others, by its parameter."""
        parts: dict[str, list[Mapping[str, Any]]] = {}
        for kind, child in self.children(parent):
            with noting(self.bugs, "planning", child.address):
                parts.setdefault(kind.made_within, []).append(kind.within_parent(child, self.kind(parent)))
        return parts

    def children(self, parent: Address) -> Iterator[tuple[Kind, Node]]:
        """The nodes that AWS makes together with one; not those that will not be made, or stand on it otherwise."""
        stack = self.given.stack
        for name in stack.by_kind.keys() & self.made_in_parents:
            kind = self.given.catalog[name]
            children = (node for node in stack.by_kind[name] if node.fields.get(kind.parent) == Placeholder(parent))
            for node in children:
                others = {placeholder.address for placeholder in placeholders_in(node.fields)} - {parent}
                after = any(parent in stack.foundation(address) for address in others)
                if not after and node.address not in self.withheld:
                    yield kind, node

    @cached_property
    def made_in_parents(self) -> frozenset[str]:
        """The kinds whose parents are made with them."""
        return frozenset(name for name, kind in self.given.catalog.items() if kind.made_within)

    def as_written(self, address: Address) -> Resolve:
        """For what is to be made every expression is still to come, but for what nobody will make."""
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
        draft = Step(address, state, Action.REPLACE, live, (*changes, *extra))
        calls, left_out = self.making(self.replacements.renewed(draft))
        deletes_first = self.replaced.get(address, self.replacements.deletes_first(address, live))
        tagging = () if deletes_first else leaving_over(kind, node, live)
        # The tag makes the version that was read an old one: what is left over goes with the pass that reads a new.
        removal = (
            ()
            if tagging and kind.versioned
            else kind.delete(address, live, self.references.around(address.kind, live.region))
        )
        step = replace(
            draft,
            calls=(*tagging, *calls),
            removal=removal,
            deletes_first=deletes_first,
            uncompared=left_out,
        )
        return self.judged(step)

    def correction(self, address: Address, live: Live) -> Step:
        kind, node = self.kind(address), self.node(address)
        difference = self.compare(node, kind, live)
        wanted = {key: value for key, value in self.tags(node, live).items() if not tag_ignored(node, key)}
        tag_changes = diff_tags(wanted, live.tags)
        own = [change for change in (*difference.changes, *tag_changes) if change.because is None]
        mine = self.sole.own(address, difference.changes)
        refusals = [(change.field, why) for change in mine if (why := self.refusal(live, change))]
        mine = [change for change in mine if not self.refusal(live, change)]
        written = self.references.written(node, live, but=dict(refusals))
        tags_to_write = {change.path[5:-1]: change.desired for change in tag_changes}
        calls = kind.correct(written, tags_to_write, mine, live, self.references.around(address.kind, live.region))
        displaced = tuple(kind.displaced(written, mine, live))
        adopting = address in self.match.adopted
        step = Step(
            address,
            self.state(live, bool(own)),
            Action.ADOPT if adopting else Action.UPDATE if difference.changes or tag_changes else Action.NONE,
            live,
            (*tag_changes, *difference.changes, *displaced),
            calls,
            uncompared=tuple(difference.uncompared),
            kept=tuple(difference.kept),
            interruptions=tuple(kind.interruptions(mine, live)),
            note="; ".join(dict.fromkeys(why for _, why in refusals)),
        )
        return self.judged(step)

    def refusal(self, live: Live, change: Change) -> str:
        """Why AWS cannot make a change; empty where it can."""
        catalog = self.given.catalog
        return catalog[live.kind].refusal(live, replace(change, desired=self.references.value(change.desired)))

    def state(self, live: Live, drifted: bool) -> State:
        if drifted:
            return State.DRIFTED
        return State.IN_SYNC if live.phase is Phase.READY else State.PENDING

    def compare(self, node: Node, kind: Facts, live: Live) -> Difference:
        arguments = live.fields, self.resolve, node.lifecycle.ignore, node.lifecycle.additive
        difference = diff(kind.shape, settled(node.fields), *arguments)
        if node.lifecycle.ignore:  # what is to be written of an element is without what is ignored in it
            written = settled(self.references.written(node, live).fields)
            difference.changes = diff(kind.shape, written, *arguments).changes
        difference.changes = [
            self.sole.attributed(node.address, change, self.resolve) for change in difference.changes
        ]
        return difference

    def tags(self, node: Node, live: Live) -> Mapping[str, str]:
        """The tags a node should carry; a retention, or a replacement, that is not wanted any more is taken back."""
        retained = live.tags.get(OWNER_RETAIN) == "true" and OWNER_RETAIN not in node.tags
        taken_back = {OWNER_RETAIN: retained, OWNER_REPLACED: left_over(live)}
        return {**node.tags, **{tag: "false" for tag, wrong in taken_back.items() if wrong}}

    def judged(self, step: Step) -> Step:
        verdict = judge(self.given.guard, step) or self.replacements.name_in_the_way(step) or self.dangling(step)
        return replace(step, blocked=verdict) if verdict else step

    def dangling(self, step: Step) -> Verdict | None:
        """A call that needs what nobody will make, or what a look-up does not find, cannot be made."""
        for expression in expressions_in([call.parameters for call in step.calls]):
            own = isinstance(expression, Placeholder) and expression.address == step.address
            why = "" if own else self.references.lost(expression)
            if why and step.action is not Action.NONE:
                return Verdict(REFERENCE, why)
        return None
