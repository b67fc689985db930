"""Launch templates and their groups: a new version rolls through the instances, or comes back."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.aws.catalog import catalog
from controller.aws.client.cloud import AwsCloud
from controller.core.document.loader import load
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.planning.step import Plan, State, Step
from controller.engine.loop import Controller
from controller.engine.reconcile import Intent
from controller.sources.files import LocalFiles
from emulators.patched_moto import patched
from tests.clock import Clock, Patient
from tests.diary import Diary
from tests.kinds.kit import Inline
from tests.slow.server import SlowAws
from tests.unlimited import Unlimited

REGION = "us-east-1"
CATALOG = {name: kind for name, kind in catalog().items() if name in ("LaunchTemplate", "AutoScalingGroup")}
GROUP, TEMPLATE = Address("AutoScalingGroup", "web"), Address("LaunchTemplate", "app")
PASS_SECONDS = 15
MOST_PASSES = 60
Tree = dict[str, Any]

DOCUMENT: Tree = {
    "apiVersion": "holdfast.dev/v1alpha1",
    "kind": "Stack",
    "metadata": {"name": "fleet"},
    "spec": {
        "region": REGION,
        "resources": {
            "LaunchTemplate": {"app": {"image": {"id": "ami-12c6146b"}, "instanceType": "t3.micro"}},
            "AutoScalingGroup": {
                "web": {
                    "minSize": 2,
                    "maxSize": 6,
                    "desiredCapacity": 4,
                    "launchTemplate": "app",
                    "availabilityZones": ["us-east-1a"],
                    "instanceRefresh": {"minHealthyPercentage": 75, "autoRollback": True},
                }
            },
        },
    },
}


def changed(kind: str, name: str, fields: Tree) -> Tree:
    """The document with these fields of one node set, or taken away where they are None."""
    tree = copy.deepcopy(DOCUMENT)
    node = tree["spec"]["resources"][kind][name]
    node.update(fields)
    for field in [field for field, value in node.items() if value is None]:
        del node[field]
    return tree


def with_image(image: str, tree: Tree = DOCUMENT) -> Tree:
    """The document with another image."""
    tree = copy.deepcopy(tree)
    tree["spec"]["resources"]["LaunchTemplate"]["app"]["image"] = {"id": image}
    return tree


NEW = with_image("ami-03cf127a")


class Fleet:
    """The program, and the group as AWS shows it."""

    def __init__(self, aws: SlowAws, clock: Clock, folder: Path) -> None:
        self.aws, self.clock, self.folder = aws, clock, folder
        self.diary = Diary()
        cloud, stop = AwsCloud(REGION, limits=Unlimited()), Patient(clock, after=1_000_000)
        self.controller = Controller(CATALOG, lambda region: cloud, self.diary, stop, clock)
        self.controller.close()
        self.controller.pool = Inline(1)
        self.client: Any = boto3.client("autoscaling", endpoint_url=aws.url, region_name=REGION)

    def stack(self, tree: Tree) -> Stack:
        """The document as it is loaded."""
        path = self.folder / "document.json"
        path.write_text(json.dumps(tree))
        (stack,) = load(LocalFiles([path]), catalog())
        return stack

    def turn(self, tree: Tree, write: bool = True) -> tuple[Plan, list[str]]:
        """One pass: its plan, and the operations that it made."""
        already = len(self.diary.writes)
        (result,) = self.controller.passes([self.stack(tree)], Intent(write=write))
        assert result.done is not None, result.error
        return result.done.plan, [write.call.operation for write in self.diary.writes[already:]]

    def settle(self, tree: Tree) -> Plan:
        """Pass after pass, until AWS is at work on nothing and nothing is written."""
        for _ in range(MOST_PASSES):
            plan, written = self.turn(tree)
            if not written and not any(step.pending for step in plan.steps):
                return plan
            self.clock.time += PASS_SECONDS
        raise AssertionError("it does not come to rest")

    def group(self) -> Tree:
        """The group as it is listed."""
        (found,) = self.client.describe_auto_scaling_groups()["AutoScalingGroups"]
        return dict(found)

    def serving(self) -> int:
        """How many instances serve."""
        return sum(each["LifecycleState"] == "InService" for each in self.group()["Instances"])

    def versions(self) -> set[str]:
        """The versions that the instances in service were launched from."""
        instances = self.group()["Instances"]
        return {each["LaunchTemplate"]["Version"] for each in instances if each["LifecycleState"] == "InService"}

    def count(self, operation: str) -> int:
        """How often it was asked for."""
        return sum(request.operation == operation for request in self.aws.requests)


@pytest.fixture
def fleet(aws: SlowAws, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """Four instances of the first version in service."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    with patched():
        made = Fleet(aws, clock, tmp_path)
        assert made.settle(DOCUMENT).in_sync
        yield made


