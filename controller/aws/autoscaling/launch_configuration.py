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
    """The EBS volume type. AWS's default: `gp2`."""
    iops: int | None = None
    """Provisioned IOPS; only for `gp3` and `io1`."""
    throughput: int | None = None
    """Throughput in MiB/s; only for `gp3`."""
    encrypted: bool | None = None
    """Whether it is encrypted."""
    snapshot: Annotated[str | None, To("Snapshot", dangles=True), Aws("SnapshotId")] = None
    """The snapshot that it is created from."""
    delete_on_termination: bool | None = None
    """Whether it is deleted with the instance. AWS's default: true."""


class BlockDevice(Spec):
    """One block device mapping."""

    device_name: str
    """The device name, such as `/dev/xvda`."""
    virtual_name: str | None = None
    """An instance store volume instead, such as `ephemeral0`."""
    ebs: Ebs | None = None
    """The EBS volume."""
    no_device: bool | None = None
    """True suppresses a device that the image maps."""


class Monitoring(Spec):
    """Detailed monitoring."""

    enabled: bool
    """Whether metrics are sent every minute. AWS's default here: true."""


class MetadataOptions(Spec):
    """The instance metadata options."""

    http_tokens: Literal["optional", "required"] | None = None
    """`required`: IMDSv2 only."""
    http_put_response_hop_limit: int | None = None
    """The hop limit of the PUT response."""
    http_endpoint: Literal["disabled", "enabled"] | None = None
    """Whether the metadata endpoint is enabled."""


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
    user_data: Annotated[str | None, USER_DATA, Immutable()] = None
    """The user data, as plain text."""
    associate_public_ip_address: Annotated[bool | None, Immutable()] = None
    """Whether they get public IPv4 addresses. Unset: the subnet's setting."""
    block_device_mappings: Annotated[list[BlockDevice] | None, Keyed("deviceName"), Immutable()] = None
    """The block device mappings."""
    instance_monitoring: Annotated[Monitoring | None, Immutable()] = None
    """Detailed monitoring."""
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


class LaunchConfiguration(AwsKind):
    """A launch configuration. It is immutable: a change creates a new one, which its groups are moved to.

    It takes no tags and has no description; its generated name proves ownership. In new accounts AWS no longer
    creates any.
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
