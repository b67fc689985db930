"""The static edge where everything is done at once: made, held against every drift, destroyed, nothing left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.core.model.stack import Allow
from controller.engine.loop import allowing
from tests.clock import Clock
from tests.emulated import empty
from tests.stacks.documents import reference, references
from tests.stacks.drifting import drifting
from tests.stacks.held import Held, check_alone
from tests.stacks.world import World, writes_of


@pytest.fixture
def world(emulator_url: str) -> Iterator[World]:
    """An empty account."""
    empty()
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("AWS_ENDPOINT_URL", emulator_url)
        yield World(Clock())


def test_it_is_made_and_destroyed(world: World) -> None:
    """No call is refused; in sync a pass writes nothing; each thing goes after its users, and nothing is left."""
    stack = reference("static-edge")
    made = world.converge(stack)
    assert {"ok"} == {write.outcome for write in writes_of(made)}, made[-1].told
    assert set(stack.nodes) == {write.address for write in writes_of(made)}
    assert made[-1].plan.in_sync, made[-1].told
    assert [] == made[-1].wrote
    gone = world.converge(allowing(stack, Allow.DELETE), destroy=True)
    assert {"ok"} == {write.outcome for write in writes_of(gone)}, gone[-1].told
    order = [write.address for write in writes_of(gone) if write.call.deletes]
    for user, used in references(stack):
        assert order.index(user) < order.index(used), f"{used} went before {user}"
    assert () == gone[-1].plan.steps


def test_each_field_drifts_and_is_corrected_alone(world: World, tmp_path: Path) -> None:
    """For every mutable field of every node: nothing else is seen as drift, nothing else is written for, and then
    all is in sync."""
    edge = Held("static-edge", tmp_path)
    for place in drifting("static-edge"):
        check_alone(place, edge.drift(place))
        check_alone(place, edge.turn(edge.stack))
    edge.cloud.forget()
    last = edge.turn(edge.stack)
    assert last.plan.in_sync, last.told
    assert [] == last.wrote
