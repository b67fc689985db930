"""What many passes side by side want of one region at once: asked for by one of them, taken by all."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from controller.core.model.cloud import HoldfastError
from controller.engine.memory import Clock

T = TypeVar("T")


class Shared(Generic[T]):
    """An answer that is good for a while. Who needs a newer one asks; who comes meanwhile waits, and takes the same.

    An error is shared with those who were waiting for the answer, and with nobody else.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asking = threading.Lock()
        self._failed = float("-inf")
        self._answer: T | None = None
        self._error: HoldfastError | None = None

    def get(self, ask: Callable[[], T], good: Callable[[T], bool]) -> T:
        """The last answer if it is `good`, else a new one. Raises what `ask` raises."""
        came = self._clock()
        with self._asking:
            if self._error and self._failed > came:
                raise self._error
            if self._answer is None or not good(self._answer):
                self._answer = self._new(ask)
            return self._answer

    def _new(self, ask: Callable[[], T]) -> T:
        self._error = None
        try:
            return ask()
        except HoldfastError as error:
            self._error, self._failed = error, self._clock()
            raise
