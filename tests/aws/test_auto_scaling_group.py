"""Auto Scaling groups: what a document may not say, and which instances are behind their group."""

import json
from pathlib import Path
from typing import Any

import pytest

from controller.aws.autoscaling.instance_refresh import outdated
from controller.aws.catalog import catalog
from controller.core.document.loader import load
from controller.core.document.problem import DocumentError
from controller.sources.files import LocalFiles

Tree = dict[str, Any]

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
    ({"launchTemplate": None}, "either launchTemplate or launchConfiguration"),
    ({"launchTemplate": None, "launchConfiguration": {"id": "old"}}, "instanceRefresh requires a launchTemplate"),
    ({"availabilityZones": None}, "needs subnets, or availabilityZones"),
    ({"healthCheckType": "ELB", "healthCheckGracePeriod": 0}, "healthCheckGracePeriod 0 with healthCheckType ELB"),
    ({"instanceRefresh": {"maxHealthyPercentage": 150}}, "maxHealthyPercentage requires minHealthyPercentage"),
    (
        {"instanceRefresh": {"minHealthyPercentage": 20, "maxHealthyPercentage": 150}},
        "at most 100 above minHealthyPercentage (20)",
    ),
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
