"""How long AWS takes to be of one mind about a thing that was made or changed: a fact of its kind."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Delays:
    """Seconds, each the most that AWS's page says, or that is seen where it says nothing.

    A service that departs from these has the page beside its own. While one of them runs nothing is written for what
    may only not show yet; what is slower than they say is told as it then looks.
    """

    listed: float = 60.0
    """So long a new thing may be missing from its listing, if nothing has shown it yet."""
    shown: float = 5.0
    """So long after a write a read may show what was before."""
    known: float = 120.0
    """So long after it was made what refers to it may be refused as invalid."""
