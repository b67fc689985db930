"""One pass over one stack: observe, match, plan, guard, apply, remember.

inventory ──▶ match ──▶ details ──▶ plan (guarded) ──▶ apply ──▶ memory
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from controller.core.cloud import Cloud, HoldfastError
from controller.core.graph import tasks_of
from controller.core.guard import SETTLING, Situation
from controller.core.inventory import Inventory, Match, match
from controller.core.journal import Journal
from controller.core.kind import Catalog
from controller.core.plan import World, make_destroy_plan, make_plan
from controller.core.reference import Address
from controller.core.stack import Stack
from controller.core.step import Action, Plan, State, Step
from controller.engine.apply import Outcome, apply
from controller.engine.fill import Filling, Vault, no_vault
from controller.engine.memory import Memory
from controller.engine.observe import Details, observe
from controller.engine.scope import Look
from controller.engine.stop import Stop


@dataclass
class WrongAccount(HoldfastError):
    """The credentials belong to another account than the document: nothing is read, nothing is written."""

    stack: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return (
            f"stack {self.stack} is for account {self.wanted}, the credentials are for {self.found}; "
            "nothing was read or written there"
        )


@dataclass(frozen=True)
class Intent:
    """What a pass is for."""

    write: bool = True
    destroy: bool = False
    fresh: bool = False
    """Read every detail anew, as a command does that runs once."""
    believe: bool = False
    """The operator says that a mass disappearance is real."""


@dataclass(frozen=True)
class Pass:
    """What one pass found and did."""

    plan: Plan
    outcome: Outcome = field(default_factory=Outcome)
    retries: bool = False
    """Whether a write that failed, and may succeed by itself, is to be tried again."""

    @property
    def waits(self) -> bool:
        """Whether a look soon is worth it: AWS is at work, or calls are still to be made."""
        due = self.outcome.deferred or self.outcome.done or self.retries
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
        return "; ".join(f"{len(nodes)} nodes {what}: {nodes[0]}, …" for what, nodes in troubles.items() if nodes)


@dataclass
class Reconciler:
    """Brings one stack to its document, pass by pass."""

    stack: Stack
    catalog: Catalog
    cloud: Cloud
    pool: ThreadPoolExecutor
    details: Details
    memory: Memory
    journal: Journal
    stop: Stop
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    conceal: Callable[[str], None] = lambda secret: None
    vault: Vault = no_vault

    def reconcile(self, inventory: Inventory, intent: Intent) -> Pass:
        """One pass. Raises `WrongAccount` before anything is compared."""
        self.check_account(inventory.account)
        matched = match(self.stack, self.catalog, inventory, self.memory.ids)
        world = self.world(inventory, matched, intent)
        plan = self.plan(world, intent)
        if intent.write:
            plan = self.sharpened(plan, world, intent)
        self.journal.planned(plan)
        outcome = self.apply(plan, world) if intent.write else Outcome()
        self.remember(plan, world, outcome)
        return Pass(plan, outcome, self.memory.retrying())

    def check_account(self, found: str) -> None:
        """Nothing is done in another account than the document's. Raises `WrongAccount`."""
        wanted = self.stack.account_id
        if wanted and wanted != found:
            raise WrongAccount(self.stack.name, wanted, found)

    def world(self, inventory: Inventory, matched: Match, intent: Intent) -> World:
        """Gather everything that the plan is made from."""
        fresh = matched.live if intent.fresh else ()
        unread = self.details.fill(self.cloud, self.stack, matched, self.pool, fresh)
        situation = Situation(
            stack=self.stack,
            account=inventory.account,
            now=self.now(),
            gone=self.memory.gone(matched, self.stack.nodes),
            seen=len(self.memory.seen),
            believe=intent.believe,
            waiting=self.memory.waiting(),
            recent=self.memory.recent(),
            repeats=self.memory.repeats(),
        )
        settling = self.memory.settling(matched, inventory)
        return World(self.stack, self.catalog, inventory, matched, situation, settling, unread)

    def plan(self, world: World, intent: Intent) -> Plan:
        """The plan of the intent."""
        return make_destroy_plan(world) if intent.destroy else make_plan(world)

    def sharpened(self, plan: Plan, world: World, intent: Intent) -> Plan:
        """A write is never planned from a remembered read: read anew what it is about, and plan again."""
        acting = [step.address for step in plan.acting()]
        marked = {address.kind for address in acting if self.catalog[address.kind].marks_unlisted}
        if intent.fresh or not (marked or self.details.cached(self.stack, world.match, acting)):
            return plan
        world = self.looked_again(world, marked, intent) if marked else world
        acting = [address for address in acting if address in world.match.live]
        unread = self.details.fill(self.cloud, self.stack, world.match, self.pool, acting)
        return self.plan(replace(world, unread={**world.unread, **unread}), intent)

    def looked_again(self, world: World, kinds: set[str], intent: Intent) -> World:
        """The world with these kinds listed anew, and nothing of them remembered."""
        self.details.marked.forget(kinds)
        look = Look((self.stack,), search=True, recall=self.details.marked.recall)
        inventory = observe(self.cloud, self.catalog, kinds, self.pool, look, world.inventory)
        return self.world(inventory, match(self.stack, self.catalog, inventory, self.memory.ids), intent)

    def apply(self, plan: Plan, world: World) -> Outcome:
        """Make the plan's calls, in the order of the graph."""
        leaving = world.match.leaving.values()
        tasks = tasks_of(plan, self.stack, self.catalog, leaving)
        replaced = _replaced(plan)
        live = {a: thing for a, thing in world.match.live.items() if a not in replaced}
        before = {**self.memory.ids, **{a: world.match.live[a].id for a in replaced}}
        earlier = {address: id for address, id in before.items() if address not in live}
        filling = Filling(
            self.cloud, self.stack, self.catalog, world.inventory, live, self.conceal, self.vault, earlier
        )
        outcome = apply(tasks, filling, self.pool, self.journal, self.stop)
        self.journal.waiting(self.stack.name, outcome.deferred)
        return outcome

    def remember(self, plan: Plan, world: World, outcome: Outcome) -> None:
        """Keep what the next pass can use; a disappearance that is not believed leaves no trace."""
        if not any(step.blocked and step.blocked.by == "mass-disappearance" for step in plan.steps):
            self.memory.believe(world.match)
        self.memory.quiet(plan)
        self.memory.born(outcome.born)
        for step in outcome.corrected:
            self.memory.corrected(step)
            if step.action is Action.DELETE:
                self.memory.removed(step.address)
        for address, error in outcome.refused.items():
            self.memory.failed(address, error.meaning, str(error))


def _moves(step: Step) -> bool:
    """Whether AWS is at work on the node, or has not yet shown what was done to it."""
    settling = step.blocked is not None and step.blocked.by == SETTLING
    return step.pending or settling or step.state in (State.PENDING, State.LEAVING)


def _replaced(plan: Plan) -> set[Address]:
    return {step.address for step in plan.acting() if step.action is Action.REPLACE}
