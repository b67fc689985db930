"""One pass over one stack: observe, match, plan, guard, apply, remember.

inventory ──▶ match ──▶ details ──▶ plan (guarded) ──▶ apply ──▶ memory
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from controller.core.model.broken import broken, culprit
from controller.core.model.cloud import Cloud, Failure, HoldfastError, Meaning, Refused, blaming
from controller.core.model.kind import Catalog
from controller.core.model.live import Placed
from controller.core.model.ownership import Owner
from controller.core.model.reference import Address, placeholders_in
from controller.core.model.secret_store import SecretStore
from controller.core.model.stack import Stack
from controller.core.model.wording import quantity
from controller.core.planning.graph import Task, tasks_of
from controller.core.planning.guard import (
    CONFIRM,
    NO_REGION,
    SETTLING,
    GuardContext,
    Region,
    disappearance,
)
from controller.core.planning.inventory import Inventory
from controller.core.planning.match import Match
from controller.core.planning.matching import match
from controller.core.planning.plan import make_plan
from controller.core.planning.plan_input import PlanInput
from controller.core.planning.recorder import Recorder
from controller.core.planning.removal import make_destroy_plan
from controller.core.planning.step import Action, Plan, State, Step
from controller.engine.agreement import agreed, spoken_of
from controller.engine.apply import Outcome, apply
from controller.engine.details import Details
from controller.engine.fill import Filling
from controller.engine.memory import SECOND_LOOK_SECONDS, Memory
from controller.engine.observe import observe
from controller.engine.offers import asked_about
from controller.engine.rejections import rejections, remind
from controller.engine.scope import ListingRequest
from controller.engine.secrets import local_secrets
from controller.engine.stop import Stop


@dataclass(frozen=True)
class Intent:
    """What a pass is for."""

    write: bool = True
    destroy: bool = False
    partial: bool = False
    """Destroy what can go, where not everything can."""
    fresh: bool = False
    """Read every detail anew, as a command does that runs once."""
    alone: bool = False
    """Look for this stack alone: its neighbours' details are not read anew with it, and theirs do not serve it."""
    believe: bool = False
    """The operator says that a mass disappearance is real."""
    claim: bool = False
    """Other programs are kept from writing the stack, though this pass does not write: one follows that does.

    Somebody asked for it, so what failed earlier is tried again.
    """


@dataclass(frozen=True)
class Pass:
    """What one pass found and did."""

    plan: Plan
    outcome: Outcome = field(default_factory=Outcome)
    retries: bool = False
    """Whether a write that failed, and may succeed by itself, is to be tried again."""

    @property
    def waits(self) -> bool:
        """Whether a look soon can change anything: AWS is at work, calls are to be made, or a fault that passes."""
        due = self.outcome.moves or self.outcome.done or self.retries
        return bool(due) or any(map(_moves, self.plan.steps))

    @property
    def blind(self) -> bool:
        """Whether a node could not be seen."""
        return any(step.state is State.UNKNOWN for step in self.plan.steps)

    @property
    def trouble(self) -> str:
        """Why the pass was not a success: nodes that are unknown, writes that failed; empty when it was one."""
        unknown = [str(step.address) for step in self.plan.steps if step.state is State.UNKNOWN]
        troubles = {"unknown": unknown, "failed": [str(address) for address in self.outcome.failed]}
        return "; ".join(
            f"{quantity(len(nodes), 'node')} {what}: {nodes[0]}{', …' if len(nodes) > 1 else ''}"
            for what, nodes in troubles.items()
            if nodes
        )


class Decision(NamedTuple):
    """What a pass comes to before anything is written."""

    plan: Plan
    given: PlanInput
    unkeyed: frozenset[Address]
    """What is to be made, and nothing in AWS keeps from being made twice."""
    bearers: tuple[tuple[str, str], ...]
    """By what tags are asked for of that which is written to, with its kind, where no listing shows them."""


