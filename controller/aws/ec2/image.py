"""What instances boot from."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import value_at
from controller.aws.declaration.words import (
    Attribute,
    Collection,
    Create,
    Detail,
    Listing,
    Op,
    Search,
    Setter,
    States,
)
from controller.aws.ec2.image_spec import ImageSpec
from controller.core.model.call import Call
from controller.core.model.cloud import Cloud
from controller.core.model.live import Live

_PARAMETER = "parameter"
_SHARES = {"Attribute": "launchPermission"}


class Image(AwsKind):
    """An AMI of the account's own, created from an instance. When it is deleted, its snapshots are deleted with it.

    AMIs of others are looked up: `{find: {owner: amazon, name: al2023-ami-2023.*, architecture: arm64}}` is the
    newest match, and `{find: {parameter: /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}` the
    one that a public SSM parameter names. An AMI that is not available is never found.
    """

    spec, service, id_field, tagging = ImageSpec, "ec2", "ImageId", Ec2Tags("image")
    natural_key = ("name",)
    listing = Listing("DescribeImages", "Images", page=1000, parameters={"Owners": ["self"]})
    # The answer to the create call shows no state. What failed stays in sight, and nothing boots from it.
    states = States(
        "State",
        pending=frozenset({"none", "pending", "transient", "failed", "error", "invalid", "disabled"}),
        gone=frozenset({"deregistered"}),
    )
    creation, deletion = Create("CreateImage", ""), "DeregisterImage"
    reads = (Detail("userIds", "DescribeImageAttribute", "LaunchPermissions[].UserId", _SHARES, guards=True),)
    setters = (Setter("ModifyImageAttribute", ("description",)),)
    members = (
        Collection(
            "userIds",
            add=Op("ModifyImageAttribute", "UserIds", {**_SHARES, "OperationType": "add"}),
            remove=Op("ModifyImageAttribute", "UserIds", {**_SHARES, "OperationType": "remove"}),
        ),
    )
    attributes = {
        "rootSnapshot": Attribute(
            "The id of the snapshot of its first block device.", "BlockDeviceMappings[0].Ebs.SnapshotId"
        )
    }
    searching = Search(
        "DescribeImages",
        "Images",
        lists={"owner": "Owners"},
        filters={
            "imageId": "image-id",
            "name": "name",
            "architecture": "architecture",
            "description": "description",
            "rootDeviceType": "root-device-type",
            "virtualizationType": "virtualization-type",
            "platform": "platform",
            "isPublic": "is-public",
            "state": "state",
        },
        newest="CreationDate",
    )

    def final(self, live: Live) -> Call:
        """Its snapshots are of no use without it, and nobody else would ever delete them."""
        call = super().final(live)
        return replace(call, parameters={**call.parameters, "DeleteAssociatedSnapshots": True})

    def search(self, cloud: Cloud, query: Mapping[str, Any]) -> Iterator[Live]:
        """Only what is available; `parameter` is that in which a public SSM parameter keeps the id."""
        filters = {**query, "state": "available"}
        parameter = filters.pop(_PARAMETER, None)
        if parameter is not None:
            body = cloud.call("ssm", "GetParameters", {"Names": [parameter]}).body
            filters["imageId"] = value_at(body, "Parameters[0].Value")
        if filters.get("imageId", "") is not None:
            yield from super().search(cloud, filters)
