"""The reconciler of Stack objects: reads one, keeps it, deletes what it owns, or leaves it alone.

object ─▶ gone? readable? paused? leaving? ──▶ one pass ──▶ status, events ──▶ seconds until the next time
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from controller.core.model.cloud import HoldfastError, blaming
from controller.core.model.kind import Catalog
from controller.core.model.reference import Secret, expressions_in
from controller.core.model.stack import Allow, DeletionPolicy, Stack
from controller.engine.loop import Controller, Patience, Result, allowing
from controller.engine.reconcile import Intent
from controller.engine.stop import Stop, Stops
from controller.kube import stacks as objects
from controller.kube.api import Api, ApiRefused, Body, Object
from controller.kube.conditions import Doing, Report, StackFailure
from controller.kube.events import EventRecorder, News, Notice
from controller.kube.memory import Memories
from controller.kube.reflector import key_of
from controller.kube.secrets import STORE, KubernetesSecrets
from controller.kube.status import differing_since, seen_before, status_of
from controller.operator.conditions import check_secrets, notices_of, trouble_of, unreadable
from controller.report.secrecy import conceal, conceal_environment, scrub
from controller.report.telemetry import Telemetry

FIRST_BACKOFF, LONGEST_BACKOFF = 5.0, 600.0
LONGEST_PASSING = 60.0
"""A fault that may pass by itself is looked at again at least this often."""
UNWRITTEN_SECONDS = 5.0
"""What did not get through to the API server is tried again this soon."""
CONFLICT_SECONDS = 0.5
SEEN_SECONDS = 0.2
"""So soon what we wrote to an object is seen."""


@dataclass
class StackState:
    """One Stack as it was last read, and what one reconciliation remembers for the next."""

    request: tuple[object, ...] = ()
    """All that a person said with the object when it was last read."""
    stack: Stack | None = None
    error: HoldfastError | None = None
    """Why the document cannot be followed."""
    watched: bool = False
    """Whether passes are made over it: then it shares the inventory of its region, and has metrics."""
    news: News = field(default_factory=News)
    patience: Patience = field(default_factory=Patience)
    failures: int = 0
    reconciled: str = ""
    forced: bool = False
    """Whether somebody asked for a pass, and there was none yet that could be made: it is to read all anew."""
    halted: threading.Event = field(default_factory=threading.Event)
    """Set when something else is wanted of the Stack: the pass under way begins nothing more."""


@dataclass
class StackReconciler:
    """Reconciles Stacks. Many may be under way at once, but one for each Stack."""

    api: Api
    catalog: Catalog
    controller: Controller
    telemetry: Telemetry
    recorder: EventRecorder
    memories: Memories
    get: Callable[[str], Object | None]
    """The Stack behind a key, as it is now."""
    everything: Callable[[], Iterable[Object]]
    wake: Callable[[str], None]
    """Lets a Stack be reconciled now."""
    cluster: Callable[[], str]
    """The name of this cluster, which is known before anything is done."""
    interval: float
    stop: Stop
    """Set while this is not the leader."""
    kept: dict[str, StackState] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def reconcile(self, key: str) -> float | None:
        """Reconcile one Stack. Seconds until the next time, or None: not before somebody changes something."""
        kept = self.kept.setdefault(key, StackState())
        kept.halted.clear()  # before it is looked at: whatever is said later halts again
        obj = self.get(key)
        if obj is None:
            self.forget(key)
            return None
        return self.recall(obj) or self.attend(obj, kept)

    def attend(self, obj: Object, kept: StackState) -> float | None:
        """Do with it what it asks for."""
        self.read(obj, kept)
        if kept.stack is None:
            return self.stall(obj, kept)
        if objects.paused(obj):
            return self.pause(obj, kept, kept.stack)
        if objects.leaving(obj):
            return self.take_leave(obj, kept, kept.stack)
        wanted = kept.stack.deletion_policy is DeletionPolicy.DELETE
        if objects.held_back(obj) != wanted:  # before anything is made that is to be deleted with the object
            return self.hold_back(obj, wanted) or SEEN_SECONDS
        return self.keep(obj, kept, kept.stack)

    def halt(self, key: str) -> None:
        """Something else is wanted of a Stack: a pass under way over it begins nothing more."""
        kept = self.kept.get(key)
        if kept:
            kept.halted.set()

    def restart(self) -> None:
        """Forget what was remembered, as a program does that has just started: somebody else led meanwhile."""
        for key in list(self.kept):
            self.unwatch(self.kept.pop(key))
        self.memories.restart()
        self.controller.restart()

    # --- what becomes of it ---

    def forget(self, key: str) -> None:
        """It is no longer there. What it owned stays as it is."""
        kept = self.kept[key]
        self.unwatch(kept)
        self.memories.close(key)
        if kept.stack:
            self.controller.forget(kept.stack.name)
            structlog.get_logger("holdfast").info("stack gone, it is not looked after any more", stack=key)
        del self.kept[key]  # from now on another one may have its name
        for other, state in list(self.kept.items()):
            if isinstance(state.error, objects.Contested):
                self.wake(other)
        self.tell_validity()

    def stall(self, obj: Object, kept: StackState) -> float | None:
        """Its document cannot be followed: nothing is read, nothing is written, until it is another."""
        if objects.leaving(obj) and objects.policy(obj) is DeletionPolicy.RETAIN:
            return self.hold_back(obj, False)
        assert kept.error is not None
        trouble = unreadable(kept.error, objects.leaving(obj))
        self.tell(obj, kept.news.of_trouble(trouble.reason, trouble.message))
        unwritten = self.write(obj, Report(_generation(obj), self.now(), trouble=trouble))
        return unwritten or (self.interval if isinstance(kept.error, objects.Contested) else None)

    def pause(self, obj: Object, kept: StackState, stack: Stack) -> float | None:
        """A person said so. What it is like is no longer known, so no series of it remains."""
        self.unwatch(kept)
        return self.write(obj, Report(_generation(obj), self.now(), Doing.PAUSED, reconciled=kept.reconciled))

    def take_leave(self, obj: Object, kept: StackState, stack: Stack) -> float | None:
        """It was deleted: with the policy `Delete` all that it owns goes first, in order; with `Retain` all stays."""
        if stack.deletion_policy is DeletionPolicy.RETAIN or not objects.held_back(obj):
            return self.hold_back(obj, False) if objects.held_back(obj) else None
        partial = objects.says(obj, objects.PARTIAL_DELETION)
        intent = Intent(destroy=True, believe=True, partial=partial)
        result = self.one_pass(obj, kept, allowing(stack, Allow.DELETE), intent)
        if _nothing_left(result):
            self.tell(obj, [Notice("Deleted", "nothing that this stack owned is left")])
            return self.hold_back(obj, False)
        return self.report(obj, kept, result, Doing.DELETING)

    def keep(self, obj: Object, kept: StackState, stack: Stack) -> float | None:
        """One pass, and what it found is told."""
        believe = objects.says(obj, objects.ACCEPT_DISAPPEARANCE)
        result = self.one_pass(obj, kept, stack, Intent(believe=believe, fresh=kept.forced, alone=kept.forced))
        if result.done:
            kept.forced = False
        return self.report(obj, kept, result, Doing.KEEPING)

    def hold_back(self, obj: Object, held: bool) -> float | None:
        """Let the object vanish only when we say so, or let it go."""
        return self.patch(objects.path_of(obj), objects.finalizing(obj, held))

    # --- reading ---

    def recall(self, obj: Object) -> float | None:
        """Read what was kept of it, before anything is done; seconds until another try where nobody says."""
        try:
            self.memories.open(obj)
        except HoldfastError as error:
            structlog.get_logger("holdfast").warning("memory not read", stack=key_of(obj), reason=str(error))
            return UNWRITTEN_SECONDS
        return None

    def read(self, obj: Object, kept: StackState) -> None:
        """What the object desires; read once for each thing that a person says of it."""
        request = objects.request_of(obj)
        if request == kept.request and not isinstance(kept.error, objects.Contested):
            return
        kept.reconciled = kept.reconciled if kept.request else objects.heard(obj)
        try:
            with blaming("reading", key_of(obj)):
                stack = objects.stack_of(obj, self.everything(), self.catalog, self.cluster())
            check_secrets(stack)
            self.check_others(kept, stack)
        except HoldfastError as error:
            self.unwatch(kept)
            kept.stack, kept.error = None, error
        else:
            kept.error = None
            kept.stack = kept.stack if kept.stack == stack else self.taken(obj, kept, stack)
            self.take_request(obj, kept)
        kept.request, kept.failures = request, 0
        self.tell_validity()

    def check_others(self, kept: StackState, stack: Stack) -> None:
        """Raises `Contested` while another Stack has what this one asks for, were it for its last pass."""
        for key, other in list(self.kept.items()):
            held = other.stack
            if other is kept or not held:
                continue
            if held.name == stack.name:
                raise objects.NameTaken(stack.name, key)
            if held.identity == stack.moved_from:
                raise objects.StillKept(held.identity, key)

    def taken(self, obj: Object, kept: StackState, stack: Stack) -> Stack:
        """Another document is in force. Its secrets are hidden from now on, for AWS may show them."""
        conceal_environment(stack)
        for node in stack.nodes.values():
            for expression in expressions_in(node.fields):
                if isinstance(expression, Secret) and expression.store == STORE:
                    self.reveal(stack, expression)
        self.unwatch(kept)
        self.memories.claim(stack.name, key_of(obj))
        self.controller.memory_of(stack).recall(seen_before(obj, stack.nodes))
        return stack

    def reveal(self, stack: Stack, secret: Secret) -> None:
        """Read a secret only to hide it; that it cannot be read is told by the call that needs it."""
        try:
            conceal(KubernetesSecrets(self.api).read(stack, secret))
        except HoldfastError as error:
            structlog.get_logger("holdfast").debug("secret not readable yet", stack=stack.name, reason=str(error))

    def take_request(self, obj: Object, kept: StackState) -> None:
        """Somebody asks for another try: all is read anew, what had failed, or came back, is tried again."""
        wanted = objects.annotation(obj, objects.RECONCILE)
        if wanted != kept.reconciled and kept.stack:
            self.controller.memory_of(kept.stack).reset_failures()
            kept.forced = True
        kept.reconciled = wanted

    # --- passes ---

    def one_pass(self, obj: Object, kept: StackState, stack: Stack, intent: Intent) -> Result:
        """One pass, which ends early when something else is wanted of the Stack."""
        if not kept.watched:
            kept.watched = True
            self.telemetry.declare([stack], differing_since(obj))
        others = [state.stack for state in list(self.kept.values()) if state.watched and state is not kept]
        nearby = [other for other in others if other and other.region == stack.region]
        return self.controller.one_pass(stack, [*nearby, stack], intent, Stops((self.stop, kept.halted)))

    def unwatch(self, kept: StackState) -> None:
        """No passes are made over it now; what is not looked at has no metrics."""
        if kept.watched and kept.stack:
            self.telemetry.forget(kept.stack.name)
        kept.watched = False

    def report(self, obj: Object, kept: StackState, result: Result, doing: Doing) -> float | None:
        """Tell what a pass was like in status and events; seconds until the next."""
        trouble = trouble_of(result)
        again = self.again(kept, result, trouble)
        if self.stop.is_set():
            return None
        self.tell(obj, notices_of(kept.news, result, trouble))
        told = Report(
            generation=_generation(obj),
            now=self.now(),
            doing=doing,
            plan=result.done.plan if result.done else None,
            trouble=trouble,
            waits=result.done is not None and result.done.waits,
            seconds=result.seconds,
            again=again,
            reconciled=kept.reconciled,
        )
        return min(again, self.write(obj, told) or again)

    def again(self, kept: StackState, result: Result, trouble: StackFailure | None) -> float:
        """Soon while AWS is at work, later and later while there can be no pass, else after the interval."""
        if result.done is None and trouble:
            backoff = FIRST_BACKOFF * 2.0 ** min(kept.failures, 16)
            kept.failures += 1
            return max(self.interval, min(backoff, LONGEST_BACKOFF if trouble.lasting else LONGEST_PASSING))
        kept.failures = 0
        if result.done and result.done.waits:
            return min(kept.patience.pause(result.done), self.interval)
        kept.patience = Patience()
        return self.interval

    # --- telling ---

    def tell(self, obj: Object, notices: list[Notice]) -> None:
        """Make events of these."""
        self.recorder.record(obj, [notice._replace(note=scrub(notice.note)) for notice in notices])

    def write(self, obj: Object, report: Report) -> float | None:
        """Write the status; seconds until another try where it did not get through."""
        latest = self.get(key_of(obj)) or obj
        status = status_of(latest.get("status") or {}, report, scrub)
        return self.patch(f"{objects.path_of(obj)}/status", objects.telling(obj, status))

    def patch(self, path: str, change: Body) -> float | None:
        """Change an object. What is gone needs no change; seconds until another try where one is needed."""
        try:
            self.api.ask("PATCH", path, change)
        except HoldfastError as error:
            if isinstance(error, ApiRefused) and error.gone:
                return None
            structlog.get_logger("holdfast").warning("not written to the API server", reason=str(error))
            return CONFLICT_SECONDS if isinstance(error, ApiRefused) and error.conflict else UNWRITTEN_SECONDS
        return None

    def tell_validity(self) -> None:
        """Whether every document can be followed."""
        self.telemetry.metrics.record_document(all(state.error is None for state in list(self.kept.values())))


def _generation(obj: Object) -> int:
    return int(obj["metadata"].get("generation", 0))


def _nothing_left(result: Result) -> bool:
    done = result.done
    return done is not None and done.plan.in_sync and not done.plan.incomplete and not done.outcome.failed
