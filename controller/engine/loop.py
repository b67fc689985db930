"""The loop: passes over many stacks, one inventory per region shared by them, until told to stop.

`Controller` is what every command stands on: `plan` makes one pass that writes nothing, `apply` passes until all
is ready, `run` passes for ever.
"""

import gc
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby

from controller.core.cloud import Cloud, HoldfastError
from controller.core.inventory import Inventory
from controller.core.journal import Journal
from controller.core.kind import Catalog
from controller.core.stack import Allow, Stack
from controller.engine.apply import IN_FLIGHT
from controller.engine.memory import LASTING, Clock, Memory
from controller.engine.observe import Details, kinds_of, observe
from controller.engine.reconcile import Intent, Pass, Reconciler
from controller.engine.scope import Look

PAUSES = (0.25, 1.0, 2.0, 4.0, 8.0, 15.0)
"""How long until the next look while AWS is at work, growing while nothing happens."""
BLIND_PASSES = 3
"""After so many passes in a row that could not see every node, a fault is no passing one."""
SEARCH_SECONDS = 600.0
"""How often the loop lists every kind of the catalog, to find orphans of kinds that no document names."""
OLD_SECONDS = 10.0
"""An inventory older than this is not shared with the next stack."""
STUCK_SECONDS = 300.0
"""A loop in which nothing at all happened for so long is stuck."""


@dataclass
class Result:
    """One stack's pass: what it did, or why it could not be made."""

    stack: Stack
    done: Pass | None = None
    error: HoldfastError | None = None

    @property
    def trouble(self) -> str:
        """Why the pass was no success; empty when it was one."""
        return str(self.error) if self.error else self.done.trouble if self.done else ""


@dataclass
class Controller:
    """Passes over stacks, with what they share and what they remember."""

    catalog: Catalog
    clouds: Callable[[str], Cloud]
    """The cloud of a region, made once."""
    journal: Journal
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Clock = time.monotonic
    conceal: Callable[[str], None] = lambda secret: None
    memories: dict[str, Memory] = field(default_factory=dict)
    details: dict[str, Details] = field(default_factory=dict)
    searched: dict[str, float] = field(default_factory=dict)
    orphaned: dict[str, set[str]] = field(default_factory=dict)
    """Kinds of the orphans that the last search found, by region: listed until they are gone."""

    def __post_init__(self) -> None:
        self.pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="call")
        self.alive_at = self.clock()
        self.passed = False
        """Whether every stack has had a pass."""

    def close(self) -> None:
        """Wait for the calls in flight and let the threads go."""
        self.pool.shutdown(wait=True, cancel_futures=True)

    # --- passes ---

    def passes(self, stacks: Sequence[Stack], intent: Intent) -> Iterator[Result]:
        """One pass over each stack. A stack that fails does not keep the others from theirs."""
        for region, group in groupby(sorted(stacks, key=lambda s: (s.region, s.name)), key=lambda s: s.region):
            yield from self.region(region, list(group), intent)

    def region(self, region: str, stacks: list[Stack], intent: Intent) -> Iterator[Result]:
        """The stacks of one region share one inventory, as long as it is young."""
        inventory: Inventory | None = None
        seen_at = 0.0
        for stack in stacks:
            if self.stop.is_set():
                return
            started = self.clock()
            result = Result(stack)
            try:
                reconciler = self.reconciler(stack)
                reconciler.check_account(reconciler.cloud.account())  # before anything is listed there
                if inventory is None or self.clock() - seen_at > OLD_SECONDS:
                    inventory, seen_at = self.observe(region, stacks, intent), self.clock()
                result.done = reconciler.reconcile(inventory, intent)
                self.note_orphans(region, result.done)
            except HoldfastError as error:
                result.error = error
            self.alive_at = self.clock()
            self.journal.passed(stack.name, self.alive_at - started, result.trouble)
            yield result

    def observe(self, region: str, stacks: list[Stack], intent: Intent) -> Inventory:
        """List what these stacks need; every kind when orphans are due to be searched for, or to be deleted."""
        kinds = kinds_of(stacks) | self.orphaned.get(region, set())
        due = self.clock() - self.searched.get(region, float("-inf")) > SEARCH_SECONDS
        searching = intent.fresh or intent.destroy or due
        kinds = set(self.catalog) if searching else kinds
        marked = self.details_of(region).marked
        if intent.fresh:
            marked.forget(kinds)
        look = Look(tuple(stacks), searching or bool(self.orphaned.get(region)), recall=marked.recall)
        found = observe(self.clouds(region), self.catalog, kinds, self.pool, look)
        if searching:
            self.searched[region] = self.clock()
            self.orphaned[region] = self.orphaned.get(region, set()) & set(found.failed)
        return found

    def note_orphans(self, region: str, done: Pass) -> None:
        """Kinds with orphans are listed in every pass until the orphans are gone."""
        kinds = {step.address.kind for step in done.plan.steps if step.state == "orphaned"}
        self.orphaned.setdefault(region, set()).update(kinds)

    def reconciler(self, stack: Stack) -> Reconciler:
        """The reconciler of a stack, with the memory of its earlier passes."""
        memory = self.memories.setdefault(stack.name, Memory(self.clock))
        return Reconciler(
            stack,
            self.catalog,
            self.clouds(stack.region),
            self.pool,
            self.details_of(stack.region),
            memory,
            self.journal,
            self.stop,
            conceal=self.conceal,
        )

    def details_of(self, region: str) -> Details:
        """What is remembered of one region beside its listings."""
        return self.details.setdefault(region, Details(self.catalog, self.clock))

    # --- many passes ---

    def converge(self, stack: Stack, intent: Intent, timeout: float) -> Result:
        """Pass after pass until all is ready, nothing more can be done, or the time is up."""
        deadline = self.clock() + timeout
        patience = Patience()
        blind = 0
        while True:
            result = next(self.passes([stack], intent), Result(stack))
            if result.done is None or self.clock() >= deadline:
                return result
            blind = blind + 1 if result.done.blind else 0
            if not waits(result.done) and not 0 < blind < BLIND_PASSES:
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
            if result.done and waits(result.done):
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
        return f"no pass has ended, and AWS has answered nothing, for {silent:.0f} s"


@dataclass
class Patience:
    """How long to wait for AWS: longer each time that nothing happened."""

    idle: int = 0

    def pause(self, done: Pass) -> float:
        """Seconds until the next look."""
        self.idle = 0 if done.outcome.done else self.idle + 1
        return PAUSES[min(self.idle, len(PAUSES) - 1)]


def settle_collector() -> None:
    """Spare the garbage collector what lives as long as the program; for long-running commands, once it is loaded.

    A pass makes and drops many objects and hardly a circle: looking for circles as often as Python does by
    itself takes nearly half of a pass.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def waits(done: Pass) -> bool:
    """Whether another pass soon can change anything: calls to make, AWS at work, or a fault that passes."""
    passing = any(error.meaning not in LASTING for error in done.outcome.failed.values())
    return done.waits or passing


def allowing(stack: Stack, *more: Allow) -> Stack:
    """The same stack with more allowed: what a command adds to its document."""
    return replace(stack, allow=stack.allow | frozenset(more))
