"""What a document says of an image."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, LiteralString

from pydantic import model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from controller.aws.structures.rules import ACCOUNT
from controller.core.model.equality import Blank, Default
from controller.core.model.limits import Legal
from controller.core.model.spec import (
    Aws,
    Computed,
    Immutable,
    Keyed,
    Named,
    ServerManaged,
    Spec,
    Tagged,
    To,
    Unordered,
    WriteOnly,
    WriteSetting,
)

_NAME = Legal(
    r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}",
    "it must have 3 to 128 letters, digits, spaces and ()[]./-'@_",
)


class ImageDevice(Spec):
    """A volume of instances, created from a snapshot."""

    device_name: str
    """The device name, such as `/dev/xvda`."""
    snapshot: Annotated[str | None, To("Snapshot"), Aws("Ebs.SnapshotId")] = None
    """The snapshot that it is created from. Unset: it is empty."""
    volume_size: Annotated[int | None, Computed("that of the snapshot"), Aws("Ebs.VolumeSize")] = None
    """Its size in GiB. AWS's default: that of the snapshot."""
    volume_type: Annotated[
        Literal["gp3", "gp2", "io2", "io1", "st1", "sc1", "standard"] | None,
        Computed("the region's own"),
        Aws("Ebs.VolumeType"),
    ] = None
    """The EBS volume type. AWS's default: the region's."""
    iops: Annotated[int | None, Computed("as the type has it"), Aws("Ebs.Iops")] = None
    """Provisioned IOPS; only for `gp3`, `io1` and `io2`."""
    throughput: Annotated[int | None, Computed("as the type has it"), Aws("Ebs.Throughput")] = None
    """Throughput in MiB/s; only for `gp3`."""
    delete_on_termination: Annotated[bool | None, Default(True), Aws("Ebs.DeleteOnTermination")] = None
    """Whether it is deleted with its instance. AWS's default: true."""


def _instance_store(device: Mapping[str, Any]) -> bool:
    """A disk of the instance type's own."""
    return "Ebs" not in device


class ImageSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html

    One that is registered: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html
    """

    name: Annotated[str | None, Immutable(), Named(limit=128), _NAME] = None
    """Its name, unique among the account's AMIs in the region. Unset: `<stack>-<name>`."""
    instance: Annotated[
        str | None, To("Instance", dangles=True), WriteOnly("AWS only uses it to create the image")
    ] = None
    """The instance that it is created from. It is created once, and stays when the instance is replaced or
    deleted."""
    block_device_mappings: Annotated[
        list[ImageDevice] | None, Keyed("deviceName"), ServerManaged(_instance_store), Immutable()
    ] = None
    """The volumes that it is registered with, in place of an instance."""
    root_device_name: Annotated[str | None, Immutable()] = None
    """The device that a registered image boots from."""
    architecture: Annotated[Literal["x86_64", "arm64", "i386", "x86_64_mac", "arm64_mac"] | None, Immutable()] = None
    """The processor architecture of a registered image."""
    virtualization_type: Annotated[Literal["hvm", "paravirtual"] | None, Immutable()] = None
    """The virtualization of a registered image. Unset: `hvm`."""
    ena_support: Annotated[bool | None, Blank(), Immutable()] = None
    """Whether a registered image supports enhanced networking, which nearly all instance types require. Unset:
    true."""
    boot_mode: Annotated[Literal["legacy-bios", "uefi", "uefi-preferred"] | None, Immutable()] = None
    """How a registered image boots. AWS's default: as the instance type does."""
    imds_support: Annotated[Literal["v2.0"] | None, Immutable()] = None
    """`v2.0`: instances of a registered image require IMDSv2."""
    tpm_support: Annotated[Literal["v2.0"] | None, Immutable()] = None
    """`v2.0`: a registered image supports NitroTPM; `bootMode` is `uefi` then."""
    no_reboot: Annotated[bool | None, WriteSetting()] = None
    """True images a running instance without a reboot. AWS's default: the instance is rebooted."""
    description: str | None = None
    """What it is for."""
    user_ids: Annotated[list[str] | None, Unordered(), ACCOUNT] = None
    """The accounts with launch permission, besides its own."""

    @model_validator(mode="after")
    def _one_source(self) -> "ImageSpec":
        registered = self.block_device_mappings is not None
        if registered is (self.instance is not None):
            raise _fault("an image needs either an instance or blockDeviceMappings")
        if registered and (self.root_device_name is None or self.architecture is None):
            raise _fault("blockDeviceMappings require a rootDeviceName and an architecture")
        for name in [] if registered else [name for name in _REGISTERED if getattr(self, name) is not None]:
            raise _fault("{name} is that of the instance; it requires blockDeviceMappings", name=to_camel(name))
        if registered and self.no_reboot is not None:
            raise _fault("noReboot requires an instance")
        return self


_REGISTERED = (
    *("root_device_name", "architecture", "virtualization_type", "ena_support"),
    *("boot_mode", "imds_support", "tpm_support"),
)


def _fault(message: LiteralString, **words: str) -> PydanticCustomError:
    return PydanticCustomError("image", message, words)
