"""Which instance a volume is plugged into."""

from dataclasses import replace
from typing import Annotated

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import Create, Listing, States
from controller.core.model.call import Call
from controller.core.model.live import Live
from controller.core.model.rules import Same
from controller.core.model.spec import Immutable, Spec, To, Unique


class VolumeAttachmentSpec(Spec):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVolume.html"""

    constraints = (Same("volume.availabilityZone", "instance.subnet.availabilityZone"),)

    volume: Annotated[str, To("Volume"), Immutable(), Unique()]
    """The volume, in the zone of the instance. It is attached once, and outlives the instance. With another volume it
    is another attachment: the previous volume stays attached until somebody detaches it."""
    instance: Annotated[str, To("Instance"), Immutable()]
    """The instance it is attached to. When that is replaced, the volume is detached from the old instance and
    attached to the new one."""
    device: Annotated[str, Immutable()]
    """The device name, such as `/dev/sdf`; on Nitro instances the operating system uses another name."""


class VolumeAttachment(AwsKind):
    """The attachment of a volume to an instance. It takes no tags: ownership follows its volume.

    Its id is that of the volume. Detaching does not unmount it: the workload on the instance has to tolerate that.
    """

    spec, service, id_field, id_from = VolumeAttachmentSpec, "ec2", "VolumeId", "volume"
    natural_key, parent = ("volume",), "volume"
    listing = Listing("DescribeVolumes", "Volumes[].Attachments", page=1000)
    states = States(
        "State",
        pending=frozenset({"attaching"}),
        leaving=frozenset({"detaching", "busy"}),
        gone=frozenset({"detached"}),
    )
    creation, deletion = Create("AttachVolume", ""), "DetachVolume"

    def final(self, live: Live) -> Call:
        """Off the instance it was seen on, and no other."""
        call = super().final(live)
        return replace(call, parameters={**call.parameters, "InstanceId": live.fields["instance"]})
