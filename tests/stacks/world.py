"""One account, the program that looks after a whole stack in it, and a log of what that did, pass by pass."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.aws.catalog import catalog
from controller.aws.client.cloud import AwsCloud
from controller.core.model.cloud import Answer
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.planning.recorder import NullRecorder, Write
from controller.core.planning.step import Plan, Step
from controller.engine.loop import Controller
from controller.engine.reconcile import Intent
from tests.clock import Clock, Patient
from tests.engine.harness import REGION
from tests.kinds.kit import Inline
from tests.unlimited import Unlimited

CATALOG = catalog()
NAMED = ("Image",)
"""Kinds that are looked up, and have no nodes."""
LONG = 1800.0
"""Seconds; far more than any stack takes."""


@dataclass(frozen=True)
class Passed:
    """One pass: when it was, what it planned, and what it wrote."""

    at: float
    plan: Plan
    writes: list[Write] = field(default_factory=list)

    def step(self, address: Address) -> Step:
        """The step of one node."""
        return next(step for step in self.plan.steps if step.address == address)

    @property
    def wrote(self) -> list[str]:
        """Its writes in order, each as `Kind/name Operation`."""
        return [f"{write.address} {write.call.operation}" for write in self.writes]

    @property
    def told(self) -> str:
        """What is not as it should be, for a failed assertion."""
        steps = [step for step in self.plan.steps if not step.settled]
        lines = [f"{s.address} {s.state} {s.action} {s.changes} {s.blocked or ''} {s.note}" for s in steps]
        return "\n".join([*lines, *(f"{w.address} {w.call.operation} {w.message}" for w in self.writes)])


class Log(NullRecorder):
    """A journal that keeps every pass."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.passes: list[Passed] = []
        self.watch: Callable[[], None] = lambda: None
        """Called in each pass, when all has been looked at."""

    def planned(self, plan: Plan) -> None:
        self.watch()
        self.passes.append(Passed(self.clock(), plan))

    def wrote(self, write: Write) -> None:
        self.passes[-1].writes.append(write)


class Recording(AwsCloud):
    """The cloud, with every call that is made."""

    def __init__(self, region: str = REGION) -> None:
        super().__init__(region, limits=Unlimited())
        self.calls: list[tuple[str, str]] = []

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """One call, by its operation."""
        self.calls.append((service, operation))
        return super().call(service, operation, parameters)

    def pages(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """A listing; each of its pages is a call."""
        for page in super().pages(service, operation, parameters):
            self.calls.append((service, operation))
            yield page


class World:
    """The real program in one account; waiting takes no time but the clock's."""

    def __init__(
        self,
        clock: Clock,
        cloud: AwsCloud | None = None,
        kinds: Iterable[str] = CATALOG,
        region: str = REGION,
    ) -> None:
        self.clock, self.cloud, self.log = clock, cloud or Recording(region), Log(clock)
        stop = Patient(clock, after=1_000_000)
        known = {name: kind for name, kind in CATALOG.items() if name in {*kinds, *NAMED}}
        self.controller = Controller(known, lambda region: self.cloud, self.log, stop, clock)
        self.controller.close()
        self.controller.pool = Inline(1)

    def turn(self, stack: Stack, **intent: bool) -> Passed:
        """One pass."""
        (result,) = self.controller.passes([stack], Intent(**intent))
        assert result.done is not None, result.error
        return self.log.passes[-1]

    def converge(self, stack: Stack, **intent: bool) -> list[Passed]:
        """Pass after pass as the loop has it, until all is ready or nothing more can be done."""
        already = len(self.log.passes)
        result = self.controller.converge(stack, Intent(**intent), LONG)
        assert result.done is not None, result.error
        return self.log.passes[already:]


def writes_of(passes: list[Passed]) -> list[Write]:
    """What several passes wrote, in order."""
    return [write for each in passes for write in each.writes]
