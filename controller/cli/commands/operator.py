"""The operator as a command: its parts, its lease, and what it serves."""

import os
import socket
import uuid
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from controller import __version__
from controller.cli.collector import settle_collector
from controller.cli.wiring import Parts, stopping
from controller.kube.api import connect
from controller.kube.lease import Elector, Terms
from controller.kube.secrets import STORE, KubernetesSecrets
from controller.operator.operator import Operator, not_leading
from controller.report.server import Server

ADDRESS = ":8080"
"""Where the operator serves unless told otherwise: in a pod, whoever asks comes from elsewhere."""


def operate(arguments: Namespace, parts: Parts) -> int:
    """Keep the Stacks of a cluster as their documents say, until told to stop."""
    api, home = connect()
    identity = f"{os.environ.get('POD_NAME') or socket.gethostname()}_{uuid.uuid4().hex[:12]}"
    terms = Terms(arguments.lease_duration)
    elector = Elector(api, arguments.lease_namespace or home, arguments.lease_name, identity, terms)
    parts.gate.watched = lambda: not_leading(elector)
    parts.controller.secrets = {**parts.controller.secrets, STORE: KubernetesSecrets(api)}
    operator = Operator(
        api,
        elector,
        parts.catalog,
        parts.controller,
        parts.telemetry,
        namespaces=arguments.namespace or [""],
        interval=arguments.interval,
        cluster=arguments.cluster or "",
    )
    with stopping(parts.controller.stop), _serving(arguments, parts, operator) as server:
        _log("started", version=__version__, identity=identity, metrics=f"http://{server.address}/metrics")
        settle_collector()
        operator.run(arguments.workers)
    _log("stopped")
    return 0


@contextmanager
def _serving(arguments: Namespace, parts: Parts, operator: Operator) -> Iterator[Server]:
    server = Server(arguments.address or ADDRESS, parts.registry, healthy=operator.unhealthy, ready=operator.unready)
    try:
        yield server
    finally:
        server.close()


def _log(event: str, **keys: object) -> None:
    structlog.get_logger("holdfast").info(event, **keys)
