"""The real parts, put together once for every command, and how a signal stops what writes."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FrameType

from prometheus_client import CollectorRegistry
from rich.console import Console

from controller import __version__
from controller.aws.catalog import catalog
from controller.aws.client.cloud import RequestRecord, clouds
from controller.aws.client.secrets import STORE, SecretsManager
from controller.core.model.kind import Catalog
from controller.core.planning.guard import REASONS
from controller.engine.loop import Controller
from controller.engine.secrets import local_secrets
from controller.report.metrics import Metrics
from controller.report.secrecy import conceal
from controller.report.telemetry import Tally, Telemetry

STOP_SECONDS = 9.5
"""So long calls in flight may take to end after SIGTERM; a call given up is found by the next start."""


@dataclass
class Gate:
    """What every request to AWS has to pass as it leaves; open unless a command watches it."""

    watched: Callable[[], str] = lambda: ""
    """Why nothing may be sent now, or nothing."""

    def __call__(self) -> str:
        """Why nothing may be sent now, or nothing."""
        return self.watched()


@dataclass(frozen=True)
class Parts:
    """What a command works with."""

    catalog: Catalog
    controller: Controller
    telemetry: Telemetry
    registry: CollectorRegistry
    tally: Tally
    out: Console
    """Standard output: plans and results."""
    err: Console
    """Standard error: progress, questions and complaints."""
    gate: Gate = field(default_factory=Gate)
    endpoint: Callable[[str], str] = lambda region: ""
    """What tells the AWS of a region from others that have the same account; empty for AWS itself."""
    afterwards: ExitStack = field(default_factory=ExitStack)
    """What is to be done at the end, after the last call in flight."""


@contextmanager
def parts() -> Iterator[Parts]:
    """The parts of one command; a call that is in flight at the end is waited for."""
    registry = CollectorRegistry()
    metrics = Metrics(registry, REASONS, __version__)
    telemetry, tally, kinds = Telemetry(metrics), Tally(), catalog()

    def observe(request: RequestRecord) -> None:
        metrics.record_request(request.service, request.operation, request.outcome, request.seconds)
        tally.answered(f"{request.service}:{request.operation}", request.outcome)
        controller.alive_at = controller.clock()  # a long pass is no stuck one as long as AWS answers

    def endpoint(region: str) -> str:
        return cloud(region).endpoint()

    gate = Gate()
    cloud = clouds(observe, gate)
    secrets = {**local_secrets(), STORE: SecretsManager(cloud, conceal)}
    controller = Controller(kinds, cloud, telemetry, conceal=conceal, secrets=secrets)
    with ExitStack() as afterwards:
        out, err = plain_console(), plain_console(stderr=True)
        try:
            yield Parts(kinds, controller, telemetry, registry, tally, out, err, gate, endpoint, afterwards)
        except KeyboardInterrupt:
            raise  # only reads are in flight, and an endpoint that does not answer is not waited for
        except BaseException:
            controller.close()
            raise
        controller.close()


def plain_console(stderr: bool = False) -> Console:
    """A console that prints texts as they are: nothing in them is taken for markup or an emoji."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


@contextmanager
def stopping(stop: threading.Event) -> Iterator[None]:
    """While calls are made, SIGINT and SIGTERM only set `stop`: what is in flight ends, nothing more is begun.

    A second signal, or calls that do not end in time, end the program at once.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            _give_up()
        giving_up = threading.Timer(STOP_SECONDS, _give_up)
        giving_up.daemon = True
        giving_up.start()
        stop.set()
        if sys.stderr.isatty():
            _write("Stopping once the calls in flight have finished; interrupt again to stop immediately.\n")

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _give_up() -> None:
    _write(
        "holdfast: a call in flight did not finish in time and was abandoned; the next run finds what it created\n"
    )
    os._exit(1)


def _write(text: str) -> None:
    """Past the stream, which whoever the signal interrupted may be writing to."""
    os.write(2, text.encode())
