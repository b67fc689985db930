"""A volume is not deleted before its last snapshot is there, and that has what was written last."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.aws.declaration.last_snapshot import SKIP_FINAL_SNAPSHOT
from controller.aws.ec2.volume import Volume
from controller.core.model.call import Call
from controller.core.model.live import Live, Phase
from controller.core.model.ownership import OWNER_STACK
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.model.writer import WriteContext
from controller.core.planning.graph import tasks_of
from tests.core.account import CATALOG, Account, stack_of
from tests.engine.harness import ScriptedCloud

DATA, KIND = Address("Volume", "data"), Volume()
NOW, LONG_AGO = datetime.now(UTC), datetime.now(UTC) - timedelta(days=3)


def shown(*snapshots: Mapping[str, Any], state: str = "available", **tags: str) -> Live:
    """A volume that is to go, as AWS shows it with these last snapshots of it."""
    told = [{"Key": key.replace("__", "/"), "Value": value} for key, value in tags.items()]
    live = KIND.live({"VolumeId": "vol-1", "State": state, "Size": 10, "Tags": told})
    assert live
    cloud = ScriptedCloud(lambda operation, parameters: {"Snapshots": snapshots})
    names = KIND.detailed(dict.fromkeys(KIND.read_before_removal))
    return KIND.completed(live, KIND.details(cloud, live, names))


def deleting(live: Live) -> list[Call]:
    """The calls that delete it."""
    return [*KIND.delete(DATA, live, WriteContext(known=lambda value: value))]


def snapshot(state: str, at: datetime = NOW, of: str = "vol-1") -> Mapping[str, Any]:
    """A last snapshot."""
    return {"SnapshotId": "snap-1", "VolumeId": of, "State": state, "StartTime": at}


@pytest.mark.parametrize(
    "snapshots",
    [(), (snapshot("error"),), (snapshot("completed", LONG_AGO),), (snapshot("completed", of="vol-2"),)],
)
def test_a_last_snapshot_is_taken_first(snapshots: tuple[Mapping[str, Any], ...]) -> None:
    """The deletion is for a later pass; a snapshot that failed, that is old, or that is of another volume and was
    given the tag, is none."""
    tags = {OWNER_STACK.replace("/", "__"): "web", "Env": "prod"}
    snap, deletion = deleting(shown(*snapshots, **tags))
    assert ("CreateSnapshot", True) == (snap.operation, snap.occupies)
    assert ("DeleteVolume", True) == (deletion.operation, deletion.deletes)
    assert [] == KIND.problems(snap)
    (specification,) = snap.parameters["TagSpecifications"]
    told = {tag["Key"]: tag["Value"] for tag in specification["Tags"]}
    assert {"Env": "prod", "holdfast.dev/final-snapshot": "vol-1"} == told


def test_while_it_is_taken_the_volume_is_on_its_way_out() -> None:
    """It is waited for, whenever it began, and nothing is written."""
    live = shown(snapshot("pending", LONG_AGO))
    assert (Phase.LEAVING, "its final snapshot snap-1 is pending") == (live.phase, live.progress)


@pytest.mark.parametrize(
    "live",
    [
        shown(snapshot("completed")),
        shown(**{SKIP_FINAL_SNAPSHOT.replace("/", "__"): "true"}),
        shown(state="error"),
    ],
)
def test_then_it_is_deleted(live: Live) -> None:
    """Also where somebody has said that no snapshot is wanted, and where there is nothing to be saved."""
    assert ["DeleteVolume"] == [call.operation for call in deleting(live)]


def documented() -> Stack:
    """An instance with a volume of its own."""
    return stack_of(
        {
            "Instance": {"web": {"image": {"id": "ami-1"}, "instanceType": "t3.micro"}},
            "Volume": {"data": {"availabilityZone": "us-east-1a", "size": 10}},
            "VolumeAttachment": {"data": {"volume": "data", "instance": "web", "device": "/dev/sdf"}},
        }
    )


def test_the_last_snapshot_has_what_was_written_last() -> None:
    """It waits until the volume is detached, and not the deletion alone."""
    account = Account(stack := documented())
    plan = account.destroy_plan(stack)
    tasks = {task.call.operation: task for task in tasks_of(plan, stack, CATALOG)}
    assert tasks["DetachVolume"] in tasks["CreateSnapshot"].after
    assert account["VolumeAttachment/data"].thing in tasks["CreateSnapshot"].gone
    assert tasks["CreateSnapshot"] in tasks["DeleteVolume"].after
