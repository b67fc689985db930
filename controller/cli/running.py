"""The loop as a command: documents re-read when they change, metrics and health served."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from controller.cli.reading import complain
from controller.cli.wiring import Parts
from controller.core.document import DocumentError, load
from controller.core.stack import Stack
from controller.engine.reconcile import Intent
from controller.report.server import Server

_Signature = tuple[tuple[str, int, int], ...]


@dataclass
class Documents:
    """The documents in force: the last good ones. An invalid edit is reported and changes nothing."""

    paths: Sequence[Path]
    parts: Parts
    stacks: list[Stack] = field(default_factory=list)
    seen: _Signature = ()

    def read(self) -> list[Stack]:
        """Read them for the first time. Raises `DocumentError`."""
        self.seen = _signature(self.paths)
        self.take(load(self.paths, self.parts.catalog))
        return self.stacks

    def latest(self) -> list[Stack]:
        """The stacks in force now, read again when a file has changed."""
        found = _signature(self.paths)
        if found != self.seen:
            self.seen = found
            try:
                self.take(load(self.paths, self.parts.catalog))
            except DocumentError as error:
                self.parts.telling.metrics.record_document(valid=False)
                problems = [str(problem) for problem in error.problems]
                structlog.get_logger("holdfast").error("document invalid, the last good one stays", problems=problems)
        return self.stacks

    def take(self, stacks: list[Stack]) -> None:
        """Put these in force; stacks that are no longer there are no longer looked after."""
        for gone in {stack.name for stack in self.stacks} - {stack.name for stack in stacks}:
            self.parts.telling.metrics.forget(gone)
        self.stacks = stacks
        self.parts.telling.declare(stacks)
        self.parts.telling.metrics.record_document(valid=True)


def _signature(paths: Sequence[Path]) -> _Signature:
    """What changes when a document does: names, times and sizes of the files."""
    found = []
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                status = file.stat()
                found.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(found)


def run(arguments: Namespace, parts: Parts) -> int:
    """Keep the stacks as their documents say, until told to stop."""
    documents = Documents(arguments.paths, parts)
    documents.read()
    intent = Intent(believe=arguments.accept_disappearance)
    controller = parts.controller
    server = Server(
        arguments.address,
        parts.registry,
        healthy=lambda: controller.stuck(arguments.interval),
        ready=lambda: None if controller.passed else "the first pass is not over",
    )
    try:
        parts.err.print(f"serving metrics on http://{server.address}/metrics", soft_wrap=True)
        if arguments.once:
            results = list(controller.passes(documents.stacks, intent))
            complain(results, parts.err)
            return 1 if any(result.error for result in results) else 0
        controller.run(documents.latest, arguments.interval, intent)
        return 0
    finally:
        server.close()
