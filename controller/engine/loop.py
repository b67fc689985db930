"""The loop: passes over many stacks, one inventory per region shared by them, until told to stop.

`Controller` is what every command stands on: `plan` makes one pass that writes nothing, `apply` passes until all
is ready, `run` passes for ever.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count, groupby
from typing import Any

from controller.core.model.cloud import Bug, Cloud, HoldfastError, blaming
from controller.core.model.kind import Catalog
from controller.core.model.live import Placed, Thing
from controller.core.model.secret_store import SecretStore
from controller.core.model.stack import Allow, Stack
from controller.core.model.store import Nowhere, Store
from controller.core.planning.guard import NO_REGION, Region
from controller.core.planning.inventory import Inventory
from controller.core.planning.matching import match
from controller.core.planning.recorder import Recorder
from controller.engine.account import check_account
from controller.engine.apply import IN_FLIGHT
from controller.engine.details import OLD_SECONDS, Details
from controller.engine.lock import Held
from controller.engine.memory import Clock, Memory
from controller.engine.observe import every_kind, kinds_of, observe
from controller.engine.reconcile import Intent, Pass, Reconciler
from controller.engine.record import recall, record_of
from controller.engine.scope import ListingRequest
from controller.engine.secrets import local_secrets
from controller.engine.sharing import Shared
from controller.engine.stop import Stop, Stops

PAUSES = (0.25, 1.0, 2.0, 4.0, 8.0, 15.0)
"""How long until the next look while AWS is at work, growing while nothing happens."""
BLIND_PASSES = 3
"""After so many passes in a row that could not see every node, a fault is no passing one."""
SEARCH_SECONDS = 600.0
"""How often the loop lists every kind of the catalog, to find orphans of kinds that no document names."""
STUCK_SECONDS = 300.0
"""A loop in which nothing at all happened for so long is stuck."""


@dataclass
class Result:
    """One stack's pass: what it did, or why it could not be made."""

    stack: Stack
    done: Pass | None = None
    error: HoldfastError | None = None
    seconds: float = 0.0
    """How long it took."""

    @property
    def trouble(self) -> str:
        """Why the pass was no success; empty when it was one."""
        return str(self.error) if self.error else self.done.trouble if self.done else ""


@dataclass(frozen=True)
class _View:
    """One look at a region, and for whom it was."""

    inventory: Inventory
    stacks: tuple[Stack, ...]
    intent: Intent
    region: Region
    """How they fare."""
    begun: int
    """Its place among all looks and passes; a clock may stand still between two of them."""
    seen: float

    def serves(self, intent: Intent) -> bool:
        """Whether the look was as thorough as this intent wants it."""
        return (self.intent.fresh or not intent.fresh) and (
            self.intent.fresh or self.intent.destroy or not intent.destroy
        )


