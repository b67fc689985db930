"""The documents of a command: read once, or kept up to date while the loop runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from controller.core.document.included import Files, Stamp, changed, stamp
from controller.core.document.loader import DocumentError, load
from controller.core.model.cloud import HoldfastError, blaming
from controller.core.model.kind import Catalog
from controller.core.model.reference import Foreign, expressions_in
from controller.core.model.stack import Stack
from controller.report.secrecy import conceal_environment
from controller.report.telemetry import Telemetry

_Signature = tuple[Stamp, ...]
_UNREAD: _Signature = ()


def read(paths: Sequence[Path], catalog: Catalog, files: Files | None = None) -> list[Stack]:
    """The stacks of these paths. What they take from the environment as a secret is hidden from now on.

    Not only when it is used: AWS may show it in what is live. `files` remembers what the documents include.
    Raises `DocumentError`.
    """
    stacks = load(paths, catalog, files)
    for stack in stacks:
        conceal_environment(stack)
    return stacks


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
        yield from (each.stack for each in expressions_in(node.fields) if isinstance(each, Foreign))


@dataclass
class Documents:
    """The documents in force: the last good ones. An invalid edit is reported and changes nothing."""

    paths: Sequence[Path]
    catalog: Catalog
    telemetry: Telemetry
    follow: Callable[[Sequence[Stack]], None] = lambda stacks: None
    """Told of the stacks each time that others are in force."""
    stacks: list[Stack] = field(default_factory=list)
    seen: _Signature = _UNREAD
    included: Mapping[Path, Stamp] = field(default_factory=dict)
    """What they included when they were last read, good or not."""

    def read(self) -> list[Stack]:
        """Read them for the first time. Raises `DocumentError`."""
        self.seen = _signature(self.paths)
        self.take(self._read())
        return self.stacks

    def latest(self) -> list[Stack]:
        """The stacks in force now, read again when a file has changed, or one that they include."""
        found = _signature(self.paths)
        if found != self.seen or changed(self.included):
            self.seen = found if self._read_again() else _UNREAD
        return self.stacks

    def _read(self) -> list[Stack]:
        files = Files()
        self.included = files.stamps
        return read(self.paths, self.catalog, files)

    def _read_again(self) -> bool:
        """Whether that said what they are worth; where it failed by a mistake of ours they still have to be read."""
        log = structlog.get_logger("holdfast")
        try:
            with blaming("reading", "the documents"):
                stacks = self._read()
        except HoldfastError as error:
            self.telemetry.metrics.record_document(valid=False)
            told = error.told() if isinstance(error, DocumentError) else [str(error)]
            log.error("document invalid, the last good one stays", problems=told)
            return isinstance(error, DocumentError)
        self.take(stacks)
        log.info("documents read again", stacks=[stack.name for stack in self.stacks])
        return True

    def take(self, stacks: list[Stack]) -> None:
        """Put these in force; stacks that are no longer there are no longer looked after, and nothing is deleted."""
        for gone in {stack.name for stack in self.stacks} - {stack.name for stack in stacks}:
            self.telemetry.forget(gone)
            structlog.get_logger("holdfast").warning("stack left the documents, nothing of it is deleted", stack=gone)
        self.stacks = stacks
        self.follow(stacks)
        self.telemetry.declare(stacks)
        self.telemetry.metrics.record_document(valid=True)


def _signature(paths: Sequence[Path]) -> _Signature:
    """What changes when a document does: the files, and each one's place, times and size."""
    found = []
    for path in paths:
        try:
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
        except (OSError, RuntimeError, ValueError):  # who reads it says so, at its place
            files = [path]
        found += [stamp(file) for file in files]
    return tuple(found)
