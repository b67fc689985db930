"""The queue of a loop that many hands work at: names that are due now, or at a time."""

import threading
import time

from controller.engine.memory import Clock


class Queue:
    """Names of stacks. A name stands in it once, and is in one pair of hands at a time, however often it is added."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._due: dict[str, float] = {}
        self._taken: set[str] = set()
        self._closed = False

    def add(self, name: str, after: float = 0.0) -> None:
        """Let it be due in so many seconds, or earlier if it was to be due earlier."""
        with self._changed:
            due = self._clock() + after
            self._due[name] = min(due, self._due.get(name, due))
            self._changed.notify_all()

    def take(self) -> str | None:
        """The name that has been due for longest, as soon as one is; None once the queue is closed.

        Whoever takes a name gives it back with `done`.
        """
        with self._changed:
            while not self._closed:
                free = (waiting for waiting in self._due if waiting not in self._taken)
                name = min(free, key=self._due.__getitem__, default=None)
                left = None if name is None else self._due[name] - self._clock()
                if name is not None and left is not None and left <= 0:
                    del self._due[name]
                    self._taken.add(name)
                    return name
                self._changed.wait(left)
        return None

    def done(self, name: str, after: float | None = None) -> None:
        """Its turn is over: due again in so many seconds, or earlier if it was added meanwhile (None: only then)."""
        with self._changed:
            self._taken.discard(name)
            self._changed.notify_all()
            if after is not None:
                self.add(name, after)

    def clear(self) -> None:
        """Forget all that is due, and wait until nobody has a name in hand."""
        with self._changed:
            while self._due or self._taken:
                self._due.clear()
                self._changed.wait(0.05 if self._taken else 0)

    def close(self) -> None:
        """Let nobody take anything any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def idle(self) -> bool:
        """Whether nobody has a name in hand."""
        with self._changed:
            return not self._taken
