"""Who stays: which nodes come, stay or are replaced, settled before anything is compared.

In the order of the references that cannot be re-pointed: what a node cannot live without is settled before it.
"""

from dataclasses import replace
from itertools import chain

from controller.core.model.call import Change
from controller.core.model.cloud import noting
from controller.core.model.live import Live
from controller.core.model.naming import OpenName, settled, varied
from controller.core.model.node import Node
from controller.core.model.reference import Address, Lookup, expressions_in
from controller.core.model.spec import Span
from controller.core.model.stack import parents, parents_first
from controller.core.planning.diff import diff
from controller.core.planning.guard import NAME, judge
from controller.core.planning.references import References
from controller.core.planning.step import Action, State, Step, Verdict

REGION = "region"
"""What a node says beside its fields, and AWS can change of nothing."""


class Replacements:
    """Decides which nodes are replaced, and notes in `references` what nobody can refer to meanwhile."""

    def __init__(self, references: References) -> None:
        self.references, self.given, self.match = references, references.given, references.given.match
        self.kind, self.node, self.resolve = references.kind, references.node, references.resolve
        self.withheld, self.replaced = references.withheld, references.replaced
        self.unfit: dict[Address, list[Change]] = {}
        """The immutable fields in which nodes differ: what a replacement is for."""
        self.bugs: dict[Address, str] = {}
        """Mistakes in the code of kinds, by the node they were met at."""
        for address in parents_first(self.given.stack, self.given.catalog):
            with noting(self.bugs, "planning", address):
                self.decide(address)

    def decide(self, address: Address) -> None:
        """Settle the fate of one node; those it cannot live without were settled before."""
        live = self.match.live.get(address)
        if address in self.given.settling:
            self.withheld[address] = f"{address}: {self.given.settling[address]}"
        elif address in self.match.unknown:
            self.withheld[address] = f"{address} is unknown: {self.match.unknown[address]}"
        elif address in self.match.conflicts:
            self.withheld[address] = f"{address} is in conflict with {self.match.conflicts[address].id}"
        elif live is None:
            verdict = judge(
                self.given.guard,
                Step(address, State.MISSING, Action.CREATE, changes=additions(self.node(address))),
            )
            lacking = self.lacking(address)
            if verdict:
                self.withheld[address] = f"{address} is missing and blocked by {verdict.by}"
            elif lacking:
                self.withheld[address] = f"{address} cannot be created: {lacking}"
        elif not self.given.unread_of(address, live):
            self.decide_replacement(address, live)

    def lacking(self, address: Address) -> str | None:
        """Why a node cannot be made: one that it cannot live without will not be there, or is not found."""
        needed = parents(self.kind(address), self.node(address))
        lookups = (each for each in expressions_in(self.node(address).fields) if isinstance(each, Lookup))
        whys = chain((self.withheld.get(parent, "") for parent in needed), map(self.references.lost, lookups))
        return next(filter(None, whys), None)

    def decide_replacement(self, address: Address, live: Live) -> None:
        changes = self.immutable_changes(address, live)
        if changes:
            self.unfit[address] = changes
        step = Step(address, State.DRIFTED, Action.REPLACE, live, tuple(changes))
        if changes and not (judge(self.given.guard, step) or self.lacking(address) or self.name_in_the_way(step)):
            self.replaced[address] = self.deletes_first(address, live)

    def name_in_the_way(self, step: Step) -> Verdict | None:
        """A name that the document fixes cannot be had by the new thing while the old one has it."""
        if step.action is not Action.REPLACE:
            return None
        fields = self.node(step.address).fields
        fixed = [name for name in self.kept_names(step) if not isinstance(fields[name], OpenName)]
        if not fixed:
            return None
        return Verdict(
            NAME,
            f"the replacement cannot have the same {fixed[0]} as the old one: omit it, or choose a different one",
        )

    def renewed(self, step: Step) -> Node:
        """The node as its replacement is made: names that the document leaves open are varied."""
        node, live = self.node(step.address), step.live
        assert live is not None
        names = {name: node.fields[name] for name in self.kept_names(step)}
        new = {name: varied(open, live.fields[name]) for name, open in names.items() if isinstance(open, OpenName)}
        node = self.references.written(node, live, anew=True)
        return replace(node, fields={**node.fields, **new})

    def kept_names(self, step: Step) -> list[str]:
        """The fields whose name the new thing of a replacement would share with the old one."""
        shape, changed = self.kind(step.address).shape, {change.field for change in step.changes}
        words = {name: shape.fields[name].named for name in self.node(step.address).fields}
        moved = {Span.REGION} if REGION in changed else set()
        return [
            name
            for name, word in words.items()
            if word and word.span not in moved and not {name, word.within} & changed
        ]

    def immutable_changes(self, address: Address, live: Live) -> list[Change]:
        kind, node = self.kind(address), self.node(address)
        fields = {name: value for name, value in settled(node.fields).items() if kind.shape.fields[name].immutable}
        changes = diff(kind.shape, fields, live.fields, self.resolve, node.lifecycle.ignore).changes
        if live.region == self.given.stack.where(address):
            return changes
        return [Change(REGION, "change", node.region, live.region or self.given.stack.region), *changes]

    def deletes_first(self, address: Address, live: Live) -> bool:
        """Whether the new one cannot come before the old one is gone, for itself or for what it stands on."""
        kind, node = self.kind(address), self.references.written(self.node(address), live, anew=True)
        moved = live.region != self.given.stack.where(address)
        for name in node.fields if not moved else ():
            part = kind.shape.fields[name]
            within = part.disjoint.within if part.disjoint else name
            kept = {field: node.fields[field] for field in (name, within)}
            if part.unique and not diff(kind.shape, kept, live.fields, self.resolve).changes:
                return True
        return any(self.replaced.get(parent, False) for parent in parents(kind, node))


def additions(node: Node) -> tuple[Change, ...]:
    """A creation as changes: every field that the document sets."""
    return tuple(Change(name, "add", value, None) for name, value in node.fields.items())
