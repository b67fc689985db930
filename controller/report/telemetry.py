"""What the engine tells, told on: to the log, the metrics, the live progress, and the count at the end."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from controller.core.model.call import Call
from controller.core.model.cloud import LASTING
from controller.core.model.live import Health
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.model.wording import quantity
from controller.core.planning.guard import SETTLING
from controller.core.planning.recorder import Write
from controller.core.planning.step import Action, Plan, Step
from controller.report.metrics import FAILED, SUCCEEDED, Metrics
from controller.report.pending import Waits
from controller.report.progress import Reporter, Silent
from controller.report.secrecy import scrub
from controller.report.shown import at_work


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
            return f"{quantity(self.requests, 'request')}, last: {self.last}" if self.requests else "no answer yet"


@dataclass
class Work:
    """What was done to one stack, and what waits: writes that succeeded or were refused, nodes by action."""

    calls: int = 0
    refused: int = 0
    nodes: dict[Action, set[Address]] = field(default_factory=lambda: defaultdict(set))
    refusals: dict[Address, Write] = field(default_factory=dict)
    """The last write of each node, where that was refused."""
    waits: Waits = field(default_factory=Waits)

    def add(self, write: Write) -> None:
        """Count one write."""
        if write.outcome == "ok":
            self.calls += 1
            self.nodes[write.action].add(write.address)
            self.refusals.pop(write.address, None)
        else:
            self.refused += 1
            self.refusals[write.address] = write

    def awaited(self, step: Step) -> str:
        """What a step waits for that is neither a call nor a person; empty when there is no such thing."""
        blocked, refusal = step.blocked, self.refusals.get(step.address)
        if blocked and blocked.by == SETTLING:
            return blocked.why
        if blocked and blocked.by == "backoff" and refusal and refusal.outcome not in LASTING:
            return f"retrying after {refusal.message}"
        return at_work(step)


class Telemetry:
    """The recorder of the real program. Log messages are constant, what varies is in their keys.

    `looped`: the log is where people look, so it also tells of differences, of health and of passes that failed.
    Any other command says these itself, and waits: then the log tells for what. Several stacks may be told of at the
    same time, each by one thread: nothing that is kept belongs to two of them.
    """

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.time) -> None:
        self.metrics, self.clock = metrics, clock
        self.log = structlog.get_logger("holdfast")
        self.progress: Reporter = Silent()
        self.looped = False
        self.work: dict[str, Work] = defaultdict(Work)
        self._told: dict[str, dict[Address, str]] = {}
        self._ill: dict[str, Mapping[Address, Health]] = {}
        self._pending: dict[str, dict[Address, str]] = {}

    def declare(self, stacks: Sequence[Stack], since: Mapping[Address, float] | None = None) -> None:
        """Let every series of these stacks exist from the start; `since` is when nodes were first seen to differ."""
        for stack in stacks:
            self.metrics.declare(stack.name, stack.nodes, since)

    def forget(self, stack: str) -> None:
        """A stack is no longer looked after."""
        self.metrics.forget(stack)
        for kept in (self._told, self._ill, self._pending, self.work):
            kept.pop(stack, None)

    def planned(self, plan: Plan) -> None:
        """Drift, blocked steps, failed reads and health: said once, and again only when they change."""
        self.metrics.record_plan(plan, self.clock())
        for failure in plan.incomplete if self.looped else ():
            self.log.warning("listing failed", stack=plan.stack, reason=scrub(failure))
        standing = {step.address: _standing(step) for step in plan.steps if not step.settled}
        told, self._told[plan.stack] = self._told.get(plan.stack, {}), standing
        for step in plan.steps if self.looped else ():
            if not step.settled and told.get(step.address) != standing[step.address]:
                self._differs(plan.stack, step)
        if self.looped:
            self._tell_health(plan)
        awaited = [(step.address, self.work[plan.stack].awaited(step)) for step in plan.steps]
        self._pending[plan.stack] = {address: reason for address, reason in awaited if reason}

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

    def _tell_health(self, plan: Plan) -> None:
        """A node whose health nobody knows now is as it was last seen: neither ill anew nor healthy again."""
        nodes, known, before = {step.address for step in plan.steps}, plan.health, self._ill.get(plan.stack, {})
        last_seen = {address: health for address, health in {**before, **known}.items() if address in nodes}
        after = {address: health for address, health in last_seen.items() if not health.healthy}
        for address, health in after.items():
            if address not in before or before[address].why != health.why:
                self._falls_ill(plan.stack, address, health)
        for address in [address for address in before if address in last_seen and address not in after]:
            self.log.info("node healthy again", stack=plan.stack, node=str(address))
        self._ill[plan.stack] = after

    def _falls_ill(self, stack: str, address: Address, health: Health) -> None:
        self.log.warning(
            "node unhealthy",
            stack=stack,
            node=str(address),
            reason=scrub(health.why),
            good=health.good,
            total=health.total,
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
        """Shown while it lasts; in the log when it begins, when its reason changes, and once a minute."""
        waits, now = self.work[stack].waits, self.clock()
        pending = self._pending.get(stack, {})
        waits.stand({address: scrub(why) for address, why in {**pending, **reasons}.items()}, now)
        self.progress.waiting(list(waits.standing.values()))
        for wait in () if self.looped else waits.news(now):
            self.log.info("waiting", stack=stack, node=wait.node, reason=wait.reason, seconds=round(wait.seconds))

    def passed(self, stack: str, seconds: float, error: str) -> None:
        """One pass more, or one that was no success."""
        self.metrics.record_pass(stack, FAILED if error else SUCCEEDED, seconds, self.clock())
        if error and self.looped:
            self.log.error("pass failed", stack=stack, reason=scrub(error))


def _standing(step: Step) -> str:
    blocked = step.blocked.by if step.blocked else ""
    return f"{step.state} {step.action} {blocked} {[change.path for change in step.changes]}"


def counted(work: Work) -> str:
    """The nodes by what was done to them: `19 created, 2 updated`; empty when nothing was."""
    numbers = {action: len(work.nodes[action]) for action in Action if work.nodes.get(action)}
    return ", ".join(f"{number} {action.done}" for action, number in numbers.items())
