"""What the engine tells, told on: to the log, the metrics, the live progress, and the count at the end."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from controller.core.journal import Write
from controller.core.kind import Call
from controller.core.reference import Address
from controller.core.stack import Stack
from controller.core.step import Action, Plan, State, Step
from controller.report.metrics import FAILED, SUCCEEDED, Metrics
from controller.report.progress import Reporter, Silent
from controller.report.secrecy import scrub


@dataclass
class Tally:
    """The requests that AWS has answered so far, for those who wait. Counted in many threads."""

    requests: int = 0
    last: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, operation: str, outcome: str) -> None:
        """One request is over."""
        with self.lock:
            self.requests += 1
            self.last = operation if outcome == "ok" else f"{operation} {outcome}"

    def __str__(self) -> str:
        with self.lock:
            return f"{self.requests} requests, the last was {self.last}" if self.requests else "no answer yet"


@dataclass
class Work:
    """What was done to one stack: writes that succeeded, writes that were refused, nodes by action."""

    calls: int = 0
    refused: int = 0
    nodes: dict[Action, set[Address]] = field(default_factory=lambda: defaultdict(set))
    refusals: dict[Address, Write] = field(default_factory=dict)
    """The last write of each node, where that was refused."""

    def add(self, write: Write) -> None:
        """Count one write."""
        if write.outcome == "ok":
            self.calls += 1
            self.nodes[write.action].add(write.address)
            self.refusals.pop(write.address, None)
        else:
            self.refused += 1
            self.refusals[write.address] = write


class Telling:
    """The journal of the real program. Log messages are constant, what varies is in their keys.

    `looped`: the log is where people look, so it also tells of differences and of passes that failed. Any other
    command says these itself.
    """

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.time) -> None:
        self.metrics, self.clock = metrics, clock
        self.log = structlog.get_logger("holdfast")
        self.progress: Reporter = Silent()
        self.looped = False
        self.work: dict[str, Work] = defaultdict(Work)
        self._told: dict[tuple[str, Address], str] = {}
        self._pending: dict[Address, str] = {}
        self._since: dict[Address, float] = {}

    def declare(self, stacks: Sequence[Stack]) -> None:
        """Let every series of these stacks exist from the start."""
        for stack in stacks:
            self.metrics.declare(stack.name, stack.nodes)

    def forget(self, stack: str) -> None:
        """A stack is no longer looked after."""
        self.metrics.forget(stack)
        self._told = {key: told for key, told in self._told.items() if key[0] != stack}

    def planned(self, plan: Plan) -> None:
        """Drift, blocked steps and failed reads: said once, and again only when they change."""
        self.metrics.record_plan(plan, self.clock())
        for failure in plan.incomplete if self.looped else ():
            self.log.warning("listing failed", stack=plan.stack, reason=scrub(failure))
        standing = {(plan.stack, step.address): _standing(step) for step in plan.steps if not step.settled}
        for step in plan.steps if self.looped else ():
            key = (plan.stack, step.address)
            if not step.settled and self._told.get(key) != standing[key]:
                self._differs(plan.stack, step)
        self._told = {key: told for key, told in self._told.items() if key[0] != plan.stack} | standing
        self._pending = {step.address: "AWS is at work on it" for step in plan.steps if _at_work(step)}

    def _differs(self, stack: str, step: Step) -> None:
        self.log.info(
            "difference found",
            stack=stack,
            node=str(step.address),
            state=str(step.state),
            action=str(step.action),
            changes=[change.path for change in step.changes],
            blocked=f"{step.blocked.by}: {step.blocked.why}" if step.blocked else "",
            note=scrub(step.note),
        )

    def started(self, stack: str, address: Address, call: Call) -> None:
        """Shown while it runs."""
        self.progress.started(str(address), call.operation)

    def wrote(self, write: Write) -> None:
        """Every write is logged with the change it is for and AWS's request id."""
        outcome = SUCCEEDED if write.outcome == "ok" else FAILED
        self.work[write.stack].add(write)
        self.metrics.record_write(write.stack, write.address.kind, write.action, outcome)
        (self.log.info if outcome is SUCCEEDED else self.log.error)(
            "write",
            stack=write.stack,
            node=str(write.address),
            action=str(write.action),
            operation=f"{write.call.service}:{write.call.operation}",
            changes=list(write.call.fields),
            outcome=write.outcome,
            request_id=write.request_id,
            message=scrub(write.message),
        )
        self.progress.finished(str(write.address), write.call.operation, outcome, scrub(write.message))

    def waiting(self, stack: str, reasons: dict[Address, str]) -> None:
        """Shown while it lasts, each with the time since it was first said."""
        now, told = self.clock(), {**self._pending, **reasons}
        self._since = {address: self._since.get(address, now) for address in told}
        self.progress.waiting(
            [f"{address}: {scrub(why)}{_lasting(now - self._since[address])}" for address, why in told.items()]
        )

    def passed(self, stack: str, seconds: float, error: str) -> None:
        """One pass more, or one that was no success."""
        self.metrics.record_pass(stack, FAILED if error else SUCCEEDED, seconds, self.clock())
        if error and self.looped:
            self.log.error("pass failed", stack=stack, reason=scrub(error))


def _standing(step: Step) -> str:
    blocked = step.blocked.by if step.blocked else ""
    return f"{step.state} {step.action} {blocked} {[change.path for change in step.changes]}"


def _at_work(step: Step) -> bool:
    return step.pending or step.state in (State.PENDING, State.LEAVING)


def _lasting(seconds: float) -> str:
    return f", for {seconds:.0f} s now" if seconds >= 1 else ""


def counted(work: Work, words: dict[Action, str]) -> str:
    """The nodes by what was done to them: `19 created, 2 updated`; empty when nothing was."""
    numbers = Counter({action: len(nodes) for action, nodes in work.nodes.items()})
    return ", ".join(f"{numbers[action]} {word}" for action, word in words.items() if numbers[action])
