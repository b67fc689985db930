"""The operator: Stacks watched on the API server, one queue, many workers, and one leader.

reflectors ──▶ queue ──▶ reconciler (many workers) ──▶ AWS, status, events
elector ──▶ gained: all Stacks are due · lost: nothing more is begun, and all workers are waited for
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import structlog

from controller.core.model.cloud import HoldfastError
from controller.core.model.kind import Catalog
from controller.engine.loop import Controller
from controller.engine.queue import Queue
from controller.kube import stacks as objects
from controller.kube.api import Api, Object
from controller.kube.events import EventRecorder
from controller.kube.identity import cluster_of
from controller.kube.lease import Elector
from controller.kube.memory import Memories
from controller.kube.reflector import Reflector, key_of
from controller.operator.stack_reconciler import StackReconciler
from controller.report.secrecy import scrub
from controller.report.telemetry import Telemetry

AFTER_A_BUG_SECONDS = 60.0
UNKNOWN_SECONDS = 5.0
"""So long until it is asked once more which cluster this is."""


def not_leading(elector: Elector) -> str:
    """Why nothing may be written now, or nothing."""
    return "" if elector.leading else "this is not the leader"


@dataclass(frozen=True)
class _NotLeading:
    """Set while this is not the leader."""

    elector: Elector

    def is_set(self) -> bool:
        return not self.elector.leading


@dataclass
class Operator:
    """What runs until it is told to stop: reflectors, the elector, and the workers that work at the queue."""

    api: Api
    elector: Elector
    catalog: Catalog
    controller: Controller
    telemetry: Telemetry
    namespaces: list[str]
    interval: float
    cluster: str = ""
    """The cluster's name; found out before anything is done, unless it was given."""
    unnamed: str = "the cluster has not been identified yet"
    """Why it has no name."""
    queue: Queue = field(default_factory=Queue)
    threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stop = self.controller.stop
        self.reflectors = [
            Reflector(self.api, objects.collection(namespace), self.changed) for namespace in self.namespaces
        ]
        self.telemetry.looped = True
        self.telemetry.metrics.record_leader(False)
        self.telemetry.metrics.record_document(True)
        memories = Memories(self.api, lambda: not_leading(self.elector), scrub)
        self.controller.store = lambda stack: memories
        self.reconciler = StackReconciler(
            self.api,
            self.catalog,
            self.controller,
            self.telemetry,
            EventRecorder(self.api, self.elector.identity),
            memories,
            get=self.get,
            everything=self.everything,
            wake=self.add,
            cluster=lambda: self.cluster,
            interval=self.interval,
            stop=_NotLeading(self.elector),
        )

    def run(self, workers: int) -> None:
        """Work until told to stop; then the calls in flight end, and the lease is let go."""
        for reflector in self.reflectors:
            self.start(f"watch {reflector.path}", partial(reflector.run, self.stop))
        campaign = self.start("lease", self.campaign)
        threads = [self.start(f"worker {number}", self.work) for number in range(workers)]
        self.stop.wait()
        _log("stopping")
        self.queue.close()
        for thread in [*threads, campaign]:
            thread.join()
        self.elector.release()

    def start(self, name: str, task: Callable[[], None]) -> threading.Thread:
        """Begin a task of its own, which lasts as long as the operator."""
        thread = threading.Thread(target=task, name=name, daemon=True)
        self.threads.append(thread)
        thread.start()
        return thread

    # --- what is watched ---

    def get(self, key: str) -> Object | None:
        """The Stack behind a key, as it is now."""
        seen = (reflector.objects.get(key) for reflector in self.reflectors)
        return next((obj for obj in seen if obj), None)

    def everything(self) -> list[Object]:
        """All Stacks."""
        return [obj for reflector in self.reflectors for obj in list(reflector.objects.values())]

    def changed(self, before: Object | None, after: Object | None) -> None:
        """A Stack is another than before. What we wrote ourselves, such as its status, asks for nothing."""
        if before and after and objects.request_of(before) == objects.request_of(after):
            return
        either = after or before
        assert either is not None
        structlog.get_logger("holdfast").info("stack changed" if after else "stack removed", key=key_of(either))
        self.reconciler.halt(key_of(either))
        self.add(key_of(either))

    def add(self, key: str) -> None:
        """Let a Stack be reconciled; who does not lead does nothing."""
        if self.elector.leading:
            self.queue.add(key)

    # --- who leads ---

    def campaign(self) -> None:
        """Compete for the lease, once all Stacks have been seen, and it is known what to tag their things with."""
        for reflector in self.reflectors:
            while not reflector.listed.wait(0.1):
                if self.stop.is_set():
                    return
        while not self.named():
            if self.stop.wait(UNKNOWN_SECONDS):
                return
        self.elector.run(self.stop, self.gained, self.lost)

    def named(self) -> bool:
        """Whether it is known which cluster this is; why not is told when it is another reason than before."""
        if self.cluster:
            return True
        try:
            self.cluster = cluster_of(self.api)
        except HoldfastError as error:
            if str(error) != self.unnamed:
                structlog.get_logger("holdfast").error("cluster unknown", reason=str(error))
            self.unnamed = str(error)
            return False
        _log("cluster known", cluster=self.cluster)
        return True

    def gained(self) -> None:
        """This is the only writer now: every Stack is due."""
        self.telemetry.metrics.record_leader(True)
        for obj in self.everything():
            self.queue.add(key_of(obj))

    def lost(self) -> None:
        """Somebody else may write: nothing more is begun; returns when all that was begun has ended."""
        self.telemetry.metrics.record_leader(False)
        self.queue.clear()
        self.reconciler.restart()

    # --- the work ---

    def work(self) -> None:
        """Take one Stack after the other from the queue, and reconcile it."""
        while (key := self.queue.take()) is not None:
            self.queue.done(key, self.reconcile(key))

    def reconcile(self, key: str) -> float | None:
        """One Stack; a bug in that keeps none of the others from being reconciled."""
        if not self.elector.leading:
            return None
        self.controller.alive_at = self.controller.clock()
        try:
            return self.reconciler.reconcile(key)
        except Exception as error:  # noqa: BLE001 - one Stack's bug is not to end the work on the others
            structlog.get_logger("holdfast").error("reconciling failed, this is a bug", stack=key, reason=repr(error))
            return AFTER_A_BUG_SECONDS

    # --- how it is ---

    def unhealthy(self) -> str | None:
        """Why the operator is not alive, or None. That the API server does not answer is no reason to start anew."""
        dead = [thread.name for thread in self.threads if not thread.is_alive()]
        if dead and not self.stop.is_set():
            return f"stopped unexpectedly: {', '.join(dead)}"
        return None if self.queue.idle else self.controller.stuck(self.interval)

    def unready(self) -> str | None:
        """Why it is not ready to lead, or None."""
        unlisted = [reflector for reflector in self.reflectors if not reflector.listed.is_set()]
        reasons = [f"{reflector.path} has not been listed yet: {reflector.trouble}" for reflector in unlisted]
        return "; ".join(reasons or ([] if self.cluster else [self.unnamed])) or None


def _log(event: str, **keys: object) -> None:
    structlog.get_logger("holdfast").info(event, **keys)
