"""The operator: Stacks watched on the API server, one queue, many hands, and one leader.

reflectors ──▶ queue ──▶ turns (many hands) ──▶ AWS, status, events
elector ──▶ gained: all Stacks are due · lost: nothing more is begun, and all hands are waited for
"""

import os
import socket
import threading
import uuid
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog

from controller import __version__
from controller.cli.turns import Turns
from controller.cli.wiring import Parts, stopping
from controller.core.model.cloud import HoldfastError
from controller.engine.loop import settle_collector
from controller.engine.queue import Queue
from controller.kube import stacks as objects
from controller.kube.api import Api, Object, connect
from controller.kube.events import Recorder
from controller.kube.identity import cluster_of
from controller.kube.lease import Elector, Terms
from controller.kube.memory import Memories
from controller.kube.reflector import Reflector, key_of
from controller.kube.secrets import read_secret
from controller.report.secrecy import scrub
from controller.report.server import Server

ADDRESS = ":8080"
"""Where the operator serves unless told otherwise: in a pod, whoever asks comes from elsewhere."""
AFTER_A_BUG_SECONDS = 60.0
UNKNOWN_SECONDS = 5.0
"""So long until it is asked once more which cluster this is."""


def operate(arguments: Namespace, parts: Parts) -> int:
    """Keep the Stacks of a cluster as their documents say, until told to stop."""
    api, home = connect()
    identity = f"{os.environ.get('POD_NAME') or socket.gethostname()}_{uuid.uuid4().hex[:12]}"
    terms = Terms(arguments.lease_duration)
    elector = Elector(api, arguments.lease_namespace or home, arguments.lease_name, identity, terms)
    parts.gate.watched = lambda: _forbidden(elector)
    parts.controller.vault = partial(read_secret, api)
    operator = Operator(api, elector, parts, arguments.namespace or [""], arguments.interval, arguments.cluster or "")
    with stopping(parts.controller.stop), _serving(arguments, parts, operator) as server:
        _log("started", version=__version__, identity=identity, metrics=f"http://{server.address}/metrics")
        settle_collector()
        operator.run(arguments.workers)
    _log("stopped")
    return 0


def _forbidden(elector: Elector) -> str:
    """Why nothing may be written now, or nothing."""
    return "" if elector.leading else "this is not the leader"


@contextmanager
def _serving(arguments: Namespace, parts: Parts, operator: "Operator") -> Iterator[Server]:
    server = Server(arguments.address or ADDRESS, parts.registry, healthy=operator.ailment, ready=operator.unready)
    try:
        yield server
    finally:
        server.close()


@dataclass(frozen=True)
class _NotLeading:
    """Set while this is not the leader."""

    elector: Elector

    def is_set(self) -> bool:
        return not self.elector.leading


@dataclass
class Operator:
    """What runs until it is told to stop: reflectors, the elector, and the hands that work at the queue."""

    api: Api
    elector: Elector
    parts: Parts
    namespaces: list[str]
    interval: float
    cluster: str = ""
    """The cluster's name; found out before anything is done, unless it was given."""
    unnamed: str = "it was not asked yet which cluster this is"
    """Why it has no name."""
    queue: Queue = field(default_factory=Queue)
    threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stop = self.parts.controller.stop
        self.reflectors = [Reflector(self.api, objects.collection(each), self.changed) for each in self.namespaces]
        self.parts.telling.looped = True
        self.parts.telling.metrics.record_leader(False)
        self.parts.telling.metrics.record_document(True)
        memories = Memories(self.api, lambda: _forbidden(self.elector), scrub)
        self.parts.controller.store = lambda stack: memories
        self.turns = Turns(
            self.api,
            self.parts.catalog,
            self.parts.controller,
            self.parts.telling,
            Recorder(self.api, self.elector.identity),
            memories,
            found=self.found,
            everything=self.everything,
            wake=self.add,
            cluster=lambda: self.cluster,
            interval=self.interval,
            stop=_NotLeading(self.elector),
        )

    def run(self, hands: int) -> None:
        """Work until told to stop; then the calls in flight end, and the lease is let go."""
        for reflector in self.reflectors:
            self.start(f"watch {reflector.path}", partial(reflector.run, self.stop))
        campaign = self.start("lease", self.campaign)
        workers = [self.start(f"hand {number}", self.work) for number in range(hands)]
        self.stop.wait()
        _log("stopping")
        self.queue.close()
        for thread in [*workers, campaign]:
            thread.join()
        self.elector.release()

    def start(self, name: str, task: Callable[[], None]) -> threading.Thread:
        """Begin a task of its own, which lasts as long as the operator."""
        thread = threading.Thread(target=task, name=name, daemon=True)
        self.threads.append(thread)
        thread.start()
        return thread

    # --- what is watched ---

    def found(self, key: str) -> Object | None:
        """The Stack behind a key, as it is now."""
        seen = (each.objects.get(key) for each in self.reflectors)
        return next((found for found in seen if found), None)

    def everything(self) -> list[Object]:
        """All Stacks."""
        return [found for each in self.reflectors for found in list(each.objects.values())]

    def changed(self, before: Object | None, after: Object | None) -> None:
        """A Stack is another than before. What we wrote ourselves, such as its status, asks for nothing."""
        if before and after and objects.asked(before) == objects.asked(after):
            return
        either = after or before
        assert either is not None
        structlog.get_logger("holdfast").info("stack changed" if after else "stack removed", key=key_of(either))
        self.turns.halt(key_of(either))
        self.add(key_of(either))

    def add(self, key: str) -> None:
        """Let a Stack have its turn; who does not lead does nothing."""
        if self.elector.leading:
            self.queue.add(key)

    # --- who leads ---

    def campaign(self) -> None:
        """Compete for the lease, once all Stacks have been seen, and it is known what to mark their things with."""
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
        self.parts.telling.metrics.record_leader(True)
        for found in self.everything():
            self.queue.add(key_of(found))

    def lost(self) -> None:
        """Somebody else may write: nothing more is begun; returns when all that was begun has ended."""
        self.parts.telling.metrics.record_leader(False)
        self.queue.clear()
        self.turns.restart()

    # --- the work ---

    def work(self) -> None:
        """Take one Stack after the other from the queue, and give it its turn."""
        while (key := self.queue.take()) is not None:
            self.queue.done(key, self.turn(key))

    def turn(self, key: str) -> float | None:
        """One turn; a bug in it keeps nobody else from theirs."""
        if not self.elector.leading:
            return None
        self.parts.controller.alive_at = self.parts.controller.clock()
        try:
            return self.turns.turn(key)
        except Exception as error:  # noqa: BLE001 - one Stack's bug is not to end the work on the others
            structlog.get_logger("holdfast").error("turn failed, this is a bug", stack=key, reason=repr(error))
            return AFTER_A_BUG_SECONDS

    # --- how it is ---

    def ailment(self) -> str | None:
        """Why the operator is not alive, or None. That the API server does not answer is no reason to start anew."""
        dead = [thread.name for thread in self.threads if not thread.is_alive()]
        if dead and not self.stop.is_set():
            return f"ended by itself: {', '.join(dead)}"
        return None if self.queue.idle else self.parts.controller.stuck(self.interval)

    def unready(self) -> str | None:
        """Why it is not ready to lead, or None."""
        unlisted = [each for each in self.reflectors if not each.listed.is_set()]
        reasons = [f"{each.path} is not listed yet: {each.trouble}" for each in unlisted]
        return "; ".join(reasons or ([] if self.cluster else [self.unnamed])) or None


def _log(event: str, **keys: object) -> None:
    structlog.get_logger("holdfast").info(event, **keys)
