"""The documents of a command: read once, or kept up to date while the loop runs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from controller.cli.collector import paused_collector
from controller.core.document.loader import Judge, lenient, load
from controller.core.document.problem import DocumentError
from controller.core.document.source import Source
from controller.core.model.cloud import HoldfastError, blaming
from controller.core.model.kind import Catalog
from controller.core.model.reference import Foreign, expressions_in
from controller.core.model.stack import Stack
from controller.report.secrecy import conceal_environment
from controller.report.telemetry import Telemetry
from controller.sources.files import LocalFiles


def read(source: Source, catalog: Catalog, judge: Judge = lenient) -> list[Stack]:
    """The stacks of a source. What they take from the environment as a secret is hidden from now on.

    Not only when it is used: AWS may show it in what is live. Raises `DocumentError`, also for what `judge` finds.
    """
    with paused_collector():
        stacks = load(source, catalog, judge)
    for stack in stacks:
        conceal_environment(stack)
    return stacks


def source_at(paths: Sequence[Path]) -> Source:
    """What the paths of a command lead to."""
    return LocalFiles(paths)


def referred_first(stacks: Sequence[Stack]) -> list[Stack]:
    """Each stack behind those that it refers to, as far as they do not refer to each other."""
    waiting, ordered = list(stacks), list[Stack]()
    while waiting:
        names = {stack.name for stack in waiting}
        free = [stack for stack in waiting if not names & (set(_referred(stack)) - {stack.name})]
        ordered += free or waiting
        waiting = [stack for stack in waiting if stack not in ordered]
    return ordered


def _referred(stack: Stack) -> Iterator[str]:
    for node in stack.nodes.values():
        yield from (reference.stack for reference in expressions_in(node.fields) if isinstance(reference, Foreign))


@dataclass
class Documents:
    """The documents in force: the last good ones. An invalid edit is reported and changes nothing."""

    paths: Sequence[Path]
    catalog: Catalog
    telemetry: Telemetry
    follow: Callable[[Sequence[Stack]], None] = lambda stacks: None
    """Told of the stacks each time that others are in force."""
    stacks: list[Stack] = field(default_factory=list)
    source: Source | None = None
    """As it was read last, whether that was good or not; None where it still has to be read."""

    def read(self) -> list[Stack]:
        """Read them for the first time. Raises `DocumentError`."""
        self.take(self._read())
        return self.stacks

    def latest(self) -> list[Stack]:
        """The stacks in force now, read again when a file has changed, or one that they include."""
        if self.source is None or self.source.changed():
            self._read_again()
        return self.stacks

    def _read(self) -> list[Stack]:
        self.source = source_at(self.paths)
        return read(self.source, self.catalog)

    def _read_again(self) -> None:
        """Where that fails by a mistake of ours nobody knows what they are worth: they still have to be read."""
        log = structlog.get_logger("holdfast")
        try:
            with blaming("reading", "the documents"):
                stacks = self._read()
        except HoldfastError as error:
            self.telemetry.metrics.record_document(valid=False)
            told = error.told() if isinstance(error, DocumentError) else [str(error)]
            log.error("document invalid, the last good one stays", problems=told)
            self.source = self.source if isinstance(error, DocumentError) else None
            return
        self.take(stacks)
        log.info("documents read again", stacks=[stack.name for stack in self.stacks])

    def take(self, stacks: list[Stack]) -> None:
        """Put these in force; stacks that are no longer there are no longer looked after, and nothing is deleted."""
        for gone in {stack.name for stack in self.stacks} - {stack.name for stack in stacks}:
            self.telemetry.forget(gone)
            structlog.get_logger("holdfast").warning("stack left the documents, nothing of it is deleted", stack=gone)
        self.stacks = stacks
        self.follow(stacks)
        self.telemetry.declare(stacks)
        self.telemetry.metrics.record_document(valid=True)
