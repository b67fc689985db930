"""What a document says of a launch configuration."""

from typing import Annotated, Literal

from pydantic import model_validator

from controller.aws.declaration.forms import USER_DATA, USER_DATA_SIZE, refuse_secrets
from controller.aws.structures.launch import Device, EbsVolume, MetadataOptions, Monitoring
from controller.core.model.equality import Default
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Spec, To, Unordered


class Volume(EbsVolume):
    """The EBS volume behind a device."""

    volume_type: Annotated[Literal["gp3", "gp2", "io1", "st1", "sc1", "standard"] | None, Default("gp2")] = None
    """The EBS volume type. AWS's default: `gp2`."""
    iops: int | None = None
    """Provisioned IOPS; only for `gp3` and `io1`."""
    delete_on_termination: Annotated[bool | None, Default(True)] = None
    """Whether it is deleted on termination. AWS's default: true."""
    snapshot: Annotated[str | None, To("Snapshot", dangles=True), Aws("SnapshotId")] = None
    """The snapshot that it is created from."""


class BlockDevice(Device):
    """One block device mapping."""

    ebs: Volume | None = None
    """The EBS volume."""
    no_device: bool | None = None
    """True suppresses a device that the image maps."""


class LaunchConfigurationSpec(Spec):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateLaunchConfiguration.html"""

    launch_configuration_name: Annotated[str | None, Immutable(), Named(limit=255)] = None
    """Its name, unique in the region. Unset: `<stack>-<name>-<hash>`, with a suffix after a replacement; it proves
    ownership. A name of your own requires `lifecycle.adopt`, and blocks a replacement."""
    image: Annotated[str, To("Image", dangles=True), Immutable(), Aws("ImageId")]
    """The image of the instances."""
    instance_type: Annotated[str, Immutable()]
    """Their type, such as `t3.small`."""
    key_pair: Annotated[str | None, To("KeyPair", attribute="keyName", dangles=True), Immutable(), Aws("KeyName")] = (
        None
    )
    """Their key pair."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup")]] | None, Unordered(), Immutable(), Aws("SecurityGroups")
    ] = None
    """Their security groups."""
    instance_profile: Annotated[
        str | None, To("InstanceProfile", attribute="arn"), Immutable(), Aws("IamInstanceProfile")
    ] = None
    """Their instance profile."""
    user_data: Annotated[str | None, USER_DATA, USER_DATA_SIZE, Immutable()] = None
    """The user data, as plain text."""
    associate_public_ip_address: Annotated[bool | None, Immutable()] = None
    """Whether they get public IPv4 addresses. Unset: the subnet's setting."""
    block_device_mappings: Annotated[list[BlockDevice] | None, Keyed("deviceName"), Immutable()] = None
    """The block device mappings."""
    instance_monitoring: Annotated[Monitoring | None, Immutable()] = None
    """Detailed monitoring. AWS's default here: on."""
    ebs_optimized: Annotated[bool | None, Immutable()] = None
    """Whether they have dedicated bandwidth to EBS, for types that are not EBS-optimized by default."""
    metadata_options: Annotated[MetadataOptions | None, Immutable()] = None
    """The instance metadata options."""
    spot_price: Annotated[str | None, Immutable()] = None
    """The maximum hourly Spot price, as text."""
    placement_tenancy: Annotated[Literal["default", "dedicated"] | None, Immutable()] = None
    """Whether they run on dedicated hardware."""

    @model_validator(mode="after")
    def _no_secret(self) -> "LaunchConfigurationSpec":
        refuse_secrets(self.user_data)
        return self
