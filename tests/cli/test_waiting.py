"""What the commands tell while they wait: live on a terminal, otherwise in the log."""

from collections.abc import Iterable, MutableMapping, Sequence
from io import StringIO
from typing import Any

import pytest
import structlog
from prometheus_client import CollectorRegistry
from rich.console import Console

from controller.cli.spinner import PATIENCE, _line, said_on_terminal
from controller.cli.summary import Ending, close, ending_document
from controller.cli.wiring import Parts
from controller.core.model.call import Call
from controller.core.model.cloud import Meaning
from controller.core.model.live import Health, Live, Phase
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.planning.recorder import Write
from controller.core.planning.step import Action, Plan, State, Step, Verdict
from controller.engine.loop import Result
from controller.engine.reconcile import Pass
from controller.report.metrics import Metrics
from controller.report.progress import Silent, Wait
from controller.report.telemetry import Tally, Telemetry, Work

NAT, ROUTE = Address("NatGateway", "a"), Address("RouteTable", "a")


class Heard(Silent):
    """A reporter that keeps what is waited for."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def waiting(self, waits: Sequence[Wait]) -> None:
        """Keep them as they are shown."""
        self.reasons = [f"{wait.node}: {wait.so_far()}" for wait in waits]


def parts(err: Console, tally: Tally) -> Parts:
    """As much of the parts as a wait needs."""
    nothing: Any = None
    return Parts(nothing, nothing, nothing, nothing, tally, nothing, err)


def test_a_short_look_is_not_mentioned() -> None:
    """Only when somebody may wonder is there a line; then it tells for how long, and what was answered last."""
    now, tally = [100.0], Tally()
    line = _line(parts(Console(file=StringIO()), tally), "Reading from AWS", lambda: now[0])
    assert "" == line().plain
    now[0] += PATIENCE + 10.5
    assert "Reading from AWS for 12 s: no answer yet" == line().plain
    tally.answered("ec2:DescribeVpcs", "ok")
    assert "Reading from AWS for 12 s: 1 request, last: ec2:DescribeVpcs" == line().plain
    tally.answered("ec2:DescribeSubnets", "throttled")
    assert "Reading from AWS for 12 s: 2 requests, last: ec2:DescribeSubnets throttled" == line().plain


def test_nothing_is_said_where_nobody_watches() -> None:
    """Piped, a long look leaves no trace."""
    err = StringIO()
    with said_on_terminal(parts(Console(file=err), Tally()), "Reading from AWS"):
        pass
    assert "" == err.getvalue()


class Told:
    """A journal on a clock that stands still, with all that it said."""

    def __init__(self, looped: bool = False) -> None:
        self.now, self.heard = 50.0, Heard()
        self.telemetry = Telemetry(Metrics(CollectorRegistry(), (), "1"), lambda: self.now)
        self.telemetry.progress, self.telemetry.looped = self.heard, looped
        self.lines: list[dict[str, Any]] = []
        self.telemetry.log = structlog.wrap_logger(None, processors=[self._keep])

    def _keep(self, logger: Any, method: str, line: MutableMapping[str, Any]) -> Any:
        self.lines.append({"level": method, **line})
        raise structlog.DropEvent

    def passed(self, *steps: Step, deferred: dict[Address, str] | None = None) -> None:
        """A pass with this plan, after which these nodes have calls that were not made."""
        self.telemetry.planned(Plan("s", "1", "r", steps))
        self.telemetry.waiting("s", deferred or {})

    def waits(self) -> list[tuple[str, str, int]]:
        """Node, reason and seconds of each wait in the log since this was last asked."""
        lines, self.lines = self.lines, []
        assert all(("info", "waiting", "s") == (line["level"], line["event"], line["stack"]) for line in lines)
        return [(line["node"], line["reason"], line["seconds"]) for line in lines]


def nat(progress: str = "", phase: Phase = Phase.PENDING, state: State = State.PENDING, **more: Any) -> Step:
    """The gateway, while AWS is still working on it."""
    return Step(NAT, state, live=Live("NatGateway", "nat-1", {}, {}, phase, progress=progress), **more)


def test_what_apply_waits_for_is_told_with_its_time() -> None:
    """Calls that cannot be made yet, and what AWS is at work on, each with the time since it was first said."""
    told = Told()
    told.passed(nat(), deferred={ROUTE: "waiting for NatGateway/a"})
    assert [
        "NatGateway/a: AWS is still working on it",
        "RouteTable/a: waiting for NatGateway/a",
    ] == told.heard.reasons
    told.now += 7
    told.passed(nat("creating"))
    assert ["NatGateway/a: AWS is still working on it: creating (for 7 s)"] == told.heard.reasons
    told.passed(Step(NAT, State.IN_SYNC))
    assert [] == told.heard.reasons


def test_the_log_tells_of_a_wait_when_it_begins_changes_and_once_a_minute() -> None:
    """A pipeline is never silent for long, and is not told the same with every look."""
    told, creating = Told(), "AWS is still working on it: creating"
    told.passed(nat("creating"))
    assert [("NatGateway/a", creating, 0)] == told.waits()
    told.now += 15
    told.passed(nat("creating"))
    assert [] == told.waits()
    told.now += 45
    told.passed(nat("creating"))
    assert [("NatGateway/a", creating, 60)] == told.waits()
    told.now += 5
    told.passed(nat("attaching"), deferred={ROUTE: "waiting for NatGateway/a"})
    assert [
        ("NatGateway/a", "AWS is still working on it: attaching", 65),
        ("RouteTable/a", "waiting for NatGateway/a", 0),
    ] == told.waits()


def test_a_wait_that_ended_begins_anew() -> None:
    """The time of an earlier wait is not added to that of a later one, and the later one is told at once."""
    told = Told()
    told.passed(nat())
    told.now += 30
    told.passed(Step(NAT, State.IN_SYNC))
    told.passed(nat())
    assert [0, 0] == [seconds for _, _, seconds in told.waits()]


def test_two_stacks_wait_each_for_itself() -> None:
    """Nodes of the same name in two stacks keep their own times."""
    told = Told()
    told.passed(nat())
    told.now += 30
    told.telemetry.planned(Plan("other", "1", "r", (nat(),)))
    told.telemetry.waiting("other", {})
    assert {"s": 0.0, "other": 0.0} == {name: work.waits.standing[NAT].seconds for name, work in works(told)}
    told.now += 10
    told.passed(nat())
    assert {"s": 40.0, "other": 0.0} == {name: work.waits.standing[NAT].seconds for name, work in works(told)}


def works(told: Told) -> Iterable[tuple[str, Work]]:
    """What the journal knows of each stack."""
    return told.telemetry.work.items()


def test_a_removal_is_waited_for_too() -> None:
    """What AWS takes long to delete is told as that, in the words of the plan where it has some."""
    told = Told()
    told.passed(nat("deleting", Phase.LEAVING, State.LEAVING))
    told.passed(nat("", Phase.LEAVING, State.LEAVING, note="AWS is still deleting nat-1"))
    reasons = [reason for _, reason, _ in told.waits()]
    assert ["AWS is deleting it: deleting", "AWS is still deleting nat-1"] == reasons


@pytest.mark.parametrize(("outcome", "reasons"), [(Meaning.TRANSIENT, ["retrying after busy"]), (Meaning.DENIED, [])])
def test_what_is_tried_again_is_waited_for(outcome: Meaning, reasons: list[str]) -> None:
    """The time until the next try is no silence; what cannot succeed by itself is not waited for."""
    told, call = Told(), Call("ec2", "CreateRoute", {})
    told.telemetry.work["s"].add(Write("s", ROUTE, Action.UPDATE, call, str(outcome), "id", "busy"))
    blocked = Verdict("backoff", "busy; failed 4 times, next try in 5 s")
    told.passed(Step(ROUTE, State.DRIFTED, Action.UPDATE, blocked=blocked))
    assert reasons == [reason for _, reason, _ in told.waits()]


def test_what_aws_may_not_show_yet_is_waited_for() -> None:
    """A correction made a moment ago is looked for again, and the log says so."""
    told, why = Told(), "corrected a moment ago; AWS may not return the change yet"
    told.passed(Step(ROUTE, State.DRIFTED, Action.UPDATE, blocked=Verdict("settling", why)))
    assert [(str(ROUTE), why, 0)] == told.waits()


def test_a_leftover_does_not_hide_the_wait_of_its_node() -> None:
    """Two steps of one address, of which one waits, are a wait."""
    told = Told()
    told.passed(nat(), Step(NAT, State.ORPHANED))
    assert ["NatGateway/a"] == [node for node, _, _ in told.waits()]


def test_the_loop_waits_without_a_word() -> None:
    """It has no end that somebody waits for; the differences are in its log, each once."""
    told = Told(looped=True)
    told.passed(nat("creating"))
    assert ["difference found"] == [line["event"] for line in told.lines]


# --- health in the log of the loop ---


def well(health: Health | None, state: State = State.IN_SYNC) -> Step:
    """The gateway with this health."""
    return Step(NAT, state, live=Live("NatGateway", "nat-1", {}, {}, health=health))


def test_health_is_told_once_when_it_changes() -> None:
    """When a node falls ill, when AWS gives another reason, and when it is healthy again; never with every pass."""
    told = Told(looped=True)
    timeout, failing = Health(False, "timed out", 1, 2), Health(False, "failed", 0, 2)
    for health in (Health(True), timeout, timeout, failing, Health(True, "", 2, 2), Health(True)):
        told.passed(well(health))
    node = {"stack": "s", "node": "NatGateway/a"}
    assert [
        {"level": "warning", "event": "node unhealthy", **node, "reason": "timed out", "good": 1, "total": 2},
        {"level": "warning", "event": "node unhealthy", **node, "reason": "failed", "good": 0, "total": 2},
        {"level": "info", "event": "node healthy again", **node},
    ] == told.lines


def test_health_that_nobody_knows_is_no_change() -> None:
    """After a failed read a node is neither ill anew nor healthy again."""
    told = Told(looped=True)
    for step in (well(Health(False, "x")), well(Health(False, "x"), State.UNKNOWN), well(Health(False, "x"))):
        told.passed(step)
    assert ["node unhealthy", "difference found"] == [line["event"] for line in told.lines]


def test_a_node_that_is_gone_is_not_healthy_again() -> None:
    """It left the document: nothing is said of it, and if it comes back ill, that is news."""
    told = Told(looped=True)
    for steps in ([well(Health(False, "x"))], [], [well(Health(False, "x"))]):
        told.passed(*steps)
    assert ["node unhealthy", "node unhealthy"] == [line["event"] for line in told.lines]


def test_a_single_command_tells_of_health_elsewhere() -> None:
    """Apply says at its end which nodes are not healthy yet; its log does not."""
    told = Told()
    told.passed(well(Health(False, "x")))
    assert [] == told.lines


# --- how it ended ---


def ended(told: Told, *steps: Step) -> tuple[list[str], Any]:
    """The closing lines, and the same for programs, after a pass with these steps that was the last one."""
    told.passed(*steps)
    plan, out = Plan("s", "1", "r", steps), StringIO()
    result = Result(Stack("s", "r", {}), Pass(plan))
    ending = Ending(result, told.telemetry.work["s"], 90.0, destroying=False, stopped=False)
    close(ending, Console(file=out, width=200))
    return out.getvalue().splitlines(), ending_document(ending, plan)


def test_the_end_says_what_is_still_waited_for_and_for_how_long() -> None:
    """When the time is up, each wait stands there with AWS's words and its time, for people and for programs."""
    told = Told()
    told.passed(nat("creating"))
    told.now += 90
    lines, document = ended(told, nat("creating"))
    still = "AWS is still working on it: creating (for 90 s)"
    assert f"  NatGateway/a (nat-1): {still}" == lines[0]
    assert "timed out" in lines[1]
    assert ({"NatGateway/a": still}, {}) == (document["unfinished"], document["unhealthy"])


def test_the_end_says_what_is_not_healthy_yet() -> None:
    """Ready means in sync and AWS at rest; that something does not do its work is said, and fails nothing."""
    lines, document = ended(Told(), well(Health(False, "timed out", 1, 2)), Step(ROUTE, State.IN_SYNC))
    assert ["  NatGateway/a (nat-1): unhealthy, 1 of 2: timed out"] == lines[:-1]
    assert lines[-1].startswith("s: ready, 2 nodes in sync, 1 not healthy yet (")
    assert (True, {"NatGateway/a": "unhealthy, 1 of 2: timed out"}) == (document["ready"], document["unhealthy"])


def test_the_end_is_silent_about_the_healthy() -> None:
    """Not a word of health where all is well."""
    lines, _ = ended(Told(), well(Health(True, "", 2, 2)))
    assert ["s: ready, 1 node in sync (0 calls in 90 s)"] == lines
