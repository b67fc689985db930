"""What Prometheus gets to see. The clock is a number here."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from controller.core.model.call import Change
from controller.core.model.live import Health
from controller.core.model.reference import Address
from controller.core.planning.step import Action, Plan, State, Step, Verdict
from controller.report.metrics import FAILED, OUTCOMES, REQUEST_OUTCOMES, SUCCEEDED, Metrics
from tests.report.samples import ILL, REMEMBERED, plan, step, told

A, B = Address("Vpc", "a"), Address("Subnet", "b")
OWN = Change("cidrBlock", "change", "10.0.0.0/16", "10.1.0.0/16")
FOLLOWS = Change("vpc", "change", "x", "y", Address("Vpc", "a"))


class World:
    """Metrics of one registry, with a short way to read them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry, ("allow", "budget"), "1.2.3")

    def value(self, name: str, **labels: str) -> float | None:
        """The sample of this name and these labels, None when there is no such series."""
        return self.registry.get_sample_value(f"holdfast_{name}", labels)

    def node(self, name: str, address: Address, **labels: str) -> float | None:
        """A sample about one node of the sample stack."""
        return self.value(name, stack="ha-web", kind=address.kind, node=address.name, **labels)

    def states(self, address: Address) -> dict[str, float]:
        """Every series of `node_drifted` for one node, by state."""
        return {
            sample.labels["state"]: sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == "holdfast_node_drifted" and sample.labels["node"] == address.name
        }

    def blocked(self) -> dict[tuple[str, str], float]:
        """Every series of `node_blocked`, by node and reason."""
        return {
            (f"{sample.labels['kind']}/{sample.labels['node']}", sample.labels["reason"]): sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == "holdfast_node_blocked"
        }

    def of_stack(self) -> set[str]:
        """Names of all samples that carry the sample stack's label."""
        samples: Iterable[str] = (
            sample.name
            for family in self.registry.collect()
            for sample in family.samples
            if sample.labels.get("stack") == "ha-web"
        )
        return set(samples)


@pytest.fixture
def world() -> World:
    """A fresh registry with two declared nodes."""
    found = World()
    found.metrics.declare("ha-web", [A, B])
    return found


def of(state: State, *changes: Change) -> Plan:
    """A plan with one node in this state."""
    return plan(Step(A, state, changes=changes))


def test_everything_known_exists_at_zero_from_the_start(world: World) -> None:
    """An alert on a first increase works, because the series was there before."""
    for kind in ("Vpc", "Subnet"):
        labels = {"stack": "ha-web", "kind": kind}
        assert world.value("drifted_nodes", **labels) == 0
        assert world.value("drift_detected_total", **labels) == 0
        assert world.value("time_to_correct_seconds_count", **labels) == 0
        for action in ("create", "update", "replace", "delete", "adopt"):
            for outcome in OUTCOMES:
                assert world.value("corrections_total", **labels, action=action, outcome=outcome) == 0
    assert world.value("steps_blocked", stack="ha-web", reason="allow") == 0
    assert world.value("steps_blocked", stack="ha-web", reason="budget") == 0
    assert world.value("last_successful_pass_timestamp_seconds", stack="ha-web") == 0
    assert world.value("pass_duration_seconds_count", stack="ha-web", outcome=FAILED) == 0
    assert world.value("leader") == 0
    assert world.value("build_info", version="1.2.3") == 1


def test_a_declared_node_is_unknown_until_a_plan_told_of_it(world: World) -> None:
    """Nobody has looked yet, so it is not in sync."""
    assert {"unknown": 1.0} == world.states(A)
    assert world.node("node_drift_age_seconds", A) == 0


def test_a_node_has_one_series_with_its_present_state(world: World) -> None:
    """The state of before is gone the moment another one is seen."""
    world.metrics.record_plan(of(State.DRIFTED, OWN), 100)
    assert {"drifted": 1.0} == world.states(A)
    world.metrics.record_plan(of(State.IN_SYNC), 130)
    assert {"in-sync": 0.0} == world.states(A)


@pytest.mark.parametrize("state", [State.MISSING, State.DRIFTED, State.ORPHANED, State.CONFLICT, State.UNKNOWN])
def test_whatever_is_not_in_sync_is_never_zero(world: World, state: State) -> None:
    """Neither a difference nor a failed read looks like health."""
    world.metrics.record_plan(of(state), 100)
    assert {str(state): 1.0} == world.states(A)


def test_a_drift_ages_from_its_first_sight(world: World) -> None:
    """The age grows with every pass, and is zero again afterwards."""
    for now, expected in ((100, 0), (130, 30), (400, 300)):
        world.metrics.record_plan(of(State.DRIFTED, OWN), now)
        assert world.node("node_drift_age_seconds", A) == expected
    world.metrics.record_plan(of(State.IN_SYNC), 430)
    assert world.node("node_drift_age_seconds", A) == 0


