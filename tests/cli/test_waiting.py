"""What the commands tell while they wait: on a terminal, and nowhere else."""

from collections.abc import Sequence
from io import StringIO
from typing import Any

from prometheus_client import CollectorRegistry
from rich.console import Console

from controller.cli.journal import Tally, Telling
from controller.cli.waiting import PATIENCE, _line, said_on_terminal
from controller.cli.wiring import Parts
from controller.core.reference import Address
from controller.core.step import Plan, State, Step
from controller.report.metrics import Metrics
from controller.report.progress import Silent

NAT, ROUTE = Address("NatGateway", "a"), Address("RouteTable", "a")


class Heard(Silent):
    """A reporter that keeps what is waited for."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def waiting(self, reasons: Sequence[str]) -> None:
        """Keep them."""
        self.reasons = list(reasons)


def parts(err: Console, tally: Tally) -> Parts:
    """As much of the parts as a wait needs."""
    nothing: Any = None
    return Parts(nothing, nothing, nothing, nothing, tally, nothing, err)


def test_a_short_look_is_not_mentioned() -> None:
    """Only when somebody may wonder is there a line; then it tells for how long, and what was answered last."""
    now, tally = [100.0], Tally()
    line = _line(parts(Console(file=StringIO()), tally), "Looking at AWS", lambda: now[0])
    assert "" == line().plain
    now[0] += PATIENCE + 10.5
    assert "Looking at AWS for 12 s now: no answer yet" == line().plain
    tally.answered("ec2:DescribeVpcs", "ok")
    assert "Looking at AWS for 12 s now: 1 requests, the last was ec2:DescribeVpcs" == line().plain
    tally.answered("ec2:DescribeSubnets", "throttled")
    assert "Looking at AWS for 12 s now: 2 requests, the last was ec2:DescribeSubnets throttled" == line().plain


def test_nothing_is_said_where_nobody_watches() -> None:
    """Piped, a long look leaves no trace."""
    err = StringIO()
    with said_on_terminal(parts(Console(file=err), Tally()), "Looking at AWS"):
        pass
    assert "" == err.getvalue()


def test_what_apply_waits_for_is_told_with_its_time() -> None:
    """Calls that cannot be made yet, and what AWS is at work on, each with the time since it was first said."""
    now, heard = [50.0], Heard()
    telling = Telling(Metrics(CollectorRegistry(), (), "1"), lambda: now[0])
    telling.progress = heard
    plan = Plan("s", "1", "r", (Step(NAT, State.PENDING),))
    telling.planned(plan)
    telling.waiting("s", {ROUTE: "waits for NatGateway/a"})
    assert ["NatGateway/a: AWS is at work on it", "RouteTable/a: waits for NatGateway/a"] == heard.reasons
    now[0] += 7
    telling.planned(plan)
    telling.waiting("s", {})
    assert ["NatGateway/a: AWS is at work on it, for 7 s now"] == heard.reasons
    telling.planned(Plan("s", "1", "r", (Step(NAT, State.IN_SYNC),)))
    telling.waiting("s", {})
    assert [] == heard.reasons
