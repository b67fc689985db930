"""What follows from the declarations of instances and images where no emulator shows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from pydantic import ValidationError

from controller.aws.ec2.image import Image
from controller.aws.ec2.instance import Instance
from controller.aws.ec2.instance_spec import InstanceSpec
from controller.core.model.call import Call, Change
from controller.core.model.cloud import Answer, Cloud
from controller.core.model.live import Live, Phase
from controller.core.model.node import Lifecycle, Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.writer import WriteContext

WEB, AROUND = Address("Instance", "web"), WriteContext(lambda value: value)
FIELDS = {"image": "ami-1", "instanceType": "t3.large", "instanceState": "running", "sourceDestCheck": False}


def updated(state: str, wanted: str = "running", lifecycle: Lifecycle = Lifecycle()) -> list[tuple[str, ...]]:  # noqa: B008
    """The calls, each with the fields it is for, for a larger instance that forwards packets and is in this state."""
    node = Node(WEB, {**FIELDS, "instanceState": wanted}, {}, lifecycle)
    shown = Instance().fields({"State": {"Name": state}, "InstanceType": "t3.micro", "SourceDestCheck": True})
    differing = [name for name in FIELDS if name in shown and node.fields[name] != shown[name]]
    changes = [Change(name, "change", node.fields[name], shown[name]) for name in differing]
    live = Live("Instance", "i-1", shown, {})
    return [(call.operation, *call.fields) for call in Instance().update(node, changes, live, AROUND)]


FORWARDS = ("ModifyInstanceAttribute", "sourceDestCheck")
GROWS = ("ModifyInstanceAttribute", "instanceType")


def test_an_instance_is_stopped_for_what_needs_that() -> None:
    """While it runs one call stops it, and the rest is changed at once."""
    assert [FORWARDS, ("StopInstances", "instanceType")] == updated("running")


@pytest.mark.parametrize("state", ["stopping", "stopped"])
def test_a_stopped_instance_is_changed_and_started(state: str) -> None:
    """As soon as it is stopped, whoever stopped it: until then the calls wait for it to be usable."""
    assert [GROWS, FORWARDS, ("StartInstances", "instanceState")] == updated(state)
    phase = Instance().phase({"State": {"Name": state}})
    assert (Phase.PENDING if state == "stopping" else Phase.READY) is phase


def test_an_instance_that_shall_not_run_is_stopped_once() -> None:
    """It is stopped for its state, changed when it is stopped, and not started."""
    assert [FORWARDS, ("StopInstances", "instanceState")] == updated("running", "stopped")
    assert [GROWS, FORWARDS] == updated("stopped", "stopped")


def test_an_instance_whose_state_is_left_alone_is_not_stopped() -> None:
    """The change waits until somebody else stops it."""
    assert [FORWARDS] == updated("running", lifecycle=Lifecycle(ignore=("instanceState",)))


def test_a_public_address_moves_all_of_the_interface_into_one_place() -> None:
    """AWS takes subnet, groups and address with the network interface, or beside it, and never both.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
    """
    network = {"subnet": "subnet-1", "securityGroups": ["sg-1"], "privateIpAddress": "10.0.0.4"}
    node = Node(WEB, {**FIELDS, **network, "associatePublicIpAddress": False}, {})
    (call,) = Instance().create(node)
    expected = {
        "DeviceIndex": 0,
        "AssociatePublicIpAddress": False,
        "SubnetId": "subnet-1",
        "Groups": ["sg-1"],
        "PrivateIpAddress": "10.0.0.4",
    }
    assert [expected] == call.parameters["NetworkInterfaces"]
    assert set() == {"SubnetId", "SecurityGroupIds", "PrivateIpAddress"} & {*call.parameters}
    assert [] == Instance().problems(call)


def test_a_profile_is_exchanged_in_place() -> None:
    """The instance is never without its role in between: the association itself is changed."""
    change = Change("iamInstanceProfile", "change", "arn:new", "arn:old")
    node = Node(WEB, {**FIELDS, "iamInstanceProfile": "arn:new"}, {})
    expected = Call(
        "ec2",
        "ReplaceIamInstanceProfileAssociation",
        {"AssociationId": Placeholder(WEB, "profileAssociation"), "IamInstanceProfile": {"Arn": "arn:new"}},
        ("iamInstanceProfile",),
    )
    assert (expected,) == Instance().update(node, [change], Live("Instance", "i-1", {}, {}), AROUND)


def test_a_profile_from_elsewhere_is_named_by_its_arn() -> None:
    """AWS shows the ARN; a bare name would never be in sync, and is refused before anything is done."""
    said = {"image": {"id": "ami-1"}, "instanceType": "t3.micro"}
    with pytest.raises(ValidationError, match="ARN"):
        InstanceSpec.model_validate({**said, "iamInstanceProfile": {"id": "web"}})
    InstanceSpec.model_validate(
        {**said, "iamInstanceProfile": {"id": "arn:aws:iam::123456789012:instance-profile/web"}}
    )


@pytest.mark.parametrize(
    ("status", "healthy"), [("ok", True), ("initializing", True), ("impaired", False), (None, None)]
)
def test_an_instance_is_as_well_as_its_checks_say(status: str | None, healthy: bool | None) -> None:
    """Checks that have not ended say nothing against it, and what does not run has none."""
    health = Instance().health({"InstanceStatus": {"Status": status}} if status else {})
    assert healthy == (health.healthy if health else None)


def test_protection_that_only_a_detail_shows_is_believed() -> None:
    """`disableApiTermination` keeps what it protects from being deleted or replaced here, before AWS refuses it."""
    live = Instance().completed(Live("Instance", "i-1", {}, {}), {"disableApiTermination": True})
    assert live.protection.startswith("disableApiTermination is set; ")


@dataclass
class Images:
    """A cloud with images and one public parameter."""

    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """The parameter, if it is the one."""
        known = parameters["Names"] == ["/aws/service/newest"]
        return Answer({"Parameters": [{"Value": "ami-9"}] if known else []}, "")

    def pages(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Two images, the older one first."""
        self.asked.append(parameters)
        dates = {"ami-1": "2025-01-01T00:00:00.000Z", "ami-2": "2026-01-01T00:00:00.000Z"}
        yield {"Images": [{"ImageId": id, "State": "available", "CreationDate": at} for id, at in dates.items()]}


