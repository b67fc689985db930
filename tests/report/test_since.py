"""Since when nodes have differed, as an earlier program saw it: a restart makes no drift younger, and none anew."""

import pytest

from controller.core.model.reference import Address
from controller.core.planning.step import Action, State
from controller.report.metrics import Metrics
from tests.report.samples import plan, step
from tests.report.test_metrics import World

A, B, C = Address("Vpc", "a"), Address("Subnet", "b"), Address("Subnet", "c")
BEGAN = 1000.0


@pytest.fixture
def world() -> World:
    """A program that was just started, and was told since when one node has differed."""
    world = World()
    declare(world.metrics)
    return world


def declare(metrics: Metrics) -> None:
    """Two nodes, and one that is no longer in the document."""
    metrics.declare("ha-web", [A, B], {A: BEGAN, C: BEGAN})


def test_before_the_first_plan_nobody_knows(world: World) -> None:
    """It is unknown, and not in sync; what is not in the document has no series."""
    assert {"unknown": 1.0} == world.states(A)
    assert {} == world.states(C)
    assert 1 == world.value("drifted_nodes", stack="ha-web", kind="Vpc")
    assert 0 == world.value("drifted_nodes", stack="ha-web", kind="Subnet")


def test_a_drift_goes_on_ageing(world: World) -> None:
    """From when it was first seen, not from the start; and it is no second drift."""
    world.metrics.record_plan(plan(step("Vpc/a", State.DRIFTED, Action.UPDATE, "vpc-1")), BEGAN + 600)
    assert 600 == world.node("node_drift_age_seconds", A)
    assert 0 == world.value("drift_detected_total", stack="ha-web", kind="Vpc")


def test_a_drift_that_is_over_lasted_from_its_beginning(world: World) -> None:
    """Though the program that saw it begin is another one."""
    world.metrics.record_plan(plan(step("Vpc/a", State.IN_SYNC, id="vpc-1")), BEGAN + 600)
    assert 0 == world.node("node_drift_age_seconds", A)
    assert 600 == world.value("time_to_correct_seconds_sum", stack="ha-web", kind="Vpc")


def test_what_cannot_be_read_keeps_its_age(world: World) -> None:
    """Nobody has seen it in sync again."""
    world.metrics.record_plan(plan(step("Vpc/a", State.UNKNOWN)), BEGAN + 600)
    world.metrics.record_plan(plan(step("Vpc/a", State.MISSING, Action.CREATE)), BEGAN + 700)
    assert 700 == world.node("node_drift_age_seconds", A)


def test_others_begin_now(world: World) -> None:
    """What was in sync before the restart and drifts after it, drifts since it was seen to."""
    world.metrics.record_plan(plan(step("Subnet/b", State.MISSING, Action.CREATE)), BEGAN + 600)
    world.metrics.record_plan(plan(step("Subnet/b", State.MISSING, Action.CREATE)), BEGAN + 610)
    assert 10 == world.node("node_drift_age_seconds", B)
    assert 1 == world.value("drift_detected_total", stack="ha-web", kind="Subnet")


def test_what_this_program_saw_itself_counts_more(world: World) -> None:
    """A document that changed is declared again; what is told of earlier takes nothing back."""
    world.metrics.record_plan(
        plan(step("Vpc/a", State.IN_SYNC, id="vpc-1"), step("Subnet/b", State.IN_SYNC)), BEGAN + 600
    )
    declare(world.metrics)
    assert {"in-sync": 0.0} == world.states(A)
    assert 0 == world.node("node_drift_age_seconds", A)


def test_a_clock_that_was_set_back_makes_no_negative_age(world: World) -> None:
    """The time may be that of another machine."""
    world.metrics.record_plan(plan(step("Vpc/a", State.DRIFTED, Action.UPDATE, "vpc-1")), BEGAN - 50)
    assert 0 == world.node("node_drift_age_seconds", A)