@dataclass
class Controller:
    """Passes over stacks, with what they share and what they remember."""

    catalog: Catalog
    clouds: Callable[[str], Cloud]
    """The cloud of a region, made once."""
    recorder: Recorder
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Clock = time.monotonic
    conceal: Callable[[str], None] = lambda secret: None
    memories: dict[str, Memory] = field(default_factory=dict)
    details: dict[str, Details] = field(default_factory=dict)
    searched: dict[str, float] = field(default_factory=dict)
    orphaned: dict[str, frozenset[Placed]] = field(default_factory=dict)
    """Kinds of the orphans that the last search found, by region: listed until they are gone."""
    secrets: Mapping[str, SecretStore] = field(default_factory=local_secrets)
    """Where secrets are kept, by the name that a document has for it."""
    claim: Callable[[Stack], str] = lambda stack: ""
    """Keeps other programs from writing a stack; who keeps us from it instead, or nothing."""
    store: Callable[[Stack], Store] = lambda stack: Nowhere()
    """Where what is remembered of a stack outlives the program."""
    wall: Clock = time.time

    def __post_init__(self) -> None:
        self.ahead = self.wall() - self.clock()
        self.kept: dict[str, dict[str, Any]] = {}
        """What was put into the stores last, by stack."""
        self.pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="call")
        self.noting = threading.Lock()
        self.accounts: dict[str, Shared[str]] = {}
        self.views: dict[str, Shared[_View]] = {}
        self.order = count()
        self.last_pass: dict[str, int] = {}
        """The place of each stack's last pass among all looks and passes."""
        self.alive_at = self.clock()
        self.passed = False
        """Whether every stack has had a pass."""

    def close(self) -> None:
        """Wait for the calls in flight and let the threads go."""
        self.pool.shutdown(wait=True, cancel_futures=True)

    # --- passes ---

    def passes(self, stacks: Sequence[Stack], intent: Intent) -> Iterator[Result]:
        """One pass over each stack. A stack that fails does not keep the others from theirs."""
        for _, group in groupby(sorted(stacks, key=lambda s: (s.region, s.name)), key=lambda s: s.region):
            neighbours = list(group)
            for stack in neighbours:
                if self.stop.is_set():
                    return
                yield self.one_pass(stack, neighbours, intent)

    def one_pass(self, stack: Stack, neighbours: Sequence[Stack], intent: Intent, stop: Stop | None = None) -> Result:
        """One pass over one stack. Many may be under way at once, but only one over each stack.

        `neighbours` are the stacks of its region, with which it shares an inventory; it is one of them. Nothing more
        is begun once `stop` is set, or this controller's own.
        """
        started = self.clock()
        result = Result(stack)
        try:
            with blaming("the pass over stack", stack.name):
                check_account(stack, self.account(stack.region))  # before anything is listed there
                if intent.write or intent.claim:
                    self.check_holder(stack)
                if intent.claim:
                    self.memory_of(stack).reset_failures()
                view = self.view(stack, [stack] if intent.alone else neighbours, intent)
                result.done = self.reconciler(stack, stop, view.region).reconcile(view.inventory, intent)
                self.note_orphans(stack.region, result.done)
        except HoldfastError as error:
            result.error = error
        self.alive_at = self.clock()
        self.last_pass[stack.name] = next(self.order)
        result.seconds = self.alive_at - started
        self.recorder.passed(stack.name, result.seconds, result.trouble)
        return result

    def check_holder(self, stack: Stack) -> None:
        """Nothing is done to a stack that another program writes. Raises `Held`."""
        holder = self.claim(stack)
        if holder:
            raise Held(stack.name, holder)

    def account(self, region: str) -> str:
        """The account of the credentials."""
        account = self.accounts.setdefault(region, Shared(self.clock))
        return account.get(self.clouds(region).account, lambda _: True)

    def view(self, stack: Stack, neighbours: Sequence[Stack], intent: Intent) -> _View:
        """A look that shows all that the stack's last pass did, and is young; shared by its region."""

        def serves(view: _View) -> bool:
            shows = view.begun > self.last_pass.get(stack.name, -1)
            young = self.clock() - view.seen <= OLD_SECONDS
            return shows and young and any(stack is other for other in view.stacks) and view.serves(intent)

        def look() -> _View:
            begun, inventory = next(self.order), self.observe(stack.region, neighbours, intent)
            return _View(inventory, tuple(neighbours), intent, self.fares(neighbours, inventory), begun, self.clock())

        return self.views.setdefault(stack.region, Shared(self.clock)).get(look, serves)

    def fares(self, stacks: Sequence[Stack], inventory: Inventory) -> Region:
        """How many of these stacks have lost something that they had, and how many still have something."""
        listed = {
            Placed(kind, region): {live.id for live in lives}
            for region, there in inventory.regions.items()
            for kind, lives in there.live.items()
        }
        shares = [self.memory_of(stack).standing_in(listed) for stack in stacks]
        lost = sum(left < known for left, known in shares)
        return Region(lost, sum(known > 0 for _, known in shares), sum(left > 0 for left, _ in shares))

    def observe(self, region: str, stacks: Sequence[Stack], intent: Intent) -> Inventory:
        """List what these stacks need; every kind when orphans are due to be searched for, or to be deleted."""
        self.recall_search(region, stacks)
        orphaned = self.orphaned.get(region, frozenset())
        memories = [self.memory_of(stack) for stack in stacks]
        moved = {stack.name: self.memory_of(stack).moved(stack) for stack in stacks}
        before = {Placed(address.kind, place) for nodes in moved.values() for address, place in nodes.items()}
        kinds = kinds_of(stacks) | orphaned | before
        due = self.clock() - self.searched.get(region, float("-inf")) > SEARCH_SECONDS
        searching = intent.fresh or intent.destroy or due
        if searching:
            regions = {kind.region for kind in kinds if kind.region}
            kinds = every_kind(self.catalog, regions.union(*(memory.places.regions for memory in memories)))
        tag_cache = self.details_of(region).tag_cache
        recall = tag_cache.anew if intent.fresh else tag_cache.recall
        search = searching or bool(orphaned)
        remembered = self.left_behind(stacks) if search else frozenset()
        look = ListingRequest(tuple(stacks), search, recall=recall, remembered=remembered, moved=moved)
        started = self.clock()
        inventory = observe(self.clouds(region), self.catalog, kinds, self.pool, look).requested(kinds, started)
        if searching and not intent.alone:
            self.searched[region] = self.clock()
            left_of = {stack.name: frozenset(self.left_over(stack, inventory)) for stack in stacks}
            left = frozenset().union(*left_of.values())
            with self.noting:
                failed = {Placed(kind, place) for place, at in inventory.regions.items() for kind in at.failed}
                self.orphaned[region] = left | (self.orphaned.get(region, frozenset()) & failed)
            for stack in stacks:
                memory = self.memory_of(stack)
                memory.searched, memory.left = self.searched[region], self.orphaned[region]
                memory.searched_for(stack.nodes, self.catalog, inventory)
                memory.places.searched(inventory, left_of[stack.name])
        return inventory

    def left_behind(self, stacks: Sequence[Stack]) -> frozenset[Thing]:
        """What only memory tells of that it is ours."""
        left = (self.memory_of(stack).left_behind(stack.nodes, self.catalog) for stack in stacks)
        return frozenset(thing for things in left for thing in things.values())

    def recall_search(self, region: str, stacks: Sequence[Stack]) -> None:
        """After a start: a search that an earlier program made for all of these stacks counts, with what it found."""
        memories = [self.memory_of(stack) for stack in stacks]
        searches = [memory.searched for memory in memories if memory.searched is not None]
        if region not in self.searched and searches and len(searches) == len(memories):
            self.searched[region] = min(searches)
            self.orphaned[region] = frozenset(kind for memory in memories for kind in memory.left)

    def left_over(self, stack: Stack, inventory: Inventory) -> Iterator[Placed]:
        """The kinds of a stack's orphans; told by the search itself, for its own pass may take another look."""
        memory = self.memory_of(stack)
        try:
            with blaming("matching", stack.name):
                matched = match(stack, self.catalog, inventory, memory.remembered.copied())
        except Bug:
            return  # told by the stack's own pass
        left = (*matched.orphans, *matched.surplus, *matched.copies, *matched.former)
        yield from (live.placed for _, live in left)

    def note_orphans(self, region: str, done: Pass) -> None:
        """Kinds with orphans are listed in every pass until the orphans are gone."""
        kinds = {step.live.placed for step in done.plan.steps if step.state == "orphaned" and step.live}
        with self.noting:
            self.orphaned[region] = self.orphaned.get(region, frozenset()) | kinds

    def reconciler(self, stack: Stack, stop: Stop | None = None, region: Region = NO_REGION) -> Reconciler:
        """The reconciler of a stack, with the memory of its earlier passes."""
        return Reconciler(
            stack,
            self.catalog,
            self.clouds(stack.region),
            self.pool,
            self.details_of(stack.region),
            self.memory_of(stack),
            self.recorder,
            Stops((self.stop, stop)) if stop else self.stop,
            conceal=self.conceal,
            secrets=self.secrets,
            pause=self.stop.wait,
            keep=partial(self.keep, stack),
            region=region,
        )

    def details_of(self, region: str) -> Details:
        """What is remembered of one region beside its listings."""
        return self.details.setdefault(region, Details(self.catalog, self.clock))

    def memory_of(self, stack: Stack) -> Memory:
        """What the passes over one stack remember of one another, and of those of an earlier program."""
        if stack.name not in self.memories:
            memory = Memory(self.clock)
            record = self.store(stack).load(stack.name)
            if record is not None:
                recall(memory, record, self.catalog, self.ahead)
            return self.memories.setdefault(stack.name, memory)
        return self.memories[stack.name]

    def keep(self, stack: Stack) -> None:
        """Put what is remembered of a stack where it outlives the program, if it is other than before."""
        record = record_of(self.memory_of(stack), self.ahead)
        if record != self.kept.get(stack.name) and self.store(stack).save(stack.name, record):
            self.kept[stack.name] = record

    def forget(self, stack: str) -> None:
        """Nothing is remembered of this stack any more."""
        for remembered in (self.memories, self.kept, self.last_pass):
            remembered.pop(stack, None)

    def restart(self) -> None:
        """Nothing is remembered at all, as after a start; only while no pass is under way."""
        kept = (self.memories, self.kept, self.details, self.searched, self.orphaned, self.views, self.last_pass)
        for remembered in kept:
            remembered.clear()

    # --- many passes ---

    def converge(self, stack: Stack, intent: Intent, timeout: float, neighbours: Sequence[Stack] = ()) -> Result:
        """Pass after pass until all is ready, nothing more can be done, or the time is up.

        `neighbours` are those of its region that are converged with it.
        """
        nearby = [other for other in neighbours if other.region == stack.region] or [stack]
        deadline = self.clock() + timeout
        patience = Patience()
        blind = 0
        while True:
            result = Result(stack) if self.stop.is_set() else self.one_pass(stack, nearby, intent)
            if result.done is None or self.clock() >= deadline:
                return result
            blind = blind + 1 if result.done.blind else 0
            if not result.done.waits and not 0 < blind < BLIND_PASSES:
                return result
            pause = min(patience.pause(result.done), max(deadline - self.clock(), 0))
            if self.stop.wait(pause):
                return result

    def run(self, stacks: Callable[[], Sequence[Stack]], interval: float, intent: Intent) -> None:
        """Pass for ever; `stacks` is asked before each round, so that documents can change meanwhile."""
        patience: dict[str, Patience] = {}
        while not self.stop.is_set():
            pause = self.round(stacks(), interval, intent, patience)
            self.alive_at, self.passed = self.clock(), True
            self.stop.wait(pause)

    def round(
        self, stacks: Sequence[Stack], interval: float, intent: Intent, patience: dict[str, "Patience"]
    ) -> float:
        """One pass over each stack, of which nothing is kept; seconds until the next round."""
        pause = interval
        for result in self.passes(stacks, intent):
            if result.done and result.done.waits:
                known = patience.setdefault(result.stack.name, Patience())
                pause = min(pause, known.pause(result.done))
            else:
                patience.pop(result.stack.name, None)
        return pause

    def stuck(self, interval: float) -> str | None:
        """Why the loop is not alive, or None."""
        silent = self.clock() - self.alive_at
        if silent <= max(STUCK_SECONDS, 3 * interval):
            return None
        return f"no pass has finished and AWS has not answered for {silent:.0f} s"


@dataclass
class Patience:
    """How long to wait for AWS: longer each time that nothing happened."""

    idle: int = 0

    def pause(self, done: Pass) -> float:
        """Seconds until the next look."""
        self.idle = 0 if done.outcome.done else self.idle + 1
        return PAUSES[min(self.idle, len(PAUSES) - 1)]


def allowing(stack: Stack, *more: Allow) -> Stack:
    """The same stack with more allowed: what a command adds to its document."""
    return replace(stack, allow=stack.allow | frozenset(more))
