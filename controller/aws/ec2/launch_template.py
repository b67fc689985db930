"""What an instance is made from: image, size, disks, network, and what it does first."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import model_validator

from controller.aws.declaration.forms import BASE64, TAG_LIST, refuse_secrets
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Create, Join, Listing, Op, Setter
from controller.core.model.equality import Json
from controller.core.model.kind import Call, Live, Node, Prepared
from controller.core.model.reference import Placeholder
from controller.core.model.shape import shape_of
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Spec, Tagged, To, Unordered


class MetadataOptions(Spec):
    """How an instance may ask for what AWS knows of it, its role's credentials included."""

    http_endpoint: Literal["enabled", "disabled"] | None = None
    """Whether it may ask at all."""
    http_tokens: Literal["required", "optional"] | None = None
    """`required`: only with a token first (IMDSv2), which keeps a tricked web server from giving credentials away."""
    http_put_response_hop_limit: int | None = None
    """How many hops the token may travel: 1 for the instance alone, 2 for containers on it."""
    http_protocol_ipv6: Literal["enabled", "disabled"] | None = None
    """Whether it may ask over IPv6."""
    instance_metadata_tags: Literal["enabled", "disabled"] | None = None
    """Whether the answers have the instance's tags."""


class Ebs(Spec):
    """An EBS volume that is made with the instance."""

    volume_size: int | None = None
    """Its size in GiB. AWS's default: that of the snapshot."""
    volume_type: Literal["gp3", "gp2", "io2", "io1", "st1", "sc1", "standard"] | None = None
    """The kind of disk."""
    iops: int | None = None
    """Operations a second; only for `gp3`, `io1` and `io2`."""
    throughput: int | None = None
    """MiB a second; only for `gp3`."""
    encrypted: bool | None = None
    """Whether it is encrypted."""
    kms_key_id: str | None = None
    """The KMS key it is encrypted with, by id, ARN or alias."""
    snapshot_id: str | None = None
    """The snapshot whose content it begins with. AWS's default: that of the image."""
    delete_on_termination: bool | None = None
    """Whether it goes with the instance."""


class BlockDevice(Spec):
    """A disk by the name under which the instance has it."""

    device_name: str
    """The device, such as `/dev/xvda`."""
    virtual_name: str | None = None
    """A disk of the host in its place, such as `ephemeral0`."""
    no_device: str | None = None
    """An empty text takes away a device that the image has."""
    ebs: Ebs | None = None
    """The EBS volume."""


class NetworkInterface(Spec):
    """A network interface that an instance begins with."""

    device_index: int | None = None
    """Its place: 0 is the first."""
    network_card_index: int | None = None
    """The card it is on, where the instance type has several."""
    subnet: Annotated[str | None, To("Subnet")] = None
    """The subnet it is in. An Auto Scaling group chooses by its own subnets: leave it open there."""
    security_groups: Annotated[list[Annotated[str, To("SecurityGroup")]] | None, Unordered(), Aws("Groups")] = None
    """The groups it carries; with interfaces they stand here and not beside them."""
    associate_public_ip_address: bool | None = None
    """Whether it gets a public IPv4 address. Unset: as its subnet says."""
    delete_on_termination: bool | None = None
    """Whether it goes with the instance."""
    description: str | None = None
    """What it is for."""
    interface_type: str | None = None
    """`interface`, `efa` or `efa-only`."""
    private_ip_address: str | None = None
    """Its first private IPv4 address."""
    secondary_private_ip_address_count: int | None = None
    """How many more private IPv4 addresses it gets."""
    ipv6_address_count: int | None = None
    """How many IPv6 addresses it gets."""
    primary_ipv6: bool | None = None
    """Whether its first IPv6 address stays the same for good."""
    ipv4_prefix_count: int | None = None
    """How many IPv4 prefixes it gets."""
    ipv6_prefix_count: int | None = None
    """How many IPv6 prefixes it gets."""


class LaunchTags(Spec):
    """The tags of one kind of thing that is made with the instance."""

    resource_type: str
    """What is tagged: `instance`, `volume`, `network-interface` and others."""
    tags: Annotated[dict[str, str] | None, TAG_LIST] = None
    """Its tags. Only those named here are managed."""


