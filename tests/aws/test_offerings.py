"""What AWS does not offer is said in the plan, where a read tells; nothing else is ever concluded from that read."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.model import StringShape, StructureShape

from controller.aws.catalog import catalog
from controller.aws.client import models
from controller.aws.declaration.wire import inner_shape, input_shape
from controller.core.model.call import Change
from controller.core.model.cloud import Meaning, Refused
from controller.core.model.inquiry import Inquiry
from controller.core.model.live import Live
from controller.core.model.paths import fields_in
from controller.core.model.reference import Address, Placeholder
from controller.core.planning.step import Action, Plan, State, Step
from controller.engine.offers import asked_about
from tests.core.account import stack_of
from tests.engine.harness import ScriptedCloud
from tests.kinds.fixtures import kinds

INSTANCE = {"image": {"id": "ami-1"}, "instanceType": "t9.micro"}
DATABASE = {"engine": "postgres", "dbInstanceClass": "db.t9.micro"}
TEMPLATE = {"instanceType": "t9.micro"}
GROUP = {
    "availabilityZones": ["us-east-1a"],
    "minSize": 0,
    "maxSize": 1,
    "launchTemplate": {"id": "lt-1"},
    "launchTemplateVersion": "1",
    "overrides": [{"instanceType": "t3.micro"}, {"instanceType": "t9.micro"}],
}
KNOWN = [{"InstanceType": "t3.micro"}]
NONE_OF_IT: dict[str, Any] = {"InstanceTypeOfferings": [], "OrderableDBInstanceOptions": []}
CASES = [
    (
        "LaunchConfiguration",
        {"image": {"id": "ami-1"}, **TEMPLATE},
        "AWS does not offer instanceType t9.micro in us-east-1",
    ),
    ("Instance", INSTANCE, "AWS does not offer instanceType t9.micro in us-east-1"),
    ("LaunchTemplate", TEMPLATE, "AWS does not offer instanceType t9.micro in us-east-1"),
    ("DbInstance", DATABASE, "AWS does not offer dbInstanceClass db.t9.micro for engine postgres in us-east-1"),
]


def note(
    kind: str,
    fields: Mapping[str, Any],
    cloud: ScriptedCloud,
    action: Action = Action.CREATE,
    changes: tuple[Change, ...] = (),
) -> str:
    """What the plan notes at the one node of a stack."""
    address = Address(kind, "it")
    live = None if action is Action.CREATE else Live(kind, "id", {}, {})
    step = Step(address, State.MISSING if live is None else State.DRIFTED, action, live, changes)
    plan = Plan("web", "123456789012", "us-east-1", (step,))
    return asked_about(plan, stack_of({kind: {"it": fields}}), catalog(), cloud).steps[0].note


def answering(body: Mapping[str, Any]) -> ScriptedCloud:
    """A cloud that always answers this."""
    return ScriptedCloud(lambda operation, parameters: body)


@pytest.mark.parametrize(("kind", "fields", "words"), CASES)
def test_what_is_not_offered_is_said(kind: str, fields: dict[str, Any], words: str) -> None:
    """One read for the node, with the value that the document has."""
    cloud = answering(NONE_OF_IT)
    assert words == note(kind, fields, cloud)
    assert 1 == len(cloud.asked)


@pytest.mark.parametrize(("kind", "fields", "words"), CASES)
@pytest.mark.parametrize(
    "body",
    [
        {
            "InstanceTypeOfferings": [{"InstanceType": "t9.micro"}],
            "OrderableDBInstanceOptions": [{"DBInstanceClass": "db.t9.micro"}],
        },
        {"InstanceTypeOfferings": [{}], "OrderableDBInstanceOptions": [{}]},
        {},
        {**NONE_OF_IT, "NextToken": "more", "Marker": "more"},
    ],
    ids=["offered", "no value in the list", "no list in the answer", "more to come"],
)
def test_nothing_is_said_where_the_read_does_not_tell(
    kind: str, fields: dict[str, Any], words: str, body: dict[str, Any]
) -> None:
    """Offered, or an answer that is not whole."""
    assert "" == note(kind, fields, answering(body)), words


@pytest.mark.parametrize("meaning", [Meaning.DENIED, Meaning.THROTTLED, Meaning.INVALID])
def test_a_read_that_fails_says_nothing(meaning: Meaning) -> None:
    """The right to it is not needed."""

    def refuse(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        raise Refused("ec2", operation, "No", meaning, "no")

    assert "" == note("Instance", INSTANCE, ScriptedCloud(refuse))


def test_only_a_change_of_the_field_asks() -> None:
    """Neither a node in sync nor another change makes a call; a change of the field makes one."""
    cloud = answering(NONE_OF_IT)
    other = Change("monitoring", "change", True, False)
    mine = Change("instanceType", "change", "t9.micro", "t3.micro")
    assert "" == note("Instance", INSTANCE, cloud, Action.NONE)
    assert "" == note("Instance", INSTANCE, cloud, Action.UPDATE, (other,))
    assert [] == cloud.asked
    assert "" != note("Instance", INSTANCE, cloud, Action.UPDATE, (mine,))


def test_a_value_that_is_not_known_yet_is_not_asked_about() -> None:
    """An attribute of another node may be anything."""
    cloud = answering(NONE_OF_IT)
    kind = catalog()["Instance"]
    fields = {"instanceType": Placeholder(Address("Parameter", "type"), "value")}
    assert [] == [*kind.unoffered(Inquiry(cloud), fields, {"instanceType"})]
    assert [] == cloud.asked


def test_all_types_of_a_group_are_asked_about_at_once() -> None:
    """One read, and those that it leaves out are said; a change of something else in the list makes none."""
    cloud = answering({"InstanceTypeOfferings": KNOWN})
    assert "AWS does not offer overrides[].instanceType t9.micro in us-east-1" == note(
        "AutoScalingGroup", GROUP, cloud
    )
    (parameters,) = [
        parameters for operation, parameters in cloud.asked if operation == "DescribeInstanceTypeOfferings"
    ]
    assert [{"Name": "instance-type", "Values": ["t3.micro", "t9.micro"]}] == parameters["Filters"]
    weight = Change("overrides[t9.micro].weightedCapacity", "add", "2", None)
    gone = Change("overrides[t8.micro]", "remove", None, {"instanceType": "t8.micro"})
    assert "" == note("AutoScalingGroup", GROUP, cloud, Action.UPDATE, (weight, gone))
    assert 2 == len(cloud.asked), "one for types and one for zones, when it was made"
    added = Change("overrides[t9.micro]", "add", {"instanceType": "t9.micro"}, None)
    assert "" != note("AutoScalingGroup", GROUP, cloud, Action.UPDATE, (added,))


def test_offerings_are_as_aws_has_them() -> None:
    """Operation, parameters and list are in AWS's model, and the fields in the kind."""
    known = [(kind, offering) for kind in kinds() for offering in kind.all_offerings]
    typed = {"Instance", "LaunchTemplate", "LaunchConfiguration", "AutoScalingGroup", "DbInstance"}
    assert typed == {kind.name for kind in kinds() if kind.offerings}
    for kind, offering in known:
        takes = input_shape(offering.service, offering.operation).members
        shown = models.output_shape(offering.service, offering.operation)
        assert isinstance(shown, StructureShape)
        item = inner_shape(shown, [f"{offering.items}[]"])
        assert isinstance(item, StructureShape)
        assert {offering.value, *offering.usable} <= {*item.members}
        for member, good in offering.usable.items():
            said = item.members[member]
            assert isinstance(said, StringShape)
            assert good <= {*said.enum}
        assert {*offering.parameters, *offering.constant, *(["Filters"] if offering.filter else [])} <= {*takes}
        assert {offering.name, *offering.parameters.values()} <= {path for path, _ in fields_in(kind.shape)}