def test_a_drift_is_counted_once(world: World) -> None:
    """Not once a pass; and again when it comes back."""
    for now, state in enumerate((State.DRIFTED, State.DRIFTED, State.IN_SYNC, State.MISSING)):
        world.metrics.record_plan(of(state), now)
    assert world.value("drift_detected_total", stack="ha-web", kind="Vpc") == 2
    assert world.value("drifted_nodes", stack="ha-web", kind="Vpc") == 1


def test_the_time_to_correct_runs_until_in_sync(world: World) -> None:
    """From the first sight, over what was pending in between, to the first sight of being in sync."""
    for now, state in (
        (100, State.DRIFTED),
        (130, State.PENDING),
        (160, State.IN_SYNC),
        (190, State.IN_SYNC),
    ):
        world.metrics.record_plan(of(state), now)
    labels = {"stack": "ha-web", "kind": "Vpc"}
    assert world.value("time_to_correct_seconds_count", **labels) == 1
    assert world.value("time_to_correct_seconds_sum", **labels) == 60


def test_a_failed_read_does_not_end_a_drift(world: World) -> None:
    """A node that cannot be read keeps its age: nobody has seen it in sync."""
    world.metrics.record_plan(of(State.DRIFTED, OWN), 100)
    world.metrics.record_plan(of(State.UNKNOWN), 130)
    assert {"unknown": 1.0} == world.states(A)
    assert world.node("node_drift_age_seconds", A) == 30
    assert world.value("drifted_nodes", stack="ha-web", kind="Vpc") == 1
    assert world.value("time_to_correct_seconds_count", stack="ha-web", kind="Vpc") == 0


def test_a_consequence_is_no_drift(world: World) -> None:
    """What only follows from another node's step is in the plan, and in no drift metric."""
    world.metrics.record_plan(of(State.DRIFTED, FOLLOWS), 100)
    assert {"in-sync": 0.0} == world.states(A)
    assert world.value("drift_detected_total", stack="ha-web", kind="Vpc") == 0
    world.metrics.record_plan(of(State.DRIFTED, FOLLOWS, OWN), 130)
    assert {"drifted": 1.0} == world.states(A)


def test_pending_without_a_difference_is_no_drift(world: World) -> None:
    """What AWS has accepted and not yet applied alarms nobody."""
    world.metrics.record_plan(of(State.PENDING), 100)
    assert {"pending": 0.0} == world.states(A)


def test_series_of_a_node_that_is_gone_are_removed(world: World) -> None:
    """Only what the last plan knew is shown; a kind without nodes is not counted either."""
    world.metrics.record_plan(plan(Step(A, State.DRIFTED), Step(B, State.MISSING)), 100)
    world.metrics.record_plan(plan(Step(A, State.DRIFTED)), 130)
    assert {} == world.states(B)
    assert world.node("node_drift_age_seconds", B) is None
    assert world.value("drifted_nodes", stack="ha-web", kind="Subnet") is None


def test_a_leftover_does_not_hide_its_node(world: World) -> None:
    """Two steps of one address are one series, and it shows the one that differs."""
    world.metrics.record_plan(plan(Step(A, State.IN_SYNC), Step(A, State.ORPHANED)), 100)
    assert {"orphaned": 1.0} == world.states(A)


def healths(world: World, address: Address) -> tuple[float | None, ...]:
    """The three series about the health of a node, None for each that is not there."""
    return tuple(world.node(name, address) for name in ("node_healthy", "targets_healthy", "targets"))


def test_health_has_series_only_where_it_is_known(world: World) -> None:
    """No health is neither good nor bad, and a health without numbers has none."""
    world.metrics.record_plan(plan(with_health(None)), 100)
    assert (None, None, None) == healths(world, A)
    world.metrics.record_plan(plan(with_health(Health(True))), 130)
    assert (1, None, None) == healths(world, A)
    world.metrics.record_plan(plan(with_health(Health(False, "draining", 0, 2))), 160)
    assert (0, 0, 2) == healths(world, A)
    world.metrics.record_plan(plan(with_health(Health(True, "", 2, 2))), 190)
    assert (1, 2, 2) == healths(world, A)


def with_health(health: Health | None, state: State = State.IN_SYNC) -> Step:
    """The sample node with this health."""
    return told(step("Vpc/a", state, id="vpc-1"), health)


@pytest.mark.parametrize("after", [State.UNKNOWN, State.MISSING, State.LEAVING, State.CONFLICT])
def test_health_that_is_no_longer_known_is_removed(world: World, after: State) -> None:
    """Nobody is alarmed, or calmed, by the health of a node as it was; its drift stays told."""
    world.metrics.record_plan(plan(with_health(ILL)), 100)
    world.metrics.record_plan(plan(with_health(ILL, after) if after is not State.MISSING else Step(A, after)), 130)
    assert (None, None, None) == healths(world, A)
    assert {str(after)} == world.states(A).keys()