def found(cloud: Images, **query: str) -> list[str]:
    """The ids that a look-up finds, the best first."""
    return [live.id for live in Image().search(cast(Cloud, cloud), query)]


def filters(**values: str) -> list[dict[str, Any]]:
    """Filters as EC2 takes them."""
    return [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in values.items()]


def test_the_newest_available_image_is_found() -> None:
    """Owner, name and architecture are asked of AWS, and so is that it is available."""
    cloud = Images()
    assert ["ami-2", "ami-1"] == found(cloud, owner="amazon", name="al2023-*", architecture="arm64")
    wanted = filters(name="al2023-*", architecture="arm64", state="available")
    assert [{"Owners": ["amazon"], "Filters": wanted}] == cloud.asked


def test_an_image_is_found_by_a_public_parameter() -> None:
    """The parameter names the image; one that does not exist names none, and no other image is taken for it."""
    cloud = Images()
    found(cloud, parameter="/aws/service/newest")
    assert [{"Filters": filters(image_id="ami-9", state="available")}] == cloud.asked
    assert [] == found(cloud, parameter="/aws/service/unknown")


def test_the_snapshots_of_an_image_go_with_it() -> None:
    """They were made with it, and nothing else would ever delete them."""
    live = Live("Image", "ami-1", {"name": "web"}, {}, attributes={"sourceInstance": "i-1"})
    (call,) = Image().delete(Address("Image", "web"), live, AROUND)
    assert {"ImageId": "ami-1", "DeleteAssociatedSnapshots": True} == call.parameters


def test_what_aws_has_scheduled_is_told() -> None:
    """A retirement is announced weeks before; one that is over is still shown for a week."""
    event = {"Code": "instance-retirement", "Description": "degraded hardware", "NotBefore": "2026-02-01 00:00:00"}
    over = {**event, "Code": "system-reboot", "Description": "[Completed] maintenance"}
    item = {"InstanceId": "i-1", "State": {"Name": "running"}, "Events": [over, event]}
    live = Instance().live(item)
    assert live
    assert "AWS has scheduled instance-retirement from 2026-02-01 00:00:00: degraded hardware" == live.notice
