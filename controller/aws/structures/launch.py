"""What an instance is launched with, whether by itself, from a launch template or from a launch configuration."""

from typing import Annotated, Literal

from controller.aws.structures.rules import volume_rules
from controller.core.model.equality import Blank, Default
from controller.core.model.limits import Bounds
from controller.core.model.spec import Excludes, Spec, Zone


class EbsVolume(Spec):
    """An EBS volume created at launch."""

    constraints = volume_rules("volumeSize")

    volume_size: int | None = None
    """Its size in GiB. AWS's default: that of the snapshot."""
    volume_type: Literal["gp3", "gp2", "io2", "io1", "st1", "sc1", "standard"] | None = None
    """The EBS volume type. AWS's default: the image's setting."""
    iops: int | None = None
    """Provisioned IOPS; only for `gp3`, `io1` and `io2`."""
    throughput: int | None = None
    """Throughput in MiB/s; only for `gp3`."""
    encrypted: Annotated[bool | None, Blank()] = None
    """Whether it is encrypted. AWS's default: the setting of the image or the account, and so with `false`."""
    delete_on_termination: bool | None = None
    """Whether it is deleted on termination. AWS's default: true."""


class KeyedEbsVolume(EbsVolume):
    """One for which EC2 itself also takes a key and any snapshot."""

    kms_key_id: str | None = None
    """The KMS key it is encrypted with, by id, ARN or alias."""
    snapshot_id: str | None = None
    """The id of the snapshot that it is created from. AWS's default: that of the image."""


class Device(Spec):
    """What a block device mapping maps, and to what but an EBS volume."""

    device_name: str
    """The device name, such as `/dev/xvda`; the image defines the root device."""
    virtual_name: str | None = None
    """An instance store volume instead, such as `ephemeral0`."""


class BlockDevice(Device):
    """One block device mapping."""

    no_device: str | None = None
    """`""` suppresses a device that the image maps."""
    ebs: KeyedEbsVolume | None = None
    """The EBS volume."""


class MetadataOptions(Spec):
    """The instance metadata options."""

    http_endpoint: Literal["enabled", "disabled"] | None = None
    """Whether the metadata endpoint is enabled. AWS's default: `enabled`."""
    http_tokens: Literal["required", "optional"] | None = None
    """`required` allows IMDSv2 only, which protects the role's credentials against request forgery (SSRF). AWS's
    default: the setting of the image or the account."""
    http_put_response_hop_limit: Annotated[int | None, Bounds(1, 64)] = None
    """The hop limit of the PUT response: 1 for the instance alone, 2 for containers on it. AWS's default: 1, or 2
    with images that require IMDSv2."""


class AllMetadataOptions(MetadataOptions):
    """Those that EC2 itself takes."""

    http_protocol_ipv6: Annotated[Literal["enabled", "disabled"] | None, Default("disabled")] = None
    """Whether the IPv6 endpoint is enabled. AWS's default: `disabled`."""
    instance_metadata_tags: Literal["enabled", "disabled"] | None = None
    """Whether instance tags are available in the metadata. AWS's default: `disabled`."""


class Monitoring(Spec):
    """Detailed monitoring."""

    enabled: bool
    """True for metrics every minute, which costs extra; false for every five minutes."""


class Placement(Spec):
    """Where an instance is placed."""

    availability_zone: Annotated[str | None, Zone(), Excludes("AvailabilityZoneId")] = None
    """The Availability Zone. Unset: that of the subnet; leave it so where an Auto Scaling group launches."""
    tenancy: Annotated[
        Literal["default", "dedicated", "host"] | None,
        Excludes("HostId", "HostResourceGroupArn", "Affinity", when=lambda tenancy: tenancy != "host"),
    ] = None
    """Whether the hardware is shared with other accounts."""
    group_name: Annotated[str | None, Excludes("GroupId")] = None
    """The name of the placement group."""


class CpuOptions(Spec):
    """The CPU options, such as fewer cores for per-core licenses."""

    core_count: int | None = None
    """The number of CPU cores."""
    threads_per_core: int | None = None
    """1 disables hyper-threading."""


class CreditSpecification(Spec):
    """The CPU credits of a burstable instance."""

    cpu_credits: Literal["standard", "unlimited"]
    """`unlimited` bursts beyond the credits for a charge; `standard` is throttled."""


class MaintenanceOptions(Spec):
    """Automatic recovery."""

    auto_recovery: Literal["default", "disabled"] | None = None
    """Whether AWS recovers the instance when its host fails. AWS's default: `default`, which is yes if the type
    supports it."""


class HibernationOptions(Spec):
    """Whether an instance can hibernate."""

    configured: bool
    """True enables it; the root volume must be encrypted and large enough for the memory."""


class EnclaveOptions(Spec):
    """Nitro Enclaves."""

    enabled: bool
    """Whether they are enabled."""