def test_health_leaves_with_its_node(world: World) -> None:
    """Neither a node that is gone nor a stack that is forgotten keeps a series."""
    world.metrics.record_plan(plan(with_health(ILL)), 100)
    world.metrics.record_plan(plan(Step(B, State.IN_SYNC)), 130)
    assert (None, None, None) == healths(world, A)
    world.metrics.record_plan(plan(with_health(ILL)), 160)
    world.metrics.forget("ha-web")
    assert set() == world.of_stack()


def test_a_leftover_says_nothing_of_the_health_of_its_node(world: World) -> None:
    """The node's own health is told, whichever step comes first."""
    leftover = with_health(ILL, State.ORPHANED)
    for steps in ((with_health(Health(True)), leftover), (leftover, with_health(Health(True)))):
        world.metrics.record_plan(plan(*steps), 100)
        assert (1, None, None) == healths(world, A)


def test_an_unhealthy_node_is_no_drift(world: World) -> None:
    """Health and drift are two things, each with its own series."""
    world.metrics.record_plan(plan(with_health(ILL)), 100)
    assert {"in-sync": 0.0} == world.states(A)
    assert 0 == world.value("drifted_nodes", stack="ha-web", kind="Vpc")


def test_a_new_document_keeps_the_health(world: World) -> None:
    """Reading the documents again leaves no gap in the series of what stays."""
    world.metrics.record_plan(plan(with_health(ILL)), 100)
    world.metrics.declare("ha-web", [A, Address("Role", "new")])
    assert (0, 1, 2) == healths(world, A)


def test_what_was_believed_has_an_age(world: World) -> None:
    """The oldest of all; 0 once all was read, and no series before there was a plan."""
    assert world.value("oldest_read_age_seconds", stack="ha-web") is None
    world.metrics.record_plan(REMEMBERED, 1000)
    assert 412.04 == world.value("oldest_read_age_seconds", stack="ha-web")
    world.metrics.declare("ha-web", [A, B])
    assert 412.04 == world.value("oldest_read_age_seconds", stack="ha-web")
    world.metrics.record_plan(replace(REMEMBERED, believed={}), 1030)
    assert 0 == world.value("oldest_read_age_seconds", stack="ha-web")


def test_blocked_steps_are_counted_by_reason(world: World) -> None:
    """As they stand in the last plan, not summed up over passes."""
    blocked = step("Vpc/a", State.DRIFTED, Action.REPLACE, "vpc-1", blocked=Verdict("budget", "too many"))
    world.metrics.record_plan(plan(blocked), 100)
    world.metrics.record_plan(plan(blocked), 130)
    assert world.value("steps_blocked", stack="ha-web", reason="budget") == 1
    world.metrics.record_plan(of(State.IN_SYNC), 160)
    assert world.value("steps_blocked", stack="ha-web", reason="budget") == 0


def held(by: str, address: str = "Vpc/a", state: State = State.DRIFTED) -> Step:
    """A step that this check holds back."""
    return step(address, state, Action.UPDATE, "id-1", blocked=Verdict(by, "a sentence with the way out"))


def test_a_node_is_named_by_the_check_that_holds_it_back(world: World) -> None:
    """Exactly those that are held back have a series, with the check of the last plan, and lose it with the block."""
    assert {} == world.blocked()
    world.metrics.record_plan(plan(held("allow"), step("Subnet/b", State.DRIFTED, Action.UPDATE, "subnet-1")), 100)
    assert {("Vpc/a", "allow"): 1} == world.blocked()
    world.metrics.record_plan(plan(held("budget"), held("allow", "Subnet/b")), 130)
    assert {("Vpc/a", "budget"): 1, ("Subnet/b", "allow"): 1} == world.blocked()
    world.metrics.record_plan(plan(of(State.DRIFTED, OWN).steps[0], held("allow", "Subnet/b")), 160)
    assert {("Subnet/b", "allow"): 1} == world.blocked()
    world.metrics.record_plan(of(State.IN_SYNC), 190)
    assert {} == world.blocked()


def test_a_node_that_is_in_sync_may_be_held_back_all_the_same(world: World) -> None:
    """What only follows from another node's step is no drift, and a check can hold it back."""
    world.metrics.record_plan(plan(held("budget", state=State.IN_SYNC)), 100)
    assert {"in-sync": 0.0} == world.states(A)
    assert {("Vpc/a", "budget"): 1} == world.blocked()


