"""What a look at AWS waits for, and for how long: one line on a terminal, nothing anywhere else."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.live import Live
from rich.text import Text

from controller.cli.wiring import Parts
from controller.core.model.stack import Stack
from controller.engine.loop import Result
from controller.engine.reconcile import Intent

PATIENCE = 1.5
"""So many seconds nobody wonders."""


def look(parts: Parts, stacks: Sequence[Stack], intent: Intent) -> list[Result]:
    """One pass over each stack, with a line on standard error that says what it waits for when it takes long."""
    with said_on_terminal(parts, "Reading from AWS"):
        return list(parts.controller.passes(stacks, intent))


@contextmanager
def said_on_terminal(parts: Parts, what: str) -> Iterator[None]:
    """The line is there from the time that somebody may wonder, and gone when the wait is over."""
    if not parts.err.is_terminal or parts.err.is_dumb_terminal:
        yield
        return
    with Live(console=parts.err, get_renderable=_line(parts, what), transient=True, redirect_stdout=False):
        yield


def _line(parts: Parts, what: str, clock: Callable[[], float] = time.monotonic) -> Callable[[], Text]:
    began = clock()

    def line() -> Text:
        seconds = clock() - began
        said = f"{what} for {seconds:.0f} s: {parts.tally}" if seconds >= PATIENCE else ""
        return Text(said, style="dim", no_wrap=True, overflow="ellipsis")

    return line