class Monitoring(Spec):
    """How closely CloudWatch watches."""

    enabled: bool
    """Whether there are metrics every minute; they cost."""


class CreditSpecification(Spec):
    """What a burstable instance does when its credits are used up."""

    cpu_credits: Literal["standard", "unlimited"]
    """`standard`: it slows down. `unlimited`: it goes on, and that costs."""


class Placement(Spec):
    """Where an instance runs."""

    availability_zone: str | None = None
    """The zone. An Auto Scaling group chooses by its subnets: leave it open there."""
    group_name: str | None = None
    """The placement group."""
    partition_number: int | None = None
    """The partition of the placement group."""
    tenancy: Literal["default", "dedicated", "host"] | None = None
    """Whether others' instances may run on the same hardware."""
    host_id: str | None = None
    """The dedicated host."""
    host_resource_group_arn: str | None = None
    """The group of dedicated hosts."""
    affinity: Literal["default", "host"] | None = None
    """Whether a restarted instance stays on its dedicated host."""


class SpotOptions(Spec):
    """The terms of a Spot instance."""

    max_price: str | None = None
    """The most that is paid for an hour, as a text. Unset: the On-Demand price, as AWS recommends."""
    spot_instance_type: Literal["one-time", "persistent"] | None = None
    """Whether it is asked for again after an interruption. An Auto Scaling group takes `one-time` only."""
    instance_interruption_behavior: Literal["hibernate", "stop", "terminate"] | None = None
    """What an interruption does to it."""


class InstanceMarketOptions(Spec):
    """How an instance is bought. A group with `overrides` says it in `instancesDistribution` instead."""

    market_type: Literal["spot", "capacity-block", "interruptible-capacity-reservation"]
    """`spot`: spare capacity, which AWS may take back."""
    spot_options: SpotOptions | None = None
    """The terms of a Spot instance."""


class CpuOptions(Spec):
    """Fewer cores or threads than the type has, as some licences ask for."""

    core_count: int | None = None
    """How many cores."""
    threads_per_core: int | None = None
    """1 turns hyper-threading off."""
    amd_sev_snp: Literal["enabled", "disabled"] | None = None
    """Whether memory is encrypted by AMD SEV-SNP."""
    nested_virtualization: Literal["enabled", "disabled"] | None = None
    """Whether virtual machines may run inside."""


class CapacityReservationTarget(Spec):
    """A capacity reservation, or a group of them."""

    capacity_reservation_id: str | None = None
    """The reservation."""
    capacity_reservation_resource_group_arn: str | None = None
    """The group of reservations."""


class CapacityReservationSpecification(Spec):
    """Whether reserved capacity is used."""

    capacity_reservation_preference: Literal["capacity-reservations-only", "open", "none"] | None = None
    """`open`: any open reservation that fits."""
    capacity_reservation_target: CapacityReservationTarget | None = None
    """A certain one."""


class License(Spec):
    """A licence that an instance uses."""

    license_configuration_arn: str
    """The configuration in AWS License Manager."""


class HibernationOptions(Spec):
    """Whether memory is kept."""

    configured: bool
    """Whether an instance can hibernate."""


class EnclaveOptions(Spec):
    """Nitro Enclaves."""

    enabled: bool
    """Whether an instance can have enclaves."""


class MaintenanceOptions(Spec):
    """What happens when the hardware fails."""

    auto_recovery: Literal["default", "disabled"]
    """Whether AWS moves the instance to other hardware."""


class PrivateDnsNameOptions(Spec):
    """The host name of an instance."""

    hostname_type: Literal["ip-name", "resource-name"] | None = None
    """Whether the name is made from the IPv4 address or from the id."""
    enable_resource_name_dns_a_record: bool | None = None
    """Whether the name made from the id leads to the IPv4 address."""
    enable_resource_name_dns_aaaa_record: Annotated[bool | None, Aws("EnableResourceNameDnsAAAARecord")] = None
    """Whether the name made from the id leads to the IPv6 address."""


class NetworkPerformanceOptions(Spec):
    """How bandwidth is shared."""

    bandwidth_weighting: Literal["default", "vpc-1", "ebs-1"]
    """What is favoured: the network or the disks."""


def _launched(name: str) -> Aws:
    """A part of what is launched; AWS keeps all that together in each version."""
    return Aws(f"LaunchTemplateData.{name}")


class LaunchTemplateSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html

    `tags` are the template's own; those of what is launched stand in `tagSpecifications`.
    """

    launch_template_name: Annotated[str | None, Immutable(), Named(limit=128)] = None
    """Its name, unique in the region. Unset: `<stack>-<name>`."""
    version_description: str | None = None
    """What the version is for, in words."""
    image: Annotated[str | None, To("Image", dangles=True), _launched("ImageId")] = None
    """The image: `{id: ami-…}`, `{find: {…}}`, or `{id: "resolve:ssm:…"}`, which a refresh cannot roll back to."""
    instance_type: Annotated[str | None, _launched("InstanceType")] = None
    """The instance type, such as `t3.micro`."""
    instance_requirements: Annotated[dict[str, Any] | None, Json(), _launched("InstanceRequirements")] = None
    """What a type must have, in place of one type and as AWS has it: `{VCpuCount: {Min: 2}, MemoryMiB: {Min: 1}}`."""
    key_pair: Annotated[str | None, To("KeyPair", attribute="keyName", dangles=True), _launched("KeyName")] = None
    """The key that opens the door of an instance."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup", dangles=True)]] | None, Unordered(), _launched("SecurityGroupIds")
    ] = None
    """The security groups; with `networkInterfaces` they stand there."""
    instance_profile: Annotated[
        str | None, To("InstanceProfile", attribute="arn", dangles=True), _launched("IamInstanceProfile.Arn")
    ] = None
    """The instance profile, through which an instance has its role."""
    user_data: Annotated[str | None, BASE64, _launched("UserData")] = None
    """What an instance does first, as readable text: a script that begins with `#!`, or cloud-init's YAML. What is
    known only later goes in by `{text: …, with: {…}}`; other `${…}` in it stay the shell's. What is no text, such as
    a compressed script, is written as `base64:` and its base64."""
    metadata_options: Annotated[MetadataOptions | None, _launched("MetadataOptions")] = None
    """How an instance may ask for what AWS knows of it."""
    block_device_mappings: Annotated[
        list[BlockDevice] | None, Keyed("deviceName"), _launched("BlockDeviceMappings")
    ] = None
    """Its disks, beside those that the image has."""
    network_interfaces: Annotated[list[NetworkInterface] | None, _launched("NetworkInterfaces")] = None
    """Its network interfaces, the first one first."""
    tag_specifications: Annotated[list[LaunchTags] | None, Keyed("resourceType"), _launched("TagSpecifications")] = (
        None
    )
    """The tags of what is launched."""
    monitoring: Annotated[Monitoring | None, _launched("Monitoring")] = None
    """How closely CloudWatch watches."""
    ebs_optimized: Annotated[bool | None, _launched("EbsOptimized")] = None
    """Whether its disks have bandwidth of their own; newer types always have."""
    credit_specification: Annotated[CreditSpecification | None, _launched("CreditSpecification")] = None
    """What a burstable instance does when its credits are used up."""
    placement: Annotated[Placement | None, _launched("Placement")] = None
    """Where an instance runs."""
    instance_market_options: Annotated[InstanceMarketOptions | None, _launched("InstanceMarketOptions")] = None
    """How an instance is bought."""
    cpu_options: Annotated[CpuOptions | None, _launched("CpuOptions")] = None
    """Fewer cores or threads than the type has."""
    capacity_reservation_specification: Annotated[
        CapacityReservationSpecification | None, _launched("CapacityReservationSpecification")
    ] = None
    """Whether reserved capacity is used."""
    license_specifications: Annotated[
        list[License] | None, Keyed("licenseConfigurationArn"), _launched("LicenseSpecifications")
    ] = None
    """The licences that an instance uses."""
    hibernation_options: Annotated[HibernationOptions | None, _launched("HibernationOptions")] = None
    """Whether memory is kept."""
    enclave_options: Annotated[EnclaveOptions | None, _launched("EnclaveOptions")] = None
    """Whether an instance can have enclaves."""
    maintenance_options: Annotated[MaintenanceOptions | None, _launched("MaintenanceOptions")] = None
    """What happens when the hardware fails."""
    private_dns_name_options: Annotated[PrivateDnsNameOptions | None, _launched("PrivateDnsNameOptions")] = None
    """The host name of an instance."""
    network_performance_options: Annotated[
        NetworkPerformanceOptions | None, _launched("NetworkPerformanceOptions")
    ] = None
    """How bandwidth is shared."""
    instance_initiated_shutdown_behavior: Annotated[
        Literal["stop", "terminate"] | None, _launched("InstanceInitiatedShutdownBehavior")
    ] = None
    """What a shutdown from inside does."""
    disable_api_termination: Annotated[bool | None, _launched("DisableApiTermination")] = None
    """Whether an instance is protected from termination; a group terminates it all the same."""
    disable_api_stop: Annotated[bool | None, _launched("DisableApiStop")] = None
    """Whether an instance is protected from being stopped."""

    @model_validator(mode="after")
    def _no_secret(self) -> "LaunchTemplateSpec":
        refuse_secrets(self.user_data)
        return self


