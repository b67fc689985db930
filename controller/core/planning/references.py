"""What a reference means in the light of the plan so far: the value that AWS shows, one that a step will bring, or
nothing that anybody can say.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import groupby

from controller.core.model.components import components
from controller.core.model.kind import Kind
from controller.core.model.live import Live, Thing
from controller.core.model.node import Node
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
from controller.core.model.writer import WriteContext
from controller.core.planning.diff import Known, Later, Resolution, Unknowable
from controller.core.planning.guard import judge
from controller.core.planning.ignored import as_it_is
from controller.core.planning.inventory import attribute_of, find, member_ids, pointing, told_everywhere
from controller.core.planning.plan_input import PlanInput
from controller.core.planning.step import Action, Plan, State, Step


class References:
    """Resolves every expression of a plan. What is decided about nodes is noted here, and changes what others see."""

    def __init__(self, given: PlanInput) -> None:
        self.given = given
        self.withheld: dict[Address, str] = {}
        """Nodes that nobody can refer to now, with the reason."""
        self.replaced: dict[Address, bool] = {}
        """Nodes whose replacement will happen, and whether the old one goes first."""
        self.steps: dict[Address, Step] = {}
        """The steps that are planned so far: those of what a node refers to stand before its own."""
        self.going: dict[Thing, Live] = {}
        """What is to be deleted."""
        self._member_ids: dict[tuple[str, str], Mapping[tuple[str, Hashable], str]] = {}

    def kind(self, address: Address) -> Kind:
        """The kind of a node."""
        return self.given.catalog[address.kind]

    def node(self, address: Address) -> Node:
        """A node of the document."""
        return self.given.stack.nodes[address]

    def resolve(self, expression: Expression) -> Resolution:
        """What an expression is, as far as it can be told now."""
        match expression:
            case Placeholder():
                return self.resolve_placeholder(expression)
            case Foreign() | Lookup():
                return find(self.given.inventory, expression)
            case Text():
                return self.resolve_text(expression)
            case Secret():
                return Unknowable("a secret is never compared")
            case Encoded() | Token():
                return Unknowable("built for the call only, never compared")

    def lost(self, expression: Expression) -> str:
        """Why there will be no value: what nobody will make, or a look-up does not find; else empty."""
        if isinstance(expression, Placeholder):
            return self.withheld.get(expression.address, "")
        found = find(self.given.inventory, expression) if isinstance(expression, Lookup) else None
        return found.why if isinstance(found, Unknowable) else ""

    def resolve_placeholder(self, placeholder: Placeholder) -> Resolution:
        address = placeholder.address
        if address in self.withheld:
            return Unknowable(self.withheld[address])
        if address in self.replaced:
            return Later(address, replaced=True)
        if placeholder.attribute in self.renewing(address):
            return Later(address, replaced=False)
        live = self.given.match.live.get(address)
        value = attribute_of(live, placeholder.attribute) if live else self.foreseen(placeholder)
        return Later(address, replaced=False) if value is None else Known(value)

    def foreseen(self, placeholder: Placeholder) -> object:
        """The id of what is not there yet, where that is the value of a field; None where nobody knows it."""
        node = self.given.stack.nodes.get(placeholder.address)
        id_from = self.kind(placeholder.address).id_from
        value = node.fields.get(id_from) if node and placeholder.attribute == "id" else None
        return value if isinstance(value, str) else None

    def renewing(self, address: Address) -> set[str]:
        """The attributes of a node that its own step gives another value."""
        step = self.steps.get(address)
        return {name for call in step.calls for name in call.renews} if step and step.acts else set()

    def resolve_text(self, text: Text) -> Resolution:
        parts = {part: self.resolve(part) for _, part in text.parts}
        for resolution in parts.values():
            if not isinstance(resolution, Known):
                return resolution
        return Known(text.fill(lambda part: parts[part].value))  # type: ignore[union-attr]  # all are Known here

    def value(self, value: object) -> object:
        """A value with what is known filled in."""
        resolution = self.resolve(value) if isinstance(value, EXPRESSIONS) else Known(value)
        return resolution.value if isinstance(resolution, Known) else value

    def written(self, node: Node, live: Live, anew: bool = False, but: Iterable[str] = ()) -> Node:
        """The node as it is written over what is live, or `anew` in its place; the fields `but` stay as they are."""
        ignore = (*node.lifecycle.ignore, *but)
        if not ignore:
            return node
        node = replace(node, lifecycle=replace(node.lifecycle, ignore=ignore))
        return as_it_is(self.kind(node.address).shape, node, live, self.value, anew)

    def around(self, kind: str, region: str) -> WriteContext:
        """What a call of a kind may ask about the others in its region."""
        lives = self.given.inventory.at(region).of(kind)
        if (kind, region) not in self._member_ids:
            self._member_ids[kind, region] = member_ids(lives)
        ids = self._member_ids[kind, region]
        # Not kept: it holds the planner, and their circle would hold the whole inventory till it is collected.
        return WriteContext(
            self.value,
            lambda name, key: ids.get((name, key)),
            self.circle,
            lambda: lives,
            lambda field: self.wanted(kind, field),
        )

    def wanted(self, kind: str, field: str) -> Mapping[str, object]:
        """What a field is to be of each live node of a kind that nothing keeps from being corrected, by its id."""
        lives = {
            a: live for a, live in self.given.match.live.items() if a.kind == kind and a in self.given.stack.nodes
        }
        drafts = (Step(address, State.DRIFTED, Action.UPDATE, live) for address, live in lives.items())
        free = [(step.address, lives[step.address]) for step in drafts if judge(self.given.guard, step) is None]
        return {live.id: self.value(self.written(self.node(a), live).fields.get(field)) for a, live in free}

    def circle(self, live: Live) -> frozenset[str]:
        return frozenset(thing.id for thing in self.circles.get(live.thing, ()) if thing != live.thing)

    @cached_property
    def circles(self) -> dict[Thing, frozenset[Thing]]:
        """What goes, each with all that it refers to and that refers to it in a circle."""
        targets_of = pointing(self.given.catalog, self.going.values())
        targets = {thing: targets_of(live) for thing, live in self.going.items()}
        number = components(targets, targets.__getitem__)
        groups = groupby(sorted(number, key=number.__getitem__), key=number.__getitem__)
        return {thing: circle for circle in (frozenset(group) for _, group in groups) for thing in circle}

    def plan(self, steps: Iterable[Step]) -> Plan:
        """The plan of these steps, with the values that their calls have known now."""
        given, inventory, known = self.given, self.given.inventory, {}
        finished = tuple(step.placed(given.stack.where(step.address)) for step in steps)
        for step in finished:
            for placeholder in placeholders_in([call.parameters for call in (*step.calls, *step.removal)]):
                resolution = self.resolve(placeholder)
                if isinstance(resolution, Known):
                    known[placeholder] = resolution.value
        failures = tuple(
            f"{kind}: {why}" for kind, why in sorted(told_everywhere(inventory, lambda part: part.failed).items())
        )
        return Plan(
            given.stack.name,
            inventory.account,
            inventory.region,
            finished,
            failures,
            known,
            believed=given.believed,
            unsearched=_by_reason(told_everywhere(inventory, lambda part: part.unsearched)),
        )


def _by_reason(kinds: Mapping[str, str]) -> tuple[str, ...]:
    """What several kinds share, said once: `Alarm, Topic: …`."""
    reasons = sorted(set(kinds.values()))
    return tuple(f"{', '.join(sorted(kind for kind in kinds if kinds[kind] == why))}: {why}" for why in reasons)
