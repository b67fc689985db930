"""What AWS is told to keep is found before a destroy begins, whoever told it, and whatever the document says."""

from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.core.model.reference import Address
from controller.core.model.stack import Allow
from controller.core.planning.step import Action
from controller.engine.loop import allowing
from controller.engine.observe import kinds_of
from tests.clock import Clock
from tests.emulated import empty
from tests.engine.harness import REGION
from tests.stacks.documents import reference, variant
from tests.stacks.world import World, writes_of

STACK = allowing(reference("ha-web-tier"), Allow.DELETE)
BALANCER = Address("LoadBalancer", "web")


@pytest.fixture
def world(emulator_url: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """The web tier in sync, its balancer protected by hand."""
    empty()
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator_url)
    made = World(Clock(), kinds={kind for kind, _ in kinds_of([STACK])})
    made.converge(STACK, fresh=True)
    client: Any = boto3.client("elbv2", region_name=REGION)
    on = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    client.modify_load_balancer_attributes(LoadBalancerArn=made.log.passes[-1].step(BALANCER).id, Attributes=on)
    return made


@pytest.mark.parametrize("fresh", [True, False])
def test_nothing_is_taken_apart_around_what_is_protected(world: World, fresh: bool) -> None:
    """A command reads all anew, the operator does not: neither of them makes a call, and both say what stays."""
    passes = world.converge(STACK, destroy=True, fresh=fresh)
    assert writes_of(passes) == []
    blocked = passes[-1].step(BALANCER).blocked
    assert blocked is not None
    assert ": attributes[deletion_protection.enabled] is set; " in blocked.why


@pytest.mark.parametrize("fresh", [True, False])
def test_nothing_takes_the_place_of_what_is_protected(world: World, fresh: bool, tmp_path: Path) -> None:
    """A replacement would end with AWS's refusal to delete the old one: it is not begun, and the plan says why."""
    inside = variant("ha-web-tier", str(BALANCER), {"scheme": "internal"}, tmp_path)
    passes = world.converge(allowing(inside, Allow.REPLACE), fresh=fresh)
    assert writes_of(passes) == []
    step = passes[-1].step(BALANCER)
    assert Action.REPLACE is step.action
    assert step.blocked is not None
    assert ": attributes[deletion_protection.enabled] is set; " in step.blocked.why