def test_a_node_and_its_leftover_are_named_once_for_each_check(world: World) -> None:
    """No scrape has one series twice; steps are counted as many as they are."""
    leftover = held("allow", state=State.ORPHANED)
    world.metrics.record_plan(plan(held("allow"), leftover), 100)
    assert 1 == generate_latest(world.registry).decode().count("\nholdfast_node_blocked{")
    assert 2 == world.value("steps_blocked", stack="ha-web", reason="allow")
    world.metrics.record_plan(plan(held("budget"), leftover), 130)
    assert {("Vpc/a", "budget"): 1, ("Vpc/a", "allow"): 1} == world.blocked()


def test_a_check_that_nobody_declared_is_told_all_the_same(world: World) -> None:
    """What holds a step back is never left out for being new."""
    world.metrics.record_plan(plan(held("new")), 100)
    assert {("Vpc/a", "new"): 1} == world.blocked()
    assert 1 == world.value("steps_blocked", stack="ha-web", reason="new")
    assert 0 == world.value("steps_blocked", stack="ha-web", reason="allow")


def test_a_new_document_keeps_what_is_held_back_and_a_stack_that_is_forgotten_does_not(world: World) -> None:
    """Reading the documents again leaves no gap; a stack that is no longer looked after leaves nothing."""
    world.metrics.record_plan(plan(held("allow")), 100)
    world.metrics.declare("ha-web", [A, Address("Role", "new")])
    assert {("Vpc/a", "allow"): 1} == world.blocked()
    world.metrics.forget("ha-web")
    assert set() == world.of_stack()


def test_writes_are_counted(world: World) -> None:
    """By what they were for and how they ended."""
    world.metrics.record_write("ha-web", "Vpc", "update", SUCCEEDED)
    labels = {"stack": "ha-web", "kind": "Vpc", "action": "update"}
    assert world.value("corrections_total", **labels, outcome=SUCCEEDED) == 1
    assert world.value("corrections_total", **labels, outcome=FAILED) == 0


def test_only_a_successful_pass_moves_the_timestamp(world: World) -> None:
    """An alert on its age finds a loop that fails as well as one that hangs."""
    world.metrics.record_pass("ha-web", SUCCEEDED, 2.0, 1000)
    world.metrics.record_pass("ha-web", FAILED, 3.0, 1030)
    assert world.value("last_successful_pass_timestamp_seconds", stack="ha-web") == 1000
    assert world.value("pass_duration_seconds_sum", stack="ha-web", outcome=FAILED) == 3.0


def test_the_first_request_brings_all_outcomes_at_zero(world: World) -> None:
    """So the first failure of an operation is an increase."""
    world.metrics.record_request("ec2", "DescribeVpcs", "ok", 0.2)
    labels = {"service": "ec2", "operation": "DescribeVpcs"}
    found = [world.value("aws_requests_total", **labels, outcome=outcome) for outcome in REQUEST_OUTCOMES]
    assert [1.0] + [0.0] * (len(REQUEST_OUTCOMES) - 1) == found
    assert world.value("aws_request_duration_seconds_count", **labels) == 1


def test_the_leader_is_told(world: World) -> None:
    """One while leading, zero while not."""
    world.metrics.record_leader(True)
    assert world.value("leader") == 1
    world.metrics.record_leader(False)
    assert world.value("leader") == 0


def test_a_forgotten_stack_leaves_nothing(world: World) -> None:
    """No series of a stack stays behind, and another stack keeps its own."""
    world.metrics.declare("other", [A])
    world.metrics.record_plan(of(State.DRIFTED, OWN), 100)
    world.metrics.record_pass("ha-web", SUCCEEDED, 1, 1)
    world.metrics.forget("ha-web")
    assert set() == world.of_stack()
    assert world.value("drift_detected_total", stack="other", kind="Vpc") == 0


def test_a_new_document_keeps_what_is_known(world: World) -> None:
    """Declaring again adds the new nodes and leaves the age of a drift alone."""
    world.metrics.record_plan(of(State.DRIFTED, OWN), 100)
    world.metrics.declare("ha-web", [A, Address("Role", "new")])
    world.metrics.record_plan(of(State.DRIFTED, OWN), 160)
    assert world.node("node_drift_age_seconds", A) == 60


def test_the_text_form_has_every_name_once_declared(world: World) -> None:
    """All metrics of the manual are served, none with a second series for its creation."""
    world.metrics.record_request("ec2", "DescribeVpcs", "ok", 0.2)
    text = generate_latest(world.registry).decode()
    names = (
        "node_drifted node_drift_age_seconds drifted_nodes drift_detected_total corrections_total "
        "node_blocked steps_blocked last_successful_pass_timestamp_seconds pass_duration_seconds "
        "node_healthy targets_healthy targets "
        "time_to_correct_seconds aws_requests_total aws_request_duration_seconds leader"
    )
    for name in names.split():
        assert f"# TYPE holdfast_{name} " in text
    assert "_created" not in text
