"""The real parts, put together once for every command."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from prometheus_client import CollectorRegistry
from rich.console import Console

from controller import __version__
from controller.aws.catalog import catalog
from controller.aws.client import RequestRecord, clouds
from controller.cli.journal import Telling
from controller.core.guard import REASONS
from controller.core.kind import Catalog
from controller.engine.loop import Controller
from controller.report.metrics import Metrics
from controller.report.secrecy import conceal

STOP_SECONDS = 9.5
"""So long calls in flight may take to end after SIGTERM; a call given up is found by the next start."""


@dataclass(frozen=True)
class Parts:
    """What a command works with."""

    catalog: Catalog
    controller: Controller
    telling: Telling
    registry: CollectorRegistry
    out: Console
    """Standard output: plans and results."""
    err: Console
    """Standard error: progress and questions."""


@contextmanager
def parts() -> Iterator[Parts]:
    """The parts of one command; stopped by SIGINT or SIGTERM after the calls in flight."""
    registry = CollectorRegistry()
    metrics = Metrics(registry, REASONS, __version__)
    telling = Telling(metrics)
    kinds = catalog()

    def observe(request: RequestRecord) -> None:
        metrics.record_request(request.service, request.operation, request.outcome, request.seconds)

    controller = Controller(kinds, clouds(observe), telling, conceal=conceal)
    try:
        with _stopped_by_signals(controller.stop):
            yield Parts(kinds, controller, telling, registry, Console(highlight=False), Console(stderr=True))
    finally:
        controller.close()


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    def on_signal(number: int, frame: FrameType | None) -> None:
        if not stop.is_set():
            giving_up = threading.Timer(STOP_SECONDS, _give_up)
            giving_up.daemon = True
            giving_up.start()
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _give_up() -> None:
    sys.stderr.write("holdfast: a call in flight did not end in time and was given up\n")
    sys.stderr.flush()
    os._exit(1)
