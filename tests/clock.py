"""Time that tests rule: nothing waits but their own clock."""

import threading


class Clock:
    """Time that passes when a test says so."""

    def __init__(self, time: float = 1_750_000_000.0) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time


class Patient(threading.Event):
    """An event for which waiting takes no time but the clock's; `after` so many waits it is set."""

    def __init__(self, clock: Clock, after: int = 1000) -> None:
        super().__init__()
        self.clock, self.after = clock, after
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Let the clock go on by as much."""
        self.waits.append(timeout or 0.0)
        self.clock.time += timeout or 0.0
        if len(self.waits) >= self.after:
            self.set()
        return self.is_set()
