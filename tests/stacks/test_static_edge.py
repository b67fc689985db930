"""The static edge where everything is done at once: made, in sync, destroyed, and nothing left."""

from collections.abc import Iterator

import pytest

from controller.core.stack import Allow
from controller.engine.loop import allowing
from tests.engine.harness import Clock
from tests.stacks.conftest import empty
from tests.stacks.documents import reference, references
from tests.stacks.world import World, writes_of


@pytest.fixture
def world(emulator_url: str) -> Iterator[World]:
    """An empty account."""
    empty(emulator_url)
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
