"""What a volume held at one moment."""

from typing import Annotated

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Attribute, Create, Listing, States
from controller.core.model.spec import Immutable, Tagged, To, WriteOnly


class SnapshotSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html"""

    volume: Annotated[str, To("Volume", dangles=True), WriteOnly("AWS only uses it to create the snapshot")]
    """The volume it is taken of. It is taken once, and stays when the volume is replaced or deleted."""
    description: Annotated[str | None, Immutable()] = None
    """What it is for; AWS cannot change it later."""


class Snapshot(AwsKind):
    """A snapshot of an EBS volume; only the account's own snapshots are listed, not public ones."""

    spec, service, id_field, tagging = SnapshotSpec, "ec2", "SnapshotId", Ec2Tags("snapshot")
    listing = Listing("DescribeSnapshots", "Snapshots", page=1000, parameters={"OwnerIds": ["self"]})
    # What failed stays in sight, and no volume is made from it; what is in the recycle bin is deleted.
    states = States(
        "State",
        pending=frozenset({"pending", "recovering"}),
        gone=frozenset({"recoverable"}),
        awaits={"error": "delete the snapshot, and another is taken"},
    )
    creation, deletion = Create("CreateSnapshot", ""), "DeleteSnapshot"
    attributes = {"volumeSize": Attribute("The size of the volume in GiB.", "VolumeSize")}