def step_of(plan: Plan, address: Address = GROUP) -> Step:
    """The step of one node."""
    return next(step for step in plan.steps if step.address == address)


def test_instances_on_their_way_are_told(aws: SlowAws, clock: Clock, tmp_path: Path) -> None:
    """A new group is pending while its instances are launched, says how many, and counts those that serve."""
    with pytest.MonkeyPatch.context() as settings, patched():
        settings.setenv("AWS_ENDPOINT_URL", aws.url)
        fleet = Fleet(aws, clock, tmp_path)
        fleet.turn(DOCUMENT)
        step = step_of(fleet.turn(DOCUMENT)[0])
        assert (State.PENDING, "launching 4 instances") == (step.state, step.progress)
        assert step.health is not None
        assert (False, 0, 4) == (step.health.healthy, step.health.good, step.health.total)
        step = step_of(fleet.settle(DOCUMENT))
        assert (State.IN_SYNC, "") == (step.state, step.progress)
        assert step.health is not None
        assert (True, 4, 4) == (step.health.healthy, step.health.good, step.health.total)


def test_a_new_version_is_a_consequence_in_the_same_plan(fleet: Fleet) -> None:
    """Where the template changes, the plan has the group's move to the new version as its consequence."""
    plan, _ = fleet.turn(NEW, write=False)
    change = next(change for change in step_of(plan).changes)
    assert ("launchTemplateVersion", TEMPLATE) == (change.path, change.because)
    assert ["StartInstanceRefresh"] == [call.operation for call in step_of(plan).calls]
    assert State.IN_SYNC is step_of(plan).state


def test_a_new_image_rolls_through_the_group(fleet: Fleet) -> None:
    """One pass makes the version, makes it the default and starts the refresh; the following ones wait for it and
    write nothing, never too few instances serve, and in the end all is in sync."""
    _, written = fleet.turn(NEW)
    assert ["CreateLaunchTemplateVersion", "ModifyLaunchTemplate", "StartInstanceRefresh"] == written
    seen: list[str] = []
    while not seen or seen[-1]:
        fleet.clock.time += PASS_SECONDS
        plan, written = fleet.turn(NEW)
        assert [] == written
        assert fleet.serving() >= 3
        seen.append(step_of(plan).progress)
        assert (State.PENDING if seen[-1] else State.IN_SYNC) is step_of(plan).state
    assert {"refresh 0 %", "refresh 25 %", "refresh 50 %", "refresh 75 %"} <= set(seen)
    assert fleet.settle(NEW).in_sync
    assert ("2", {"2"}) == (fleet.group()["LaunchTemplate"]["Version"], fleet.versions())
    assert 1 == fleet.count("StartInstanceRefresh")


def test_a_new_start_takes_the_refresh_as_it_finds_it(fleet: Fleet) -> None:
    """A program that was ended in the middle of a refresh starts no second one."""
    fleet.turn(NEW)
    fleet.clock.time += 60
    again = Fleet(fleet.aws, fleet.clock, fleet.folder)
    assert again.settle(NEW).in_sync
    assert 1 == fleet.count("StartInstanceRefresh")


def test_a_failed_refresh_is_not_started_again(fleet: Fleet) -> None:
    """A refresh that failed and was rolled back leaves drift that says why, and nothing is written until the
    template moves on; then there is one refresh to that version."""
    name = fleet.group()["AutoScalingGroupName"]
    fleet.aws.failing[name] = 50
    step = step_of(fleet.settle(NEW))
    assert State.DRIFTED is step.state
    assert step.blocked is not None
    assert "refused" == step.blocked.by
    assert (
        "the last instance refresh to version 2 was rolled back: New instances did not become healthy.; "
        "change what is launched, or start a refresh by hand"
    ) == step.blocked.why
    assert ("1", {"1"}, 1) == (
        fleet.group()["LaunchTemplate"]["Version"],
        fleet.versions(),
        fleet.count("StartInstanceRefresh"),
    )
    newer_image = with_image("ami-1e749f67")
    assert fleet.settle(newer_image).in_sync
    assert ({"3"}, 2) == (fleet.versions(), fleet.count("StartInstanceRefresh"))


