"""The layer itself: each sort of fault is what it says, for the program and for the world."""

from collections.abc import Callable, Iterator
from random import Random

import pytest

from controller.aws.client.cloud import AwsCloud
from controller.core.model.cloud import Meaning, Refused, Unreachable
from emulators.ec2.server import StrictEc2
from tests.clock import Clock
from tests.direct import asked_of, direct
from tests.engine.harness import REGION
from tests.torture.faults import LASTING, RATES, Point, Sort, Weather
from tests.torture.layer import URL, Killed, Layer
from tests.torture.programs import at_once
from tests.unlimited import Unlimited

RANGE = "10.0.0.0/16"


class Sent:
    """A program, as far as the layer knows one."""

    name, dead = "program", False


class Bench:
    """The layer before the strict stand-in, and a client behind it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.server = StrictEc2(clock=self.clock)
        self.server._listener.server_close()
        self.weather = Weather(Random(1), list(Sort))
        self.weather.rates = {}
        self.layer = Layer(asked_of(self.server), self.clock, self.weather, Random(1))
        self.layer.sender = Sent()
        self.cloud = AwsCloud(REGION, limits=Unlimited())

    def befalls(self, sort: Sort, seconds: float = 1e9) -> None:
        """From now on every request that it fits meets it; lag has the longest time there is."""
        self.weather.begin(self.clock() + seconds)
        self.weather.rates = {sort: 1.0} if sort in RATES else {}
        self.weather.sorts = frozenset({sort})
        self.layer.lag.seconds = {(sort, "Vpc"): 30.0}

    def make(self, token: str = "") -> str:
        """A VPC, asked for through the layer."""
        body = self.cloud.call("ec2", "CreateVpc", {"CidrBlock": RANGE}).body
        return str(body["Vpc"]["VpcId"])

    def listed(self) -> list[str]:
        """The VPCs that a program sees."""
        return [each["VpcId"] for page in self.cloud.pages("ec2", "DescribeVpcs", {}) for each in page["Vpcs"]]

    @property
    def there(self) -> list[str]:
        """The VPCs that there are."""
        return list(self.server.world.things["vpc"])


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    with direct(URL, bench.layer.answer), at_once(bench.clock, 1):
        yield bench


def test_in_calm_weather_nothing_is_changed(bench: Bench) -> None:
    """What is asked for is done, and what is there is shown."""
    made = bench.make()
    assert [made] == bench.listed() == bench.there
    assert [] == [each.faults for each in bench.layer.records if each.faults]


@pytest.mark.parametrize(
    ("sort", "meaning"),
    [
        (Sort.THROTTLED, Meaning.THROTTLED),
        (Sort.DENIED, Meaning.DENIED),
        (Sort.EXPIRED, Meaning.CREDENTIALS),
        (Sort.BROKEN, Meaning.TRANSIENT),
    ],
)
def test_a_refusal_is_what_the_program_takes_it_for(bench: Bench, sort: Sort, meaning: Meaning) -> None:
    """Each is in the words of the service."""
    bench.befalls(sort)
    with pytest.raises(Refused) as error:
        bench.listed()
    assert meaning is error.value.meaning


def test_a_write_that_is_refused_for_good_is_invalid(bench: Bench) -> None:
    """Each time it is asked for, and reads go on."""
    bench.befalls(Sort.REFUSED)
    for _ in range(2):
        with pytest.raises(Refused) as error:
            bench.make()
        assert Meaning.INVALID is error.value.meaning
    assert [] == bench.listed() == bench.there


@pytest.mark.parametrize("sort", [Sort.LOST_BEFORE, Sort.LOST_AFTER, Sort.SILENT, Sort.CUT])
def test_a_lost_answer_is_none(bench: Bench, sort: Sort) -> None:
    """The program hears nothing that it could believe; the world knows whether it was done."""
    bench.befalls(sort)
    with pytest.raises((Unreachable, Refused)):
        bench.make()
    if sort is not Sort.SILENT:
        assert (0 if sort is Sort.LOST_BEFORE else 1) == len(bench.there)
    assert [bool(bench.there)] == [any(each.effect for each in bench.layer.records)]


def test_silence_takes_time(bench: Bench) -> None:
    """Each try is as long as a client waits, and longer."""
    bench.befalls(Sort.SILENT)
    begun = bench.clock()
    with pytest.raises(Unreachable):
        bench.listed()
    assert bench.clock() - begun >= 35


def test_the_killed_ask_nothing_any_more(bench: Bench) -> None:
    """Whatever a dead program still tries does not leave."""
    bench.befalls(Sort.KILLED)
    with pytest.raises(Killed):
        bench.listed()
    bench.befalls(Sort.LATE)
    asked = len(bench.layer.records)
    with pytest.raises(Killed):
        bench.listed()
    assert asked == len(bench.layer.records)


def test_an_empty_answer_lies_once(bench: Bench) -> None:
    """A second look, soon after, is shown the truth."""
    made = bench.make()
    bench.befalls(Sort.EMPTY)
    assert [] == bench.listed()
    assert [made] == bench.listed()


def test_a_second_page_comes_or_fails(bench: Bench) -> None:
    """A listing in two halves is whole, or it is an error; never half."""
    made = [bench.make() for _ in range(3)]
    bench.befalls(Sort.PAGES)
    found = [_or_error(bench.listed) for _ in range(12)]
    assert made in found
    assert None in found
    assert [] == [each for each in found if each not in (made, None)]


def _or_error(ask: Callable[[], list[str]]) -> list[str] | None:
    try:
        return ask()
    except Refused:
        return None


def test_what_is_new_is_shown_late(bench: Bench) -> None:
    """Somebody may know it already, others do not; after its time everybody does."""
    bench.befalls(Sort.LATE)
    made = bench.make()
    seen = [bench.listed() for _ in range(20)]
    assert [] in seen
    bench.clock.time += 30
    assert [made] == bench.listed()


def test_tags_of_what_is_new_are_shown_late(bench: Bench) -> None:
    """The thing is there, and nothing is on it."""
    bench.befalls(Sort.LATE_TAGS)
    specification = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "x"}]}]
    bench.cloud.call("ec2", "CreateVpc", {"CidrBlock": RANGE, "TagSpecifications": specification})
    shown = [bench.cloud.call("ec2", "DescribeVpcs", {}).body["Vpcs"][0].get("Tags", []) for _ in range(20)]
    assert [] in shown
    bench.clock.time += 30
    assert [{"Key": "Name", "Value": "x"}] == bench.cloud.call("ec2", "DescribeVpcs", {}).body["Vpcs"][0]["Tags"]


def test_what_is_new_is_not_found_by_its_id(bench: Bench) -> None:
    """Neither to be read nor to be written to, for as long as it is young; a listing shows it."""
    bench.befalls(Sort.EARLY)
    made = bench.make()
    assert [made] == bench.listed()
    refused = [_not_found(bench, made) for _ in range(20)]
    assert True in refused
    bench.clock.time += 30
    assert not _not_found(bench, made)


def _not_found(bench: Bench, vpc: str) -> bool:
    try:
        bench.cloud.call("ec2", "ModifyVpcAttribute", {"VpcId": vpc, "EnableDnsHostnames": {"Value": True}})
    except Refused as error:
        return error.meaning is Meaning.NOT_FOUND
    return False


def test_a_client_token_is_honoured(bench: Bench) -> None:
    """The same request with the same token has the first answer, another one is refused, and one thing is made."""
    vpc = bench.make()
    asked = {"VpcId": vpc, "ClientToken": "t"}
    first, second = (bench.cloud.call("ec2", "CreateRouteTable", asked).body for _ in range(2))
    assert first == second
    with pytest.raises(Refused, match="IdempotentParameterMismatch"):
        bench.cloud.call("ec2", "CreateRouteTable", {**asked, "VpcId": bench.make()})
    assert 3 == len(bench.server.world.things["rtb"])  # each VPC has one of its own


def test_the_weather_ends(bench: Bench) -> None:
    """After its time nothing befalls anything, not even what had begun to last."""
    bench.befalls(Sort.EXPIRED, seconds=5)
    with pytest.raises(Refused):
        bench.listed()
    bench.clock.time += 5
    assert [] == bench.listed()


def test_a_denial_keeps_to_one_operation() -> None:
    """What is forbidden is forbidden for a while, and the rest is not."""
    weather = Weather(Random(1), [Sort.DENIED])
    weather.begin(10_000)
    weather.rates = {Sort.DENIED: 1.0}
    one, other = Point("ec2", "DescribeVpcs"), Point("ec2", "DescribeSubnets")
    assert Sort.DENIED is weather.draw(one, 0, lambda sort: True)
    weather.rates = {}
    assert (Sort.DENIED, None) == tuple(weather.draw(each, 1, lambda sort: True) for each in (one, other))
    assert weather.draw(one, LASTING[Sort.DENIED][1], lambda sort: True) is None
