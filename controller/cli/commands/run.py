"""The loop as a command: documents read again when they change, metrics and health served."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import structlog

from controller import __version__
from controller.cli.arguments import ADDRESS
from controller.cli.collector import settle_collector
from controller.cli.documents import Documents
from controller.cli.spinner import said_on_terminal
from controller.cli.state import claiming
from controller.cli.wiring import Parts, stopping
from controller.engine.reconcile import Intent
from controller.report.server import Server


def run(arguments: Namespace, parts: Parts) -> int:
    """Keep the stacks in line with their documents, until stopped."""
    claims = claiming(arguments, parts)
    documents = Documents(arguments.paths, parts.catalog, parts.telemetry, claims.keep)
    documents.read()
    intent = Intent(believe=arguments.accept_disappearance)
    parts.telemetry.metrics.record_leader(True)  # who may write is asked stack by stack
    parts.telemetry.looped = True
    if arguments.once:
        return _once(arguments, parts, documents, intent)
    with serving(arguments.address or ADDRESS, arguments.interval, parts) as server:
        return keep(documents, arguments.interval, intent, parts, server)


def _once(arguments: Namespace, parts: Parts, documents: Documents, intent: Intent) -> int:
    address = arguments.address
    with serving(address, arguments.interval, parts) if address else nullcontext() as server:
        _log_start(documents, parts, server, once=True)
        with stopping(parts.controller.stop), said_on_terminal(parts, "Reconciling"):
            results = list(parts.controller.passes(documents.stacks, intent))
    good = [result.stack.name for result in results if not result.trouble]
    _log("stopped", succeeded=good)
    return 0 if len(good) == len(documents.stacks) else 1


@contextmanager
def serving(address: str, interval: float, parts: Parts) -> Iterator[Server]:
    """Metrics and health on an address, from before the first pass until after the last."""
    controller = parts.controller
    server = Server(
        address,
        parts.registry,
        healthy=lambda: controller.stuck(interval),
        ready=lambda: None if controller.passed else "the first pass is not over",
    )
    try:
        yield server
    finally:
        server.close()


def keep(documents: Documents, interval: float, intent: Intent, parts: Parts, server: Server) -> int:
    """The loop itself; its start and its end are in the log."""
    _log_start(documents, parts, server, interval=interval)
    settle_collector()
    with stopping(parts.controller.stop):
        parts.controller.run(documents.latest, interval, intent)
    _log("stopped")
    return 0


def _log_start(documents: Documents, parts: Parts, server: Server | None, **more: object) -> None:
    stacks = [stack.name for stack in documents.stacks]
    served = {"metrics": f"http://{server.address}/metrics"} if server else {}
    _log("started", version=__version__, stacks=stacks, **served, **more)


def _log(event: str, **keys: object) -> None:
    structlog.get_logger("holdfast").info(event, **keys)
