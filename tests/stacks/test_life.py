"""The web tier through all its life, with everything taking its time: made, given a new image, destroyed.

The chapters follow one another in one account, each is told once, and each test looks at what a chapter has written.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.core.model.reference import Address
from controller.core.model.stack import Allow, Stack
from controller.core.planning.step import State
from controller.engine.loop import allowing
from tests.clock import Clock
from tests.emulated import empty
from tests.engine.harness import REGION
from tests.slow.rules import DURATIONS
from tests.slow.server import SlowAws
from tests.stacks.documents import reference, references, variant
from tests.stacks.world import CATALOG, Passed, World, writes_of

NAME = "ha-web-tier"
HASTE = 20
"""Times are to each other as in AWS, and this much shorter: fewer looks in vain."""
GROUP, DATABASE = Address("AutoScalingGroup", "app"), Address("DbInstance", "db")
LET_GO = {("DbProxy", "DbInstance")}
"""What AWS takes away from under a user that is leaving already."""
EMPTIED = {("InstanceProfile", "Role"): "RemoveRoleFromInstanceProfile"}
"""What is emptied first, so that it holds nothing any more when it is deleted itself."""
OTHER_IMAGE = "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"


class Life:
    """One account, and the chapters of the stack in it."""

    def __init__(self, aws: SlowAws, world: World, folder: Path) -> None:
        self.aws, self.world, self.folder = aws, world, folder
        self.stack = reference(NAME)
        self.born_at = world.clock()
        self.serving: list[int] = []

    @cached_property
    def built(self) -> list[Passed]:
        """From the empty account to a stack that is ready."""
        return self.world.converge(self.stack)

    @cached_property
    def refreshed(self) -> list[Passed]:
        """A new image in the document, until all is in sync again; `serving` are the instances in service."""
        assert self.built[-1].plan.in_sync
        self.world.log.watch = self.count
        passes = self.world.converge(self.renewed())
        self.world.log.watch = lambda: None
        return passes

    @cached_property
    def kept(self) -> list[Passed]:
        """A partial destroy that the database's protection stands in the way of, as far as it is planned."""
        assert self.refreshed[-1].plan.in_sync
        return [self.world.turn(allowing(self.renewed(), Allow.DELETE), write=False, destroy=True, partial=True)]

    @cached_property
    def destroyed(self) -> list[Passed]:
        """The protection taken off, no last snapshot wanted, then everything destroyed."""
        assert self.kept
        loose = variant(
            NAME,
            str(DATABASE),
            {"deletionProtection": False, "tags": {"holdfast.dev/skip-final-snapshot": "true"}},
            self.folder,
        )
        assert self.world.converge(loose)[-1].plan.in_sync
        return self.world.converge(allowing(loose, Allow.DELETE), destroy=True)

    def renewed(self) -> Stack:
        """The document with another image."""
        found = self.client("ssm").get_parameter(Name=OTHER_IMAGE)["Parameter"]["Value"]
        return variant(NAME, "LaunchTemplate/app", {"image": {"id": found}}, self.folder)

    def count(self) -> None:
        """Notes how many instances of the group are in service."""
        (group,) = self.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        self.serving.append(sum(each["LifecycleState"] == "InService" for each in group["Instances"]))

    def usable_at(self, address: str) -> float:
        """The first pass in which others may refer to it, in seconds since the first of all."""
        found = (each for each in self.built for s in each.plan.steps if str(s.address) == address)
        return (
            next(p.at for p in found if (live := p.step(Address.parse(address)).live) and live.usable)
            - self.built[0].at
        )

    def after(self, seconds: float) -> float:
        """The pass after the one that began then."""
        return next(each.at - self.built[0].at for each in self.built if each.at - self.built[0].at > seconds)

    def client(self, service: str) -> Any:
        """A client that is not the program's."""
        return boto3.client(service, endpoint_url=self.aws.url, region_name=REGION)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def life(emulator_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """An empty account."""
    empty()
    clock = Clock()
    durations = {name: seconds / HASTE for name, seconds in DURATIONS.items()}
    with pytest.MonkeyPatch.context() as settings, SlowAws(emulator_url, clock, durations) as aws:
        settings.setenv("AWS_ENDPOINT_URL", aws.url)
        yield Life(aws, World(clock, kinds=reference(NAME).by_kind), tmp_path_factory.mktemp("documents"))


pytestmark = pytest.mark.timeout(600)


def waited_for(passes: list[Passed]) -> list[tuple[float, set[str]]]:
    """When each pass that wrote began, in seconds since the first, and the nodes it wrote to."""
    begun = passes[0].at
    return [(each.at - begun, {str(write.address) for write in each.writes}) for each in passes if each.writes]


def test_nothing_is_refused_and_nothing_made_twice(life: Life) -> None:
    """Every write of the creation succeeds, none is made twice, and the last pass finds all in sync."""
    writes = writes_of(life.built)
    assert {"ok"} == {write.outcome for write in writes}
    made = Counter((write.address, write.call.operation, write.call.fields) for write in writes)
    assert {1} == set(made.values())
    assert life.built[-1].plan.in_sync, life.built[-1].told


def test_what_waits_for_nothing_is_made_at_once(life: Life) -> None:
    """The first pass makes all nodes that need neither a gateway, nor the database, nor what needs those."""
    (_, first), *_ = waited_for(life.built)
    late = {"AutoScalingGroup", "DbProxy", "LaunchTemplate", "Parameter", "ScalingPolicy"}
    expected = {str(a) for a in life.stack.nodes if a.kind not in late} - {"Listener/https"}
    assert expected == first


def test_what_waits_is_made_in_the_first_pass_that_can(life: Life) -> None:
    """Each of the five passes that write has its own reason, and there can be no fewer of them.

    The longest chain is database, proxy, template: three passes, the database's and the proxy's time between them.
    Two more are beside it: the routes, for the gateways are there long before the database, and the role that
    names the parameter, whose ARN AWS tells in a listing only.
    """
    gateways, database, proxy = (
        life.usable_at("NatGateway/a"),
        life.usable_at("DbInstance/db"),
        life.usable_at("DbProxy/db"),
    )
    assert [
        (gateways, {"RouteTable/private-a", "RouteTable/private-b"}),
        (database, {"Parameter/db-endpoint", "Role/db-proxy", "DbProxy/db"}),
        (life.after(database), {"Role/app", "InstanceProfile/app"}),
        (proxy, {"DbProxy/db", "LaunchTemplate/app", "AutoScalingGroup/app", "Listener/https", "ScalingPolicy/cpu"}),
    ] == waited_for(life.built)[1:]


def test_a_new_image_rolls_through_the_group(life: Life) -> None:
    """A new version, made the default, and one refresh; never fewer instances serve than are to, and all ends in
    sync."""
    assert [
        "LaunchTemplate/app CreateLaunchTemplateVersion",
        "LaunchTemplate/app ModifyLaunchTemplate",
        "AutoScalingGroup/app StartInstanceRefresh",
    ] == [line for each in life.refreshed for line in each.wrote]
    assert life.refreshed[-1].plan.in_sync, life.refreshed[-1].told
    assert 2 == min(life.serving)  # minHealthyPercentage: 100 of two
    assert 3 == max(life.serving)  # maxHealthyPercentage: 150
    progress = [each.step(GROUP).progress for each in life.refreshed]
    assert any(each.startswith("refresh ") for each in progress)
    assert State.IN_SYNC is life.refreshed[-1].step(GROUP).state


def test_a_protected_database_stays_and_so_does_what_it_stands_on(life: Life) -> None:
    """The destroy is blocked for it with the reason, and for what it refers to; the rest would go."""
    (found,) = life.kept
    blocked = {str(step.address): step.blocked for step in found.plan.steps if step.blocked}
    reason = blocked.pop(str(DATABASE))
    assert reason is not None
    assert ("protection", True) == (reason.by, reason.why.startswith("ha-web-db: deletionProtection is set"))
    assert {
        "DbSubnetGroup/db",
        "DbParameterGroup/db",
        "SecurityGroup/db",
        "SecurityGroup/app",
        "SecurityGroup/alb",
        "Subnet/data-a",
        "Subnet/data-b",
        "Vpc/main",
    } == blocked.keys()
    assert {"reference"} == {verdict.by for verdict in blocked.values()}


def test_everything_goes_after_its_users(life: Life) -> None:
    """No deletion is refused; what others refer to is deleted after them, and when AWS is done with those that
    linger; in the end nothing is left."""
    writes = writes_of(life.destroyed)
    assert {"ok"} == {write.outcome for write in writes}, life.destroyed[-1].told
    deleted = {
        write.address: (turn, place)
        for turn, each in enumerate(life.destroyed)
        for place, write in enumerate(each.writes)
        if write.call.deletes
    }
    order = [f"{w.address} delete" if w.call.deletes else w.call.operation for w in writes]
    seen = {step.address: turn for turn, each in enumerate(life.destroyed) for step in each.plan.steps if step.live}
    for user, used in references(life.stack):
        let_go = EMPTIED.get((user.kind, used.kind), "")
        assert let_go in order[: order.index(f"{used} delete")] if let_go else deleted[user] < deleted[used], (
            f"{used} went before {user}"
        )
        if CATALOG[user.kind].lingers and (user.kind, used.kind) not in LET_GO:
            assert seen[user] < deleted[used][0], f"{used} went while {user} was leaving"
    assert set(life.stack.nodes) == deleted.keys()
    assert () == life.destroyed[-1].plan.steps


def test_no_call_is_refused_by_the_layer(life: Life) -> None:
    """In all its life nothing is asked for too early or twice."""
    assert life.destroyed
    assert [] == [each for each in life.aws.requests if each.status >= 400]
