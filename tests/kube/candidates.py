"""An elector with all that it was told and told on, for the tests of the Lease."""

from collections.abc import Callable

from controller.kube.api import Api
from controller.kube.lease import Elector, Terms
from tests.clock import Clock

TERMS = Terms(15)


class Candidate:
    """An elector with all that it was told and told on."""

    def __init__(self, api: Api, clock: Clock, name: str = "me", terms: Terms = TERMS) -> None:
        self.elector = Elector(api, "here", "holdfast", name, terms, clock)
        self.events: list[str] = []
        self.on_lost: Callable[[], object] = lambda: None

    def attempt(self) -> bool:
        """One try; whether it leads now."""
        self.elector.attempt(self.gained, self.lost)
        return self.leads

    @property
    def leads(self) -> bool:
        """Whether it leads at this moment."""
        return self.elector.leading

    def gained(self) -> None:
        """A term begins."""
        self.events.append("gained")

    def lost(self) -> None:
        """A term ends; nobody leads while the work of it ends."""
        assert not self.leads
        self.on_lost()
        assert not self.leads
        self.events.append("lost")