def test_what_a_failed_refresh_does_not_concern_is_still_changed(fleet: Fleet) -> None:
    """Another field changes all the same; the refused one stays as drift."""
    fleet.aws.failing[fleet.group()["AutoScalingGroupName"]] = 50
    fleet.settle(NEW)
    larger = with_image("ami-03cf127a", changed("AutoScalingGroup", "web", {"maxSize": 8}))
    plan, written = fleet.turn(larger)
    assert {"maxSize", "launchTemplateVersion"} == {change.path for change in step_of(plan).changes}
    assert ["UpdateAutoScalingGroup"] == written
    assert 8 == fleet.group()["MaxSize"]
    assert ["launchTemplateVersion"] == [change.path for change in step_of(fleet.settle(larger)).changes]
    assert 1 == fleet.count("StartInstanceRefresh")


def test_the_next_refresh_waits_for_the_last(fleet: Fleet) -> None:
    """A template that changes again meanwhile is drift that waits; the next refresh starts when the last is over."""
    fleet.turn(NEW)
    fleet.clock.time += 60
    newest = with_image("ami-1e749f67")
    fleet.turn(newest)
    fleet.clock.time += PASS_SECONDS
    step = step_of(fleet.turn(newest)[0])
    assert step.blocked is not None
    assert "refused" == step.blocked.by
    assert "is in progress" in step.blocked.why
    assert fleet.settle(newest).in_sync
    assert {"3"} == fleet.versions()


def test_instances_behind_their_group_are_drift(fleet: Fleet) -> None:
    """Where somebody moved the group and not its instances, a refresh brings them along."""
    moving = changed("AutoScalingGroup", "web", {"instanceRefresh": None})
    fleet.settle(with_image("ami-03cf127a", moving))
    assert ("2", {"1"}) == (fleet.group()["LaunchTemplate"]["Version"], fleet.versions())
    plan, _ = fleet.turn(NEW, write=False)
    (change,) = step_of(plan).drift
    assert ("launchTemplateVersion", "2 (4 of 4 instances: 1)") == (change.path, change.observed)
    assert fleet.settle(NEW).in_sync
    assert {"2"} == fleet.versions()


def test_without_a_refresh_only_the_group_moves(fleet: Fleet) -> None:
    """A group without `instanceRefresh` is moved to the new version, and its instances are left alone."""
    tree = with_image("ami-03cf127a", changed("AutoScalingGroup", "web", {"instanceRefresh": None}))
    _, written = fleet.turn(tree)
    assert ["CreateLaunchTemplateVersion", "ModifyLaunchTemplate", "UpdateAutoScalingGroup"] == written
    assert fleet.settle(tree).in_sync
    assert {"1"} == fleet.versions()


@pytest.mark.parametrize("refused", ["CreateLaunchTemplateVersion", "ModifyLaunchTemplate"])
def test_no_refresh_to_a_version_that_was_not_made(fleet: Fleet, refused: str) -> None:
    """While the template's new version cannot be made the default, the group's instances stay."""
    fleet.aws.refuse = lambda service, operation, parameters: (
        ("UnauthorizedOperation", 403, "no") if operation == refused else None
    )
    fleet.turn(NEW)
    assert 0 == fleet.count("StartInstanceRefresh")


def test_who_may_not_ask_for_refreshes_changes_nothing(fleet: Fleet) -> None:
    """A group whose refreshes cannot be read is unknown, and nothing is written for it."""
    fleet.aws.refuse = lambda service, operation, parameters: (
        ("AccessDenied", 403, "no") if operation == "DescribeInstanceRefreshes" else None
    )
    plan, written = fleet.turn(changed("AutoScalingGroup", "web", {"maxSize": 8}))
    assert (State.UNKNOWN, []) == (step_of(plan).state, written)
