"""Auto Scaling groups: what a document may not say, and which instances are behind their group."""

import json
from pathlib import Path
from typing import Any

import pytest

from controller.aws.autoscaling.auto_scaling_group import AutoScalingGroup
from controller.aws.autoscaling.instance_refresh import Refresh, outdated, refreshed
from controller.aws.catalog import catalog
from controller.core.document.loader import load
from controller.core.document.problem import DocumentError
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.sources.files import LocalFiles

Tree = dict[str, Any]
KIND = AutoScalingGroup()

GROUP: Tree = {
    "minSize": 2,
    "maxSize": 6,
    "desiredCapacity": 4,
    "launchTemplate": "app",
    "availabilityZones": ["us-east-1a"],
    "instanceRefresh": {},
}


def document(fields: Tree) -> Tree:
    """A group with these fields set, or taken away where they are None."""
    group = {name: value for name, value in {**GROUP, **fields}.items() if value is not None}
    return {
        "apiVersion": "holdfast.dev/v1alpha1",
        "kind": "Stack",
        "metadata": {"name": "fleet"},
        "spec": {
            "region": "us-east-1",
            "resources": {"LaunchTemplate": {"app": {}}, "AutoScalingGroup": {"web": group}},
        },
    }


FAULTS: list[tuple[Tree, str]] = [
    ({"minSize": 5}, "minSize (5) is greater than desiredCapacity (4)"),
    ({"minSize": 7, "desiredCapacity": None}, "minSize (7) is greater than maxSize (6)"),
    ({"launchTemplateVersion": "$Latest"}, "must be a number, not $Latest"),
    ({"launchTemplate": {"id": "lt-1"}}, "requires launchTemplateVersion"),
    ({"launchTemplate": None}, "one of launchTemplate and launchConfiguration is missing"),
    (
        {"launchTemplate": None, "launchConfiguration": {"id": "old"}, "instanceRefresh": {"autoRollback": True}},
        "AWS takes instanceRefresh.autoRollback only with no launchConfiguration",
    ),
    ({"warmPool": {"minSize": 2}}, "a warm pool requires a poolState"),
    ({"availabilityZones": None}, "needs subnets, or availabilityZones"),
    ({"healthCheckType": "ELB", "healthCheckGracePeriod": 0}, "healthCheckGracePeriod 0 with healthCheckType ELB"),
    ({"instanceRefresh": {"maxHealthyPercentage": 150}}, "maxHealthyPercentage requires minHealthyPercentage"),
]


@pytest.mark.parametrize(("fields", "told"), FAULTS, ids=[told for _, told in FAULTS])
def test_what_cannot_work_is_told_from_the_document(fields: Tree, told: str, tmp_path: Path) -> None:
    """A document that AWS would refuse, or that would do harm, is refused with its node and the reason."""
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document(fields)))
    with pytest.raises(DocumentError) as caught:
        load(LocalFiles([path]), catalog())
    assert told in str(caught.value)
    assert "resources.AutoScalingGroup.web" in str(caught.value)


def instance(version: str, **more: Any) -> Tree:
    """An instance as its group shows it."""
    template = {"LaunchTemplateId": "lt-1", "Version": version}
    return {"LifecycleState": "InService", "ProtectedFromScaleIn": False, "LaunchTemplate": template, **more}


@pytest.mark.parametrize(
    "passed_over",
    [{"ProtectedFromScaleIn": True}, {"LifecycleState": "Standby"}, {"LifecycleState": "Terminating:Wait"}],
    ids=str,
)
def test_what_a_refresh_passes_over_is_not_behind(passed_over: Tree) -> None:
    """An instance that no refresh would replace starts none."""
    group = {"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "2"}}
    assert "1 of 2 instances: 1" == outdated({**group, "Instances": [instance("1"), instance("2")]})
    assert "" == outdated({**group, "Instances": [instance("1", **passed_over), instance("2")]})


def configured(*names: str) -> Tree:
    """A group with the launch configuration `new`, and an instance of each of these."""
    instances = [{"LifecycleState": "InService", "LaunchConfigurationName": name} for name in names]
    return {
        "AutoScalingGroupName": "web",
        "LaunchConfigurationName": "new",
        "EnabledMetrics": [{"Metric": "GroupMinSize"}],
        "Instances": instances,
    }


def test_instances_of_another_launch_configuration_are_behind() -> None:
    """An instance is compared by the launch configuration that it shows; one that shows none says nothing."""
    assert "1 of 2 instances: old" == outdated(configured("new", "old", ""))
    assert "" == outdated(configured("new", ""))


def seen(refresh: Tree) -> Live:
    """The group with an instance that is behind, after a refresh."""
    live = KIND.live(configured("old"))
    assert live is not None
    return refreshed(live, Refresh(refresh), KIND.fields(refresh.get("DesiredConfiguration", {})))


def test_a_failed_refresh_of_a_launch_configuration_is_not_started_again() -> None:
    """It is refused for the launch configuration that the group has, and for no other."""
    refused = seen({"Status": "Failed", "StatusReason": "unhealthy"}).refused["launchConfiguration"]
    assert "new" == refused.value
    assert "the last instance refresh to launch configuration new failed: unhealthy" in refused.why


def test_a_refresh_hides_nothing_else_of_the_group() -> None:
    """While one is on its way, or after one has failed, all that no refresh brings is compared as it is."""
    template = {"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "2"}}
    for status in ("InProgress", "Failed"):
        live = seen({"Status": status, "DesiredConfiguration": template})
        assert ["GroupMinSize"] == live.fields["enabledMetrics"]
        assert "enabledMetrics" not in live.refused


def test_a_tag_goes_on_to_instances_as_it_did() -> None:
    """Correcting the value of a tag changes nothing else about it, unless the document says so; a new one goes on."""
    shown = [{"Key": "Env", "Value": "test", "PropagateAtLaunch": False}]
    live = KIND.live({**configured(), "Tags": shown})
    for fields, propagates in [({}, False), ({"propagateAtLaunch": {"Env": True}}, True)]:
        node = Node(Address("AutoScalingGroup", "web"), fields, {"Env": "prod", "New": "yes"})
        (call,) = KIND.tag(node, node.tags, live)
        assert [("Env", propagates), ("New", True)] == [
            (tag["Key"], tag["PropagateAtLaunch"]) for tag in call.parameters["Tags"]
        ]
