"""A disk that outlives the instance it is attached to."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.last_snapshot import skips_final_snapshot
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import input_shape, values_at
from controller.aws.declaration.words import Create, Listing, Setter, States
from controller.aws.ec2.volume_spec import VolumeSpec
from controller.core.model.call import Call
from controller.core.model.cloud import Cloud
from controller.core.model.live import Live, Phase
from controller.core.model.ownership import OWNER
from controller.core.model.reference import Address
from controller.core.model.shape import Tree
from controller.core.model.writer import WriteContext

_FINAL = "(final snapshot)"
"""The name of a detail that is no field."""
_TAG = "holdfast.dev/final-snapshot"
"""The tag of a last snapshot, with the volume that it was taken of. It has no owner tags: nothing deletes it."""
_YOUNG = timedelta(days=1)
"""A last snapshot is no older: what was written since may be in no other."""


class Volume(AwsKind):
    """An EBS volume. AWS takes one modification, then no other for six hours, so all changes go in one call.

    Before it is deleted or replaced a final snapshot is taken, and waited for; it stays, with the tag
    `holdfast.dev/final-snapshot`. A volume with the tag `holdfast.dev/skip-final-snapshot: "true"` is deleted without
    one.

    https://docs.aws.amazon.com/ebs/latest/userguide/modify-volume-requirements.html
    """

    spec, service, id_field, tagging = VolumeSpec, "ec2", "VolumeId", Ec2Tags("volume")
    listing = Listing("DescribeVolumes", "Volumes", page=1000)
    # What broke stays in sight, and nothing is attached to it.
    states = States(
        "State",
        pending=frozenset({"creating"}),
        leaving=frozenset({"deleting"}),
        gone=frozenset({"deleted"}),
        awaits={"error": "delete the volume, and it is created again; its data is lost, restore it from a snapshot"},
    )
    creation, deletion = Create("CreateVolume", ""), "DeleteVolume"
    setters = (Setter("ModifyVolume", separable=True, resets={"volumeType": ("iops", "throughput")}),)

    @property
    def read_before_removal(self) -> tuple[str, ...]:
        """Its last snapshot."""
        return (_FINAL,)

    def detailed(self, fields: Tree) -> frozenset[str]:
        """The last snapshot, where it is to be removed."""
        return super().detailed(fields) | ({_FINAL} & fields.keys())

    def guards(self, detail: str) -> bool:
        """Data depends on it."""
        return detail == _FINAL or super().guards(detail)

    def detail(self, cloud: Cloud, live: Live, name: str) -> Any:
        """The latest last snapshot that has not failed. Anybody can set tags; AWS says of which volume it is."""
        if name != _FINAL:
            return super().detail(cloud, live, name)
        filters = [{"Name": f"tag:{_TAG}", "Values": [live.id]}]
        pages = cloud.pages(self.service, "DescribeSnapshots", {"OwnerIds": ["self"], "Filters": filters})
        young = datetime.now(UTC) - _YOUNG
        taken = [
            each
            for body in pages
            for each in values_at(body, "Snapshots[]")
            if each["State"] != "error" and each["VolumeId"] == live.id
        ]
        return next((each for each in taken if each["State"] == "pending" or each["StartTime"] > young), None)

    def completed(self, live: Live, details: Mapping[str, Any]) -> Live:
        """On its way out while its last snapshot is being taken."""
        rest = {name: value for name, value in details.items() if name != _FINAL}
        live, snapshot = super().completed(live, rest), details.get(_FINAL)
        if snapshot is None:
            return live
        if snapshot["State"] != "completed":
            told = f"its final snapshot {snapshot['SnapshotId']} is {snapshot['State']}"
            return replace(live, phase=Phase.LEAVING, progress=told)
        return replace(live, attributes={**live.attributes, _FINAL: snapshot["SnapshotId"]})

    def delete(self, address: Address, live: Live, around: WriteContext) -> tuple[Call, ...]:
        """The last snapshot first; the deletion is for when that is there. What broke has nothing to be saved."""
        deletion = super().delete(address, live, around)
        if _FINAL in live.attributes or skips_final_snapshot(live) or live.awaits:
            return deletion
        kept = {key: value for key, value in live.tags.items() if not key.startswith((OWNER, "aws:"))}
        tags = Ec2Tags("snapshot").at_creation({**kept, _TAG: live.id}, input_shape(self.service, "CreateSnapshot"))
        parameters = {"VolumeId": live.id, "Description": f"The last of {live.id}", **tags}
        return (Call(self.service, "CreateSnapshot", parameters, occupies=True), *deletion)
