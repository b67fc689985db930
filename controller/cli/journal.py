"""What the engine tells, told on: to the log, the metrics and the live progress."""

import time
from collections.abc import Callable, Sequence

import structlog

from controller.core.journal import Write
from controller.core.kind import Call
from controller.core.reference import Address
from controller.core.stack import Stack
from controller.core.step import Plan
from controller.report.metrics import FAILED, SUCCEEDED, Metrics
from controller.report.progress import Reporter, Silent
from controller.report.secrecy import scrub


class Telling:
    """The journal of the real program. Log messages are constant, what varies is in their keys."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.time) -> None:
        self.metrics, self.clock = metrics, clock
        self.log = structlog.get_logger("holdfast")
        self.progress: Reporter = Silent()
        self._told: dict[tuple[str, Address], str] = {}

    def declare(self, stacks: Sequence[Stack]) -> None:
        """Let every series of these stacks exist from the start."""
        for stack in stacks:
            self.metrics.declare(stack.name, stack.nodes)

    def planned(self, plan: Plan) -> None:
        """Drift, blocked steps and failed reads: said once, and again only when they change."""
        self.metrics.record_plan(plan, self.clock())
        for failure in plan.incomplete:
            self.log.warning("listing failed", stack=plan.stack, reason=scrub(failure))
        standing: dict[tuple[str, Address], str] = {}
        for step in plan.steps:
            if not step.settled:
                blocked = f"{step.blocked.by}: {step.blocked.why}" if step.blocked else ""
                told = f"{step.state} {step.action} {blocked} {[change.path for change in step.changes]}"
                standing[plan.stack, step.address] = told
                if self._told.get((plan.stack, step.address)) != told:
                    self.log.info(
                        "difference found",
                        stack=plan.stack,
                        node=str(step.address),
                        state=str(step.state),
                        action=str(step.action),
                        changes=[change.path for change in step.changes],
                        blocked=blocked,
                        note=scrub(step.note),
                    )
        self._told = {key: told for key, told in self._told.items() if key[0] != plan.stack} | standing

    def started(self, stack: str, address: Address, call: Call) -> None:
        """Shown while it runs."""
        self.progress.started(str(address), call.operation)

    def wrote(self, write: Write) -> None:
        """Every write is logged with the change it is for and AWS's request id."""
        succeeded = write.outcome == "ok"
        self.metrics.record_write(write.stack, write.address.kind, write.action, SUCCEEDED if succeeded else FAILED)
        (self.log.info if succeeded else self.log.error)(
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
        self.progress.finished(
            str(write.address), write.call.operation, SUCCEEDED if succeeded else FAILED, scrub(write.message)
        )

    def waiting(self, stack: str, reasons: dict[Address, str]) -> None:
        """Shown while it lasts."""
        self.progress.waiting([f"{address}: {scrub(reason)}" for address, reason in reasons.items()])

    def passed(self, stack: str, seconds: float, error: str) -> None:
        """One pass more, or one that could not be made."""
        self.metrics.record_pass(stack, FAILED if error else SUCCEEDED, seconds, self.clock())
        if error:
            self.log.error("pass failed", stack=stack, reason=scrub(error))
