"""The auditor itself: it finds each class of failure in a bad program, and nothing in a good one."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest

from controller.aws.client.cloud import AwsCloud
from controller.core.planning.step import Plan
from controller.engine.reconcile import Intent
from tests.clock import Clock
from tests.direct import direct
from tests.engine.harness import REGION
from tests.torture.audit import Auditor, Condemned, Failure
from tests.torture.faults import Sort, Weather
from tests.torture.layer import URL, Layer
from tests.torture.network import NetworkScene, another_address, stripped
from tests.torture.programs import Before, Program, at_once
from tests.unlimited import Unlimited

OWNERS = {"holdfast.dev/stack": "ha-network", "holdfast.dev/name": "nat-a"}


class Court:
    """A network in sync, made by the program, and a client for a bad one."""

    def __init__(self, clock: Clock) -> None:
        self.scene = NetworkScene(clock, Random(1), [Sort.ALIKE])
        self.auditor = Auditor(self.scene)
        self.layer = Layer(self.scene.answering, clock, Weather(Random(1), []), Random(1))
        self.layer.watch = self.auditor
        self.program = Program("good", self.scene.catalog, clock, self.auditor, Before())
        self.layer.sender = self.program
        self.cloud = AwsCloud(REGION, limits=Unlimited())

    def does(self, operation: str, **parameters: Any) -> None:
        """The bad program does something."""
        self.cloud.call("ec2", operation, parameters)

    def condemns(self, operation: str, **parameters: Any) -> Failure:
        """What the auditor calls it."""
        with pytest.raises(Condemned) as found:
            self.does(operation, **parameters)
        assert found.value.verdict is self.auditor.verdict
        return found.value.verdict.failure

    def id(self, address: str) -> str:
        """The id of a node."""
        found = self.scene.node(address)
        assert found is not None
        return found.id

    def other(self, prefix: str) -> str:
        """Something that is not the stack's."""
        return min(id for id in self.scene.others if id.startswith(prefix))


@pytest.fixture
def court() -> Iterator[Court]:
    clock = Clock()
    court = Court(clock)
    with direct(URL, court.layer.answer), at_once(clock, 1):
        court.program.apply(court.scene.stack(), Intent(fresh=True))
        yield court


def tagged(kind: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """The tags of a creation."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": listed}]}


def test_a_good_program_is_not_condemned(court: Court) -> None:
    """From empty to in sync nothing is found, and all is true that the document wants."""
    assert court.auditor.verdict is None
    assert court.scene.wanted() == court.scene.facts()
    court.auditor.settle()


def test_what_was_there_is_not_made_again(court: Court) -> None:
    """A second thing for a node that was right."""
    assert Failure.TWICE is court.condemns("AllocateAddress", Domain="vpc", **tagged("elastic-ip", OWNERS))


def test_nothing_is_made_without_marks(court: Court) -> None:
    """What nobody could find again."""
    assert Failure.UNMARKED is court.condemns("AllocateAddress", Domain="vpc")


def test_what_is_not_ours_is_not_touched(court: Court) -> None:
    """Not changed, not deleted, and not tagged."""
    tags = [{"Key": "Env", "Value": "prod2"}]
    assert Failure.FOREIGN is court.condemns("CreateTags", Resources=[court.other("vpc-")], Tags=tags)
    assert Failure.FOREIGN is court.condemns("ReleaseAddress", AllocationId=court.other("eipalloc-"))


def test_what_was_right_is_not_taken_away(court: Court) -> None:
    """A route bent, a tag removed, a thing deleted."""
    table = court.id("RouteTable/private-a")
    bent = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": court.id("NatGateway/b")}
    assert Failure.UNDONE is court.condemns("ReplaceRoute", **bent)
    tags = [{"Key": "Env"}]
    assert Failure.UNDONE is court.condemns("DeleteTags", Resources=[court.id("Vpc/main")], Tags=tags)
    assert Failure.UNDONE is court.condemns("DeleteNatGateway", NatGatewayId=court.id("NatGateway/a"))


def test_a_write_that_was_not_needed_is_told(court: Court) -> None:
    """It does no harm, so that the story goes on."""
    court.does("ModifyVpcAttribute", VpcId=court.id("Vpc/main"), EnableDnsHostnames={"Value": True})
    assert court.auditor.verdict is not None
    assert Failure.NEEDLESS is court.auditor.verdict.failure


@pytest.mark.parametrize(("value", "failure"), [("staging", None), ("another", Failure.NEEDLESS)])
def test_what_waits_for_its_replacement_is_looked_after(court: Court, value: str, failure: Failure | None) -> None:
    """Until the address is there that the next one needs, it is the node: the document's tags belong on it alone."""
    gateway, spec = court.id("NatGateway/b"), court.scene.tree["spec"]
    another_address(spec)
    spec["tags"]["Env"] = "staging"
    court.does("CreateTags", Resources=[gateway], Tags=[{"Key": "Env", "Value": value}])
    verdict = court.auditor.verdict
    assert failure is (verdict and verdict.failure)


def test_own_marks_are_the_programs_affair(court: Court) -> None:
    """A program may mark its own things in other words too."""
    tags = [{"Key": "holdfast.dev/left-over", "Value": "x"}]
    court.does("CreateTags", Resources=[court.id("Vpc/main")], Tags=tags)
    assert court.auditor.verdict is None


def test_in_sync_is_said_only_when_it_is_true(court: Court) -> None:
    """Also when what is untrue is only a mark."""
    plan = Plan("ha-network", "123456789012", REGION, ())
    court.auditor.planned(court.program, plan)
    stripped(court.scene, Random(1))
    with pytest.raises(Condemned) as found:
        court.auditor.planned(court.program, plan)
    assert Failure.FALSE is found.value.verdict.failure


def test_what_is_left_behind_is_found(court: Court) -> None:
    """What was made for a node that the document has no more."""
    del court.scene.tree["spec"]["resources"]["SecurityGroup"]["db"]
    with pytest.raises(Condemned) as found:
        court.auditor.settle()
    assert Failure.LEAKED is found.value.verdict.failure
