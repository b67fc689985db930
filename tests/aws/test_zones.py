"""A zone that AWS does not have, or that cannot be used, is said in the plan."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from controller.aws.catalog import catalog
from controller.core.model.call import Change
from controller.core.model.cloud import Meaning, Refused
from controller.core.model.inquiry import Inquiry
from controller.core.model.live import Live
from controller.core.model.paths import fields_in
from controller.core.model.reference import Address, Placeholder
from controller.core.planning.step import Action, Plan, State, Step
from controller.engine.offers import asked_about
from tests.core.account import Resources, stack_of
from tests.engine.harness import ScriptedCloud
from tests.kinds.fixtures import kinds

NOT_NEEDED = "opt-in-not-required"
LOCAL = "us-east-1-bos-1a"
ZONES = [
    {"ZoneName": "us-east-1b", "State": "available", "OptInStatus": NOT_NEEDED},
    {"ZoneName": "us-east-1a", "State": "available", "OptInStatus": NOT_NEEDED},
    {"ZoneName": "us-east-1e", "State": "constrained", "OptInStatus": NOT_NEEDED},
    {"ZoneName": LOCAL, "State": "available", "OptInStatus": "not-opted-in"},
]
WRONG = "AWS does not offer availabilityZone us-east-1z in us-east-1, but us-east-1a, us-east-1b"
FIELDS = [(kind, path) for kind in kinds() for path, part in fields_in(kind.shape) if part.zone]


class Abroad(ScriptedCloud):
    """A cloud that has other regions, and notes which of them are asked."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(lambda operation, parameters: body)
        self.there: dict[str, ScriptedCloud] = {"": self}

    def at(self, region: str) -> ScriptedCloud:
        """One cloud a region."""
        if region not in self.there:
            self.there[region] = ScriptedCloud(self.reply)
            self.there[region].region = region
        return self.there[region]


def answering(body: Mapping[str, Any]) -> ScriptedCloud:
    """A cloud that always answers this."""
    return ScriptedCloud(lambda operation, parameters: body)


def volume(zone: Any) -> dict[str, Any]:
    """A volume in a zone."""
    return {"availabilityZone": zone, "size": 8}


def notes(resources: Resources, cloud: ScriptedCloud, changes: tuple[Change, ...] | None = None) -> list[str]:
    """What the plan notes at each node, all of which it makes, or updates where there are changes."""
    stack = stack_of(resources)
    step = Step(Address("Vpc", "it"), State.MISSING, Action.CREATE)
    if changes is not None:
        step = Step(step.address, State.DRIFTED, Action.UPDATE, Live("Volume", "vol-1", {}, {}), changes)
    plan = Plan("web", "123456789012", "us-east-1", tuple(replace(step, address=address) for address in stack.nodes))
    return [noted.note for noted in asked_about(plan, stack, catalog(), cloud).steps]


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("us-east-1a", ""),
        ("us-east-1z", WRONG),
        ("us-east-1e", "AWS shows availabilityZone us-east-1e in us-east-1 with State constrained"),
        (LOCAL, f"AWS shows availabilityZone {LOCAL} in us-east-1 with OptInStatus not-opted-in"),
    ],
)
def test_a_zone_is_looked_for(zone: str, words: str) -> None:
    """Among all of the region, those included that the account has not opted in to."""
    cloud = answering({"AvailabilityZones": ZONES})
    assert [words] == notes({"Volume": {"a": volume(zone)}}, cloud)
    assert [("DescribeAvailabilityZones", {"AllAvailabilityZones": True})] == cloud.asked


@pytest.mark.parametrize(
    ("kind", "path"), [pytest.param(kind, path, id=f"{kind.name}.{path}") for kind, path in FIELDS]
)
def test_every_field_that_names_zones_is_looked_at(kind: Any, path: str) -> None:
    """Wherever in the document it is, in a list too; what stands for no single zone is not looked for."""

    def at(steps: list[str], zones: list[str]) -> Any:
        if not steps:
            return zones
        inner = [at(steps[1:], zones)]
        return {steps[0].removesuffix("[]"): inner if steps[0].endswith("[]") else inner[0]}

    def told(*zones: str) -> list[str]:
        fields = at(path.split("."), [*zones])
        return [*kind.unoffered(Inquiry(answering({"AvailabilityZones": ZONES})), fields, fields.keys())]

    assert [WRONG.replace("availabilityZone", path)] == told("us-east-1a", "us-east-1z", "all")


def test_one_call_a_region() -> None:
    """For all nodes and kinds of a plan, also where it fails; each region is asked for its own."""
    subnets = {
        name: {"vpc": {"id": "vpc-1"}, "cidrBlock": "10.0.0.0/24", "availabilityZone": "us-east-1z"} for name in "ab"
    }
    cloud = answering({"AvailabilityZones": ZONES})
    assert [WRONG] * 3 == notes({"Subnet": subnets, "Volume": {"a": volume("us-east-1z")}}, cloud)
    assert 1 == len(cloud.asked)
    refusing = ScriptedCloud(refused)
    assert ["", "", ""] == notes({"Subnet": subnets, "Volume": {"a": volume("us-east-1z")}}, refusing)
    assert 1 == len(refusing.asked)
    abroad = Abroad({"AvailabilityZones": [{"ZoneName": "eu-west-1a", "State": "available"}]})
    home, inquiry = Inquiry(abroad), Inquiry(abroad).at("eu-west-1")
    assert 2 == sum(1 for place in (home, inquiry) if place.answer("ec2", "DescribeAvailabilityZones", {}))
    told = [*catalog()["Volume"].unoffered(inquiry, volume("eu-west-1z"), {"availabilityZone"})]
    assert ["AWS does not offer availabilityZone eu-west-1z in eu-west-1, but eu-west-1a"] == told


def refused(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the permission."""
    raise Refused("ec2", operation, "UnauthorizedOperation", Meaning.DENIED, "no")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"AvailabilityZones": []},
        {"AvailabilityZones": [{}, *ZONES]},
        {"AvailabilityZones": ZONES, "NextToken": "more"},
    ],
    ids=["no list", "no zones", "a zone without a name", "more to come"],
)
def test_an_answer_that_is_not_whole_says_nothing(body: dict[str, Any]) -> None:
    """A region without zones is no answer; nor does it tell of those that it leaves out."""
    assert [""] == notes({"Volume": {"a": volume("us-east-1z")}}, answering(body))


def test_a_zone_of_which_no_state_is_shown_is_believed() -> None:
    """What AWS leaves out is no flaw."""
    assert [""] == notes(
        {"Volume": {"a": volume("us-east-1a")}}, answering({"AvailabilityZones": [{"ZoneName": "us-east-1a"}]})
    )


def test_only_what_sets_a_zone_asks() -> None:
    """Not another change, nor one that takes a zone away, nor a zone that nobody knows yet."""
    cloud = answering({"AvailabilityZones": ZONES})
    other = Change("size", "change", 9, 8)
    gone = Change("availabilityZone", "remove", None, "us-east-1z")
    made = {"Volume": {"a": volume("us-east-1z")}}
    assert [""] == notes(made, cloud, (other, gone))
    unknown = volume(Placeholder(Address("Subnet", "a"), "availabilityZone"))
    assert [] == [*catalog()["Volume"].unoffered(Inquiry(cloud), unknown, {"availabilityZone"})]
    assert [] == cloud.asked
    assert [WRONG] == notes(made, cloud, (Change("availabilityZone", "change", "us-east-1z", "us-east-1a"),))