@dataclass
class Reconciler:
    """Brings one stack to its document, pass by pass."""

    stack: Stack
    catalog: Catalog
    cloud: Cloud
    pool: ThreadPoolExecutor
    details: Details
    memory: Memory
    recorder: Recorder
    stop: Stop
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    conceal: Callable[[str], None] = lambda secret: None
    secrets: Mapping[str, SecretStore] = field(default_factory=local_secrets)
    pause: Callable[[float], object] = time.sleep
    keep: Callable[[], None] = lambda: None
    """Put what is remembered where it outlives the program."""
    region: Region = NO_REGION
    """How the stacks of the region fare that are looked at together."""
    broken: set[str] = field(default_factory=set)
    """The kinds whose own code has failed in this pass."""

    def reconcile(self, inventory: Inventory, intent: Intent) -> Pass:
        """One pass."""
        decided = self.decided(inventory, intent)
        plan = replace(decided.plan, since=self.memory.standing(decided.plan, self.now()))
        if not intent.write:
            plan = asked_about(plan, self.stack, self.catalog, self.cloud)
        self.recorder.planned(plan)
        outcome = self.apply(decided) if intent.write else Outcome()
        self.remember(plan, decided.given, outcome)
        if intent.write:
            self.keep()
        return Pass(plan, outcome, self.memory.retrying(outcome.failed))

    def decided(self, inventory: Inventory, intent: Intent) -> Decision:
        """What this pass comes to. A kind whose own code fails is as one that cannot be listed, with the reason."""
        try:
            given = self.plan_input(inventory, intent)
            plan = self.plan(given, intent)
            if intent.write:
                plan, given = self.sharpened(plan, given, intent)
            return self.decision(plan, given)
        except Exception as error:
            blamed = culprit(self.catalog, "deciding what to do about every", error)
            if blamed is None or blamed[0] in self.broken:
                raise
        kind, bug = blamed
        self.broken.add(kind)
        self.catalog = {**self.catalog, kind: broken(self.catalog[kind], bug)}
        return self.decided(inventory.without(kind, str(bug)), intent)

    def decision(self, plan: Plan, given: PlanInput) -> Decision:
        """The plan, with all that the code of kinds is asked for once calls are made: what fails, fails before."""
        making = (step.address for step in plan.acting() if any(call.makes for call in step.calls))
        touched = [step.live for step in plan.acting() if step.live]
        return Decision(plan, given, frozenset(self.unkeyed(making)), tuple(self.details.bearers(touched)))

    def plan_input(self, inventory: Inventory, intent: Intent, fresh: Iterable[Address] = ()) -> PlanInput:
        """Gather everything that the plan is made from; of the `fresh` nodes no detail is a remembered one."""
        memory = self.memory
        matched = match(self.stack, self.catalog, inventory, memory.remembered)
        remind(matched, self.stack.nodes, memory.rejections)
        fresh = matched.live if intent.fresh else matched.live.keys() & {*fresh}
        removing = matched.live if intent.destroy else ()
        filled = self.details.fill(self.cloud, self.stack, matched, self.pool, fresh, removing)
        guard = GuardContext(
            stack=self.stack,
            account=inventory.account,
            now=self.now(),
            gone=memory.gone(matched, self.stack.nodes),
            seen=len(memory.seen.intersection(self.stack.nodes)),
            region=self.region,
            believe=intent.believe,
            rival=memory.other_writer(matched),
            without_owner_tags=matched.without_owner_tags,
            waiting=memory.waiting(),
            recent=memory.recent(self.catalog),
            repeats=memory.repeats(),
        )
        memory.presume(self.unkeyed(self.missing(matched)), matched)
        making = intent.write and not intent.destroy
        settling = memory.settling(matched, inventory, self.catalog, making, self.stack.where)
        return PlanInput(self.stack, self.catalog, inventory, matched, guard, settling, *filled)

    def missing(self, matched: Match) -> Iterator[Address]:
        """The nodes that are not there."""
        known = {*matched.live, *matched.unknown, *matched.conflicts, *matched.leaving}
        return (address for address in self.stack.nodes if address not in known)

    def unkeyed(self, addresses: Iterable[Address]) -> Iterator[Address]:
        """Those of some nodes that nothing in AWS keeps from being made twice."""
        nodes = self.stack.nodes
        return (address for address in addresses if not self.catalog[address.kind].made_once(nodes[address]))

    def plan(self, given: PlanInput, intent: Intent) -> Plan:
        """The plan of the intent. What may keep a thing from being replaced is read where that is planned."""
        if intent.destroy:
            return make_destroy_plan(given, intent.partial)
        plan = make_plan(given)
        replaced = {address for address in _replaced(plan) if self.catalog[address.kind].read_before_removal}
        return make_plan(self.with_details(given, removing=replaced)) if replaced else plan

    # --- the second look ---

    def sharpened(self, plan: Plan, given: PlanInput, intent: Intent) -> tuple[Plan, PlanInput]:
        """A write is never planned from a remembered read, nor from a single look: look again, and plan anew."""
        acting = list(plan.acting())
        doubtful = [step for step in acting if not self.sure(step, given, intent)]
        old = set() if intent.fresh else self.old_tags(acting, given)
        addresses = [step.address for step in acting]
        remembered = not intent.fresh and self.details.cached(self.stack, given.match, addresses)
        if doubtful or old:
            given = self.looked_again(doubtful, old, given, intent, addresses)
        elif remembered:
            given = self.with_details(given, addresses)
        else:
            return plan, given
        return agreed(plan, self.plan(given, intent)), given

    def sure(self, step: Step, given: PlanInput, intent: Intent) -> bool:
        """Whether what a step wants needs no second look: an earlier one agrees, or it cannot be made twice."""
        if self.memory.completes(step):
            return True
        if self.memory.agrees(step):
            remembered = self.catalog[step.address.kind].tags_unlisted and not intent.fresh
            return not remembered or step.action is Action.CREATE
        new = step.action is Action.CREATE and step.address not in self.memory.ids and given.match.empty
        return new and not any(self.unkeyed([step.address]))

    def old_tags(self, acting: Iterable[Step], given: PlanInput) -> set[Placed]:
        """The kinds of what the nodes refer to, where its tags were read too long ago for a write to rest on them."""
        nodes = [self.stack.nodes[step.address] for step in acting if step.address in self.stack.nodes]
        named = {placeholder.address for node in nodes for placeholder in placeholders_in(node.fields)}
        return self.details.unsure(given.match.live[address] for address in named if address in given.match.live)

    def looked_again(
        self, steps: Sequence[Step], old: set[Placed], given: PlanInput, intent: Intent, fresh: Iterable[Address]
    ) -> PlanInput:
        """The plan input with the kinds that these steps speak of listed anew, later where something is gone.

        Of the `fresh` nodes every detail is read anew too.
        """
        lost = [step.address for step in steps if step.action is Action.CREATE]
        if any(address in self.memory.ids for address in lost) or (lost and not given.match.empty):
            self.pause(SECOND_LOOK_SECONDS)
        kinds = old | {kind for step in steps for kind in spoken_of(step, self.stack)}
        moved = {self.stack.name: self.memory.moved(self.stack)}
        left = frozenset(self.memory.left_behind(self.stack.nodes, self.catalog).values())
        anew = self.details.tag_cache.anew
        look = ListingRequest((self.stack,), search=True, recall=anew, remembered=left, moved=moved)
        started = self.memory.clock()
        inventory = observe(self.cloud, self.catalog, kinds, self.pool, look, given.inventory)
        inventory = inventory.requested(kinds, started)
        again = self.plan_input(inventory, replace(intent, fresh=False), fresh)
        again.match.unknown.update(self.still_there(lost))
        return again

    def with_details(
        self, given: PlanInput, fresh: Iterable[Address] = (), removing: Collection[Address] = ()
    ) -> PlanInput:
        """The input with every detail of the `fresh` nodes read now, and what may keep others from being removed."""
        live = [address for address in fresh if address in given.match.live]
        unread, believed = self.details.fill(self.cloud, self.stack, given.match, self.pool, live, removing)
        return replace(given, unread={**given.unread, **unread}, believed=believed)

    def still_there(self, lost: Iterable[Address]) -> Iterator[tuple[Address, str]]:
        """Those that AWS shows when it is asked for them by their ids, or cannot be asked for."""
        for address in lost:
            id = self.memory.ids.get(address)
            try:
                if id and self.shown(address, id):
                    yield address, f"no listing returns {id}, but AWS does when it is requested by id"
            except HoldfastError as error:
                yield address, str(error)

    def shown(self, address: Address, id: str) -> bool:
        """Whether AWS, asked by its id for what was a node where that was, shows it."""
        cloud = self.cloud.at(self.memory.places.of(address))
        with blaming("asking for", f"the {address.kind} {id}"):
            return self.catalog[address.kind].shows(cloud, id) is True

    def apply(self, decided: Decision) -> Outcome:
        """Make the plan's calls, in the order of the graph."""
        plan, given, unkeyed, bearers = decided
        leaving = given.match.leaving.values()
        tasks = tasks_of(plan, self.stack, self.catalog, leaving)
        replaced = _replaced(plan)
        live = {a: thing for a, thing in given.match.live.items() if a not in replaced}
        before = {**self.memory.ids, **{a: given.match.live[a].id for a in replaced}}
        earlier = {address: id for address, id in before.items() if address not in live}
        filling = Filling(
            self.cloud, self.stack, self.catalog, given.inventory, live, self.conceal, self.secrets, earlier
        )
        intended = self.intend(tasks, unkeyed)
        outcome = Outcome()
        first = next((task for task in tasks if task.address in intended and not task.after), None)
        if first and given.match.empty:
            outcome = apply([first], filling, self.pool, self.recorder, self.stop)
            tasks = self.following(first, tasks, outcome, given)
        outcome = outcome.then(apply(tasks, filling, self.pool, self.recorder, self.stop))
        self.memory.close_intents(intended, outcome.unsure)
        self.details.drop((step.live for step in plan.acting() if step.live), bearers)
        self.recorder.waiting(self.stack.name, outcome.deferred)
        return outcome

    def following(self, first: Task, tasks: list[Task], outcome: Outcome, given: PlanInput) -> list[Task]:
        """The calls after the very first one of an empty stack: none if another program is just making the same.

        What nothing else keeps from being made twice tells: both make it, and each sees the other's.
        """
        made, kind = outcome.born.get(first.address), Placed(first.address.kind, self.stack.where(first.address))
        rest = [task for task in tasks if task is not first]
        if not made:
            return rest
        inventory = observe(
            self.cloud, self.catalog, {kind}, self.pool, ListingRequest((self.stack,)), given.inventory
        )
        owner = Owner(self.stack.name, first.address.name, self.stack.origin)
        listed = inventory.at(kind.region).of(kind.kind)
        twins = [live.id for live in listed if live.owner == owner and live.id != made]
        if twins:
            self.memory.meet(first.address, twins[0])
            return []
        for task in rest:
            task.forget(first)
        if any(task.step is first.step for task in rest):
            outcome.corrected.clear()
        return rest

    def intend(self, tasks: Iterable[Task], unkeyed: Collection[Address]) -> set[Address]:
        """Write down what is to be deleted, and what is to be made that AWS does not keep from being made twice."""
        self.memory.departs({task.address for task in tasks if task.call.deletes and self.is_node(task.step)})
        intended = {task.address for task in tasks if task.call.makes and task.address in unkeyed}
        self.memory.intend(intended)
        if intended or self.memory.departing:
            self.keep()
        return intended

    def is_node(self, step: Step) -> bool:
        """Whether a step is about the very thing that is remembered as the node, not about what is left over."""
        return self.memory.ids.get(step.address) == step.id

    def remember(self, plan: Plan, given: PlanInput, outcome: Outcome) -> None:
        """Keep what the next pass can use; a disappearance that is not believed leaves no trace."""
        if disappearance(given.guard) is None:
            self.memory.believe(given.match)
        self.memory.look(plan)
        self.memory.quiet(plan)
        for address, id in outcome.deleted:
            self.memory.removed(address, id)
            for along in self.going_along(address):
                self.memory.removed(along, self.memory.ids.get(along, ""))
        self.memory.born(outcome.born, self.stack.where)
        for step in outcome.corrected:
            self.memory.corrected(step)
        self.memory.rejections.update(rejections(self.catalog, self.stack.nodes, outcome.rejected))
        for address, error in outcome.refused.items():
            self.memory.failed(address, error, self.is_early(address, error))
            if self.memory.failures[address].lasting:  # looking again has not helped
                outcome.failed.setdefault(address, error)

    def is_early(self, address: Address, error: Failure) -> bool:
        """Whether AWS may have called a write invalid because it does not know yet what was made just now."""
        answered = isinstance(error, Refused) and error.meaning is Meaning.INVALID and error.request_id
        needs = self.stack.foundation(address) if answered else ()
        return any(self.memory.is_new(a, self.catalog[a.kind].delays.known) for a in needs)

    def going_along(self, gone: Address) -> list[Address]:
        """What AWS made together with a node, and takes away with it."""
        return [a for a, node in self.stack.nodes.items() if node.alias and node.alias.address == gone]


def _moves(step: Step) -> bool:
    """Whether AWS is at work on the node, or has not yet shown what was done to it; not what waits for a person."""
    settling = step.blocked is not None and step.blocked.by in (CONFIRM, SETTLING)
    at_work = step.pending or step.state in (State.PENDING, State.LEAVING)
    return settling or (at_work and not step.awaits)


def _replaced(plan: Plan) -> set[Address]:
    return {step.address for step in plan.acting() if step.action is Action.REPLACE}
