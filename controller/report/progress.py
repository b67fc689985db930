"""What is under way while a plan is applied: live lines on a terminal, silence everywhere else."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from controller.report.shown import visible

_MOST = 8
"""So many calls are listed at most; the rest is counted, so that the live lines fit on a screen."""
_SIGNS = {"succeeded": ("✓", "green")}
_FAILURE = ("✗", "red")


@dataclass(frozen=True)
class Wait:
    """What a node waits for, and for how long it has waited."""

    node: str
    reason: str
    seconds: float = 0.0

    def so_far(self, more: float = 0.0) -> str:
        """The reason, and the time with `more` seconds on top where it is worth a word."""
        seconds = self.seconds + more
        return f"{self.reason} (for {seconds:.0f} s)" if seconds >= 1 else self.reason


class Reporter(Protocol):
    """What apply tells about its calls. Safe to use from many threads."""

    def started(self, address: str, operation: str) -> None:
        """A call is under way."""

    def finished(self, address: str, operation: str, outcome: str, message: str) -> None:
        """A call has ended; `outcome` is `succeeded` or says how it failed."""

    def waiting(self, waits: Sequence[Wait]) -> None:
        """What is waited for now, in place of what was said before."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def progress_on(console: Console) -> Reporter:
    """Live lines where there is a terminal that can redraw them, silence elsewhere."""
    return Progress(console) if console.is_terminal and not console.is_dumb_terminal else Silent()


class Progress:
    """Live lines: calls under way with their time and what is waited for; ended calls stay above them."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[tuple[str, str], float] = {}
        self._waits: tuple[Wait, ...] = ()
        self._told_at = 0.0
        self._live = Live(console=console, get_renderable=self.lines, transient=True)

    def started(self, address: str, operation: str) -> None:
        """Show the call until it ends."""
        with self._lock:
            self._running[address, operation] = self._clock()

    def finished(self, address: str, operation: str, outcome: str, message: str) -> None:
        """Leave one line that stays: the call, how long it took, and why it failed."""
        with self._lock:
            began = self._running.pop((address, operation), self._clock())
        sign, colour = _SIGNS.get(outcome, _FAILURE)
        line = Text.assemble((f"{sign} {visible(address)}", colour), f" {visible(operation)}")
        line.append(f" {self._clock() - began:.0f} s", "dim")
        if sign == _FAILURE[0]:
            line.append(f" {visible(outcome)}", colour)
        if message:
            line.append(f": {visible(message)}")
        if self._live.is_started:
            self._live.refresh()  # or the live lines would be drawn once more with the ended call below it
        self._live.console.print(line)

    def waiting(self, waits: Sequence[Wait]) -> None:
        """Show these below the calls; their time goes on by itself."""
        with self._lock:
            self._waits, self._told_at = tuple(waits), self._clock()

    def lines(self) -> Group:
        """The live lines as they are now."""
        with self._lock:
            running, waits, told_at = dict(self._running), self._waits, self._told_at
        now = self._clock()
        calls = [f"{visible(' '.join(key))} {now - began:.0f} s" for key, began in running.items()]
        shown = [Text(f"… {text}", style="blue", no_wrap=True, overflow="ellipsis") for text in _most(calls)]
        waiting = [f"{wait.node}: {wait.so_far(now - told_at)}" for wait in waits]
        below = [Text(f"  {visible(text)}", style="dim") for text in _most(waiting)]
        return Group(*shown, *below)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()


def _most(texts: Sequence[str]) -> list[str]:
    rest = len(texts) - _MOST
    return [*texts[:_MOST], *([f"and {rest} more"] if rest > 0 else [])]


class Silent:
    """Says nothing, for output that is piped."""

    def started(self, address: str, operation: str) -> None:
        """Nothing is said."""

    def finished(self, address: str, operation: str, outcome: str, message: str) -> None:
        """Nothing is said."""

    def waiting(self, waits: Sequence[Wait]) -> None:
        """Nothing is said."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is said."""
