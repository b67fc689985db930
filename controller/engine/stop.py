"""What ends work under way: no further call is begun, and those in flight are waited for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Stop(Protocol):
    """Asked before each call; a `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether nothing more is to be begun."""
        ...


@dataclass(frozen=True)
class Stops:
    """Set as soon as one of several is."""

    stops: Sequence[Stop]

    def is_set(self) -> bool:
        """Whether nothing more is to be begun."""
        return any(stop.is_set() for stop in self.stops)
