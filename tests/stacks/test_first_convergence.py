"""What the calls of a first convergence are: each listing once a look, and one more to see that nobody does the same.

Only what nothing keeps from being made twice is looked for a second time, where no look was shown before.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import pytest

from controller.core.model.stack import Stack
from controller.engine.observe import kinds_of
from emulators.ec2.elsewhere import READS
from emulators.ec2.server import StrictEc2
from tests.clock import Clock
from tests.direct import asked_of, direct
from tests.emulated import empty
from tests.stacks.documents import reference
from tests.stacks.world import Recording, World

Reads = Counter[str]
WHO = Counter(GetCallerIdentity=1)
SOLD = ["DescribeAvailabilityZones", "DescribeInstanceTypeOfferings"]


@pytest.fixture
def emulator(emulator_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty account where every service answers."""
    empty()
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator_url)


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account on the strict stand-in."""
    server = StrictEc2()
    with server, direct(server.url, asked_of(server)):
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield


def looks(stack: Stack, **intent: bool) -> list[Reads]:
    """The reads of every pass from an empty account until all is in sync; the last one finds that."""
    clock, cloud = Clock(), Recording()
    world = World(clock, cloud, {kind for kind, _ in kinds_of([stack])})
    if intent:  # a command shows its plan first
        world.turn(stack, write=False, **intent)
    found = [reads(cloud)] if intent else []
    while not found or not world.log.passes[-1].plan.in_sync:
        clock.time += 1
        world.turn(stack, **intent)
        found.append(reads(cloud))
    return found


def reads(cloud: Recording) -> Reads:
    """The reads since they were counted last."""
    found = Counter(operation for _, operation in cloud.calls if operation.startswith(READS))
    cloud.calls.clear()
    return found


def more(found: list[Reads]) -> list[Reads]:
    """What each look asked more often than the last, which found all in sync and read it once."""
    return [each - found[-1] for each in found]


def check(found: list[Reads], first_of_all: Mapping[str, int], offered: Iterable[str] = ()) -> None:
    """The look of the plan, the pass that begins, those that follow: a read is made twice in that one at most.

    The plan asks once for each sort of thing that AWS may not offer.
    """
    plan, begins, *follow = more(found)
    assert (WHO + Counter(offered), first_of_all) == (plan, begins)
    assert not any(follow)


@pytest.mark.usefixtures("emulator")
@pytest.mark.parametrize(
    ("name", "first", "offered"),
    [
        ("ha-web-tier", {"DescribeVpcs": 1}, [*SOLD, "DescribeOrderableDBInstanceOptions"]),
        ("static-edge", {}, SOLD),
    ],
)
def test_the_command_looks_once_a_pass(name: str, first: dict[str, int], offered: list[str]) -> None:
    """After its plan it makes three passes: two that write, one that finds all in sync."""
    found = looks(reference(name), fresh=True)
    assert 1 + 3 == len(found)
    check(found, first, offered)


@pytest.mark.usefixtures("ec2")
def test_the_command_makes_a_network_in_one_pass() -> None:
    """And sees in a second one that all is in sync."""
    found = looks(reference("network"), fresh=True)
    assert 1 + 2 == len(found)
    check(found, {"DescribeVpcs": 1}, ["DescribeAvailabilityZones"])


@pytest.mark.usefixtures("ec2")
def test_the_loop_looks_again_for_what_could_be_made_twice() -> None:
    """Nobody has looked before it: what has neither token nor unique key is looked for twice, and nothing else."""
    first, second = more(looks(reference("network")))
    twice = {"DescribeVpcs": 1, "DescribeAddresses": 1, "DescribeInternetGateways": 1}
    orphans = {"DescribeImages": 1}  # searched for in the first look alone
    assert WHO + Counter(twice) + Counter(orphans) + Counter({"DescribeVpcs": 1}) == first
    assert Counter() == second
