"""How an older Auto Scaling group launches its instances; new ones take a launch template."""

from typing import Annotated, Literal

from pydantic import model_validator

from controller.aws.declaration.forms import USER_DATA, refuse_secrets
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import Attribute, Create, Listing
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Spec, To, Unordered


class Ebs(Spec):
    """The EBS volume behind a device."""

    volume_size: int | None = None
    """Its size in GiB."""
    volume_type: Literal["gp3", "gp2", "io1", "st1", "sc1", "standard"] | None = None
    """The kind of disk. AWS's default: `gp2`."""
    iops: int | None = None
    """Operations a second; only for `gp3` and `io1`."""
    throughput: int | None = None
    """MiB a second; only for `gp3`."""
    encrypted: bool | None = None
    """Whether it is encrypted."""
    snapshot: Annotated[str | None, To("Snapshot", dangles=True), Aws("SnapshotId")] = None
    """The snapshot that it begins with."""
    delete_on_termination: bool | None = None
    """Whether it goes with the instance. AWS's default: true."""


class BlockDevice(Spec):
    """One device that the instance begins with."""

    device_name: str
    """Its name, such as `/dev/xvda`."""
    virtual_name: str | None = None
    """A disk of the host in its place, such as `ephemeral0`."""
    ebs: Ebs | None = None
    """The EBS volume."""
    no_device: bool | None = None
    """True takes away a device that the image has."""


class Monitoring(Spec):
    """Detailed monitoring."""

    enabled: bool
    """Whether metrics come every minute. AWS's default here: true."""


class MetadataOptions(Spec):
    """How an instance may ask who it is."""

    http_tokens: Literal["optional", "required"] | None = None
    """`required`: IMDSv2 only."""
    http_put_response_hop_limit: int | None = None
    """How many hops an answer may go."""
    http_endpoint: Literal["disabled", "enabled"] | None = None
    """Whether it may ask at all."""


class LaunchConfigurationSpec(Spec):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateLaunchConfiguration.html"""

    launch_configuration_name: Annotated[str | None, Immutable(), Named(limit=255)] = None
    """Its name, unique in the region. Unset: `<stack>-<name>-<hash>`, with a suffix after a replacement; that
    tells whose it is. A name of your own is taken only together with `lifecycle.adopt`, and stands in the way of a
    replacement."""
    image: Annotated[str, To("Image", dangles=True), Immutable(), Aws("ImageId")]
    """The image of the instances."""
    instance_type: Annotated[str, Immutable()]
    """Their type, such as `t3.small`."""
    key_pair: Annotated[str | None, To("KeyPair", attribute="keyName", dangles=True), Immutable(), Aws("KeyName")] = (
        None
    )
    """The key pair whose private key opens them."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup")]] | None, Unordered(), Immutable(), Aws("SecurityGroups")
    ] = None
    """The groups that they carry."""
    instance_profile: Annotated[
        str | None, To("InstanceProfile", attribute="arn"), Immutable(), Aws("IamInstanceProfile")
    ] = None
    """The profile whose role they have."""
    user_data: Annotated[str | None, USER_DATA, Immutable()] = None
    """The script that runs when they start, as readable text."""
    associate_public_ip_address: Annotated[bool | None, Immutable()] = None
    """Whether they get public addresses. Unset: as their subnet says."""
    block_device_mappings: Annotated[list[BlockDevice] | None, Keyed("deviceName"), Immutable()] = None
    """The devices that they begin with."""
    instance_monitoring: Annotated[Monitoring | None, Immutable()] = None
    """Detailed monitoring."""
    ebs_optimized: Annotated[bool | None, Immutable()] = None
    """Whether disks have a network of their own, for types where that is not so anyway."""
    metadata_options: Annotated[MetadataOptions | None, Immutable()] = None
    """How they may ask who they are."""
    spot_price: Annotated[str | None, Immutable()] = None
    """The most that is paid for an hour of Spot, as a text."""
    placement_tenancy: Annotated[Literal["default", "dedicated"] | None, Immutable()] = None
    """Whether they run on hardware of their own."""

    @model_validator(mode="after")
    def _no_secret(self) -> "LaunchConfigurationSpec":
        refuse_secrets(self.user_data)
        return self


class LaunchConfiguration(AwsKind):
    """A launch configuration. AWS changes nothing of it: another value is another one, to which its groups move.

    It takes no tags and no description; its open name says whose it is. In new accounts AWS makes none any more.
    """

    spec, service, id_field, id_from = (
        LaunchConfigurationSpec,
        "autoscaling",
        "LaunchConfigurationName",
        "launchConfigurationName",
    )
    natural_key = ("launchConfigurationName",)
    listing = Listing("DescribeLaunchConfigurations", "LaunchConfigurations", page=100, size="MaxRecords")
    creation, deletion = Create("CreateLaunchConfiguration", ""), "DeleteLaunchConfiguration"
    attributes = {"arn": Attribute("Its ARN.", "LaunchConfigurationARN")}
