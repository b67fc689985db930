"""What a memory notes of single nodes: what was made, what is corrected again and again, what failed."""

from dataclasses import dataclass
from typing import NamedTuple

FLAPPING_SECONDS = 10.0
"""So long after a new thing was first listed a listing may still leave it out: AWS answers from several places."""


class Made(NamedTuple):
    """What was made, when, and when a look first saw it, owner tags included."""

    id: str
    at: float
    sighted: float | None = None

    def young(self, now: float, delay: float) -> bool:
        """Whether a listing may still leave it out."""
        return now - self.at <= delay if self.sighted is None else now - self.sighted <= FLAPPING_SECONDS


@dataclass
class Repeat:
    """A difference that was corrected: what it was, how often in a row, and when last."""

    fingerprint: str
    count: int
    at: float


@dataclass
class Failure:
    """A write that failed: how often, since when, when it is due again, and why."""

    times: int
    due: float
    message: str
    lasting: bool
    since: float
