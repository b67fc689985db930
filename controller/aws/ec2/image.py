"""What instances boot from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import Item, value_at, values_at
from controller.aws.declaration.words import Attribute, Collection, Create, Detail, Listing, Op, Setter, States
from controller.aws.ec2.image_spec import ImageSpec
from controller.core.model.call import Call
from controller.core.model.cloud import Cloud, Meaning, Refused
from controller.core.model.live import Live
from controller.core.model.shape import Tree

_PARAMETER, _OWNER = "parameter", "owner"
_FILTERS = {
    "imageId": "image-id",
    "name": "name",
    "architecture": "architecture",
    "description": "description",
    "rootDeviceType": "root-device-type",
    "virtualizationType": "virtualization-type",
    "platform": "platform",
    "isPublic": "is-public",
    "state": "state",
}
"""The keys of a look-up, and what AWS calls them as filters; beside them there are tags and the owner."""
# What AWS takes when nothing is said boots on hardly any instance.
_REGISTRATION = Create("RegisterImage", "", {"VirtualizationType": "hvm", "EnaSupport": True})
_SHARES = {"Attribute": "launchPermission"}


class Image(AwsKind):
    """An AMI of the account's own, created from an instance or registered from snapshots. When one that was created
    from an instance is deleted, its snapshots are deleted with it.

    AMIs of others are looked up: `{find: {owner: amazon, name: al2023-ami-2023.*, architecture: arm64}}` is the
    newest match, and `{find: {parameter: /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}` the
    one that a public SSM parameter names. An AMI that is not available is never found.
    """

    spec, service, id_field, tagging = ImageSpec, "ec2", "ImageId", Ec2Tags("image")
    natural_key, searched_by = ("name",), (*_FILTERS, _OWNER, _PARAMETER)
    # Deprecated ones are listed to their owner anyway, disabled ones only to who asks for them.
    listing = Listing("DescribeImages", "Images", page=1000, parameters={"Owners": ["self"], "IncludeDisabled": True})
    # The answer to the create call shows no state. What failed stays in sight, and nothing boots from it.
    states = States(
        "State",
        pending=frozenset({"none", "pending", "transient"}),
        gone=frozenset({"deregistered"}),
        awaits={
            **dict.fromkeys(("failed", "error", "invalid"), "deregister the image, and it is created again"),
            "disabled": "enable the image (`aws ec2 enable-image --image-id {id}`)",
        },
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
        ),
        "sourceInstance": Attribute("The id of the instance that it was created from.", "SourceInstanceId"),
    }

    def made_by(self, fields: Tree) -> Create:
        """From snapshots by an operation of its own."""
        return _REGISTRATION if "blockDeviceMappings" in fields else self.creation

    def final(self, live: Live) -> Call:
        """Snapshots that were taken for it are of no use without it, and nobody else would ever delete them; those it
        was registered from are others'."""
        call, taken = super().final(live), {"DeleteAssociatedSnapshots": True}
        created = "sourceInstance" in live.attributes
        return replace(call, parameters={**call.parameters, **taken}) if created else call

    def search(self, cloud: Cloud, query: Mapping[str, Any]) -> Iterator[Live]:
        """Only what is available, the newest first; `parameter` is where a public SSM parameter keeps the id."""
        filters = {**query, "state": "available"}
        parameter = filters.pop(_PARAMETER, None)
        if parameter is not None:
            body = cloud.call("ssm", "GetParameters", {"Names": [parameter]}).body
            filters["imageId"] = value_at(body, "Parameters[0].Value")
        if filters.get("imageId", "") is not None:
            pages = cloud.pages(self.service, self.listing.operation, _parameters(filters))
            items = sorted(_items(pages), key=lambda item: str(item.get("CreationDate")), reverse=True)
            yield from filter(None, map(self.live, items))


def _items(pages: Iterable[Item]) -> Iterator[Item]:
    for body in pages:
        yield from values_at(body, "Images[]")


def _parameters(query: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a lookup. Raises `Refused` where AWS cannot be asked so."""
    names = {**_FILTERS, **{key: key for key in query if key.startswith("tag:")}}
    unknown = [key for key in query if key not in (*names, _OWNER)]
    if unknown:
        words = f"Image cannot be looked up by {unknown[0]}; it can be by {', '.join(sorted((*_FILTERS, _OWNER)))}"
        raise Refused("ec2", "DescribeImages", "UnknownQuery", Meaning.INVALID, words)
    owners = {"Owners": [query[_OWNER]]} if _OWNER in query else {}
    return {**owners, "Filters": [{"Name": n, "Values": [_text(query[k])]} for k, n in names.items() if k in query]}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