_VERSIONED = tuple(
    name for name, part in shape_of(LaunchTemplateSpec).fields.items() if name != "tags" and not part.immutable
)


_VERSION = "LaunchTemplateVersion"
_SAID = {name for part in shape_of(LaunchTemplateSpec).fields.values() for name in part.aws.name.split(".")[1:2]}


def _unsaid(version: Item) -> dict[str, Any]:
    """What a version has in it that no field of the spec stands for."""
    return {name: value for name, value in version.get("LaunchTemplateData", {}).items() if name not in _SAID}


class LaunchTemplate(AwsKind):
    """A launch template, as its default version shows it: what is newer and not the default is nobody's yet.

    A change is a new version, the desired values laid over the live ones, which is then made the default. Cut short
    in between, it leaves a version that nothing uses; the next pass makes that the default, for a newest version that
    already says what is wanted is not made again. What was launched before stays as it is: an Auto Scaling group with
    `instanceRefresh` replaces it.
    """

    spec, service, id_field, tagging = LaunchTemplateSpec, "ec2", "LaunchTemplateId", Ec2Tags("launch-template")
    natural_key = ("launchTemplateName",)
    listing = Listing("DescribeLaunchTemplates", "LaunchTemplates", page=200)
    joins = (
        Join(
            "DescribeLaunchTemplateVersions",
            "LaunchTemplateVersions",
            key="LaunchTemplateId",
            parameters={"Versions": ["$Default", "$Latest"]},
            page=200,
            always=True,
            chosen="DefaultVersion",
            beside=_VERSION,
        ),
    )
    creation = Create("CreateLaunchTemplate", "LaunchTemplate", constant={"LaunchTemplateData": {}})
    deletion = "DeleteLaunchTemplate"
    attributes = {
        "version": Attribute("The number of its default version.", "DefaultVersionNumber"),
        "launchTemplateName": Attribute("Its name.", "LaunchTemplateName"),
    }
    setters = (
        Setter(
            "CreateLaunchTemplateVersion",
            _VERSIONED,
            whole=True,
            constant={"LaunchTemplateData": {}},
            renews={"version": "LaunchTemplateVersion.VersionNumber"},
            then=Op(
                "ModifyLaunchTemplate",
                own={"DefaultVersion": "version"},
                renews={"version": "LaunchTemplate.DefaultVersionNumber"},
            ),
        ),
    )

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """AWS takes the id of a template or its name, and not both."""
        call = super().setting(setter, node, group, live, me)
        rest = {name: value for name, value in call.parameters.items() if name != "LaunchTemplateName"}
        return replace(call, parameters=rest)

    def prepared(self, item: Item) -> Prepared | None:
        """The newest version, unless it has something that no field here says: then it is for something else."""
        found, rest = super().prepared(item), [_unsaid(version) for version in (item, item.get(_VERSION, {}))]
        numbers = {name: str(value) for name, value in found.attributes.items()} if found else {}
        return Prepared(found.fields, numbers) if found and rest[1] in ({}, rest[0]) else None

    def shown(self, item: Item) -> dict[str, Any]:
        """Numbers of versions are texts wherever AWS takes them."""
        return {name: str(value) for name, value in super().shown(item).items()}

    def renewals(self, call: Call, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same."""
        return {name: str(value) for name, value in super().renewals(call, body).items()}
