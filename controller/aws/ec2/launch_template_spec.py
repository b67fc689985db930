"""What a document says of a launch template."""

from typing import Annotated, Any, Literal

from pydantic import model_validator

from controller.aws.declaration.forms import BASE64, TAG_LIST, USER_DATA_SIZE, refuse_secrets
from controller.aws.structures.launch import (
    AllMetadataOptions,
    BlockDevice,
    CpuOptions,
    CreditSpecification,
    EnclaveOptions,
    HibernationOptions,
    MaintenanceOptions,
    Monitoring,
    Placement,
)
from controller.core.model.equality import Json
from controller.core.model.rules import AtMostOne
from controller.core.model.spec import Aws, Excludes, Immutable, Keyed, Named, Spec, Tagged, To, Unordered


class NetworkInterface(Spec):
    """A network interface created at launch."""

    device_index: int | None = None
    """The device index; 0 is the primary."""
    network_card_index: int | None = None
    """The index of the network card, for types with several."""
    subnet: Annotated[str | None, To("Subnet"), Excludes("NetworkInterfaceId")] = None
    """The subnet it is in. Leave it unset for an Auto Scaling group, which uses its own subnets."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup")]] | None, Unordered(), Aws("Groups"), Excludes("NetworkInterfaceId")
    ] = None
    """Its security groups; with `networkInterfaces` they are set here only."""
    associate_public_ip_address: bool | None = None
    """Whether it gets a public IPv4 address. Unset: the subnet's setting."""
    delete_on_termination: bool | None = None
    """Whether it is deleted on termination."""
    description: str | None = None
    """What it is for."""
    interface_type: str | None = None
    """`interface`, `efa` or `efa-only`."""
    private_ip_address: Annotated[str | None, Excludes("PrivateIpAddresses")] = None
    """Its primary private IPv4 address."""
    secondary_private_ip_address_count: Annotated[int | None, Excludes("PrivateIpAddresses")] = None
    """The number of secondary private IPv4 addresses."""
    ipv6_address_count: Annotated[int | None, Excludes("Ipv6Addresses")] = None
    """The number of IPv6 addresses."""
    primary_ipv6: bool | None = None
    """Whether its first IPv6 address is the primary one, which never changes."""
    ipv4_prefix_count: Annotated[int | None, Excludes("Ipv4Prefixes")] = None
    """The number of IPv4 prefixes."""
    ipv6_prefix_count: Annotated[int | None, Excludes("Ipv6Prefixes")] = None
    """The number of IPv6 prefixes."""


class LaunchTags(Spec):
    """The tags of one type of resource created at launch."""

    resource_type: str
    """The resource type: `instance`, `volume`, `network-interface` and others."""
    tags: Annotated[dict[str, str] | None, TAG_LIST] = None
    """Its tags. Only those named here are managed."""


class GroupPlacement(Placement):
    """Where an instance is placed, also within a placement group and on a Dedicated Host."""

    partition_number: int | None = None
    """The partition number in the placement group."""
    host_id: str | None = None
    """The Dedicated Host."""
    host_resource_group_arn: str | None = None
    """The ARN of the host resource group."""
    affinity: Literal["default", "host"] | None = None
    """Whether a restarted instance stays on its Dedicated Host."""


class SpotOptions(Spec):
    """The options of a Spot Instance."""

    max_price: str | None = None
    """The maximum hourly price, as text. Unset: the On-Demand price, as AWS recommends."""
    spot_instance_type: Annotated[
        Literal["one-time", "persistent"] | None, Excludes("ValidUntil", when=lambda type: type == "one-time")
    ] = None
    """Whether the request persists after an interruption. An Auto Scaling group takes `one-time` only."""
    instance_interruption_behavior: Literal["hibernate", "stop", "terminate"] | None = None
    """What happens to the instance on interruption."""


class InstanceMarketOptions(Spec):
    """The purchasing option. A group with `overrides` sets `instancesDistribution` instead."""

    market_type: Annotated[
        Literal["spot", "capacity-block", "interruptible-capacity-reservation"],
        Excludes("SpotOptions", when=lambda type: type != "spot"),
    ]
    """`spot`: spare capacity, which AWS may reclaim."""
    spot_options: SpotOptions | None = None
    """The options of a Spot Instance."""


class ProcessorOptions(CpuOptions):
    """The CPU options, with what the processor protects and lets run."""

    amd_sev_snp: Literal["enabled", "disabled"] | None = None
    """Whether AMD SEV-SNP encrypts the memory."""
    nested_virtualization: Literal["enabled", "disabled"] | None = None
    """Whether nested virtualization is enabled."""


class CapacityReservationTarget(Spec):
    """A Capacity Reservation, or a resource group of them."""

    capacity_reservation_id: Annotated[str | None, Excludes("CapacityReservationResourceGroupArn")] = None
    """The id of the Capacity Reservation."""
    capacity_reservation_resource_group_arn: Annotated[str | None, Excludes("CapacityReservationId")] = None
    """The ARN of the resource group."""


class CapacityReservationSpecification(Spec):
    """How Capacity Reservations are used."""

    capacity_reservation_preference: Annotated[
        Literal["capacity-reservations-only", "open", "none"] | None,
        Excludes("CapacityReservationTarget", when=lambda preference: preference in ("open", "none")),
    ] = None
    """`open`: any matching open Capacity Reservation."""
    capacity_reservation_target: CapacityReservationTarget | None = None
    """A specific one."""


class License(Spec):
    """A license that the instance uses."""

    license_configuration_arn: str
    """The ARN of the AWS License Manager configuration."""


class PrivateDnsNameOptions(Spec):
    """The hostname options."""

    hostname_type: Literal["ip-name", "resource-name"] | None = None
    """Whether the hostname is based on the IPv4 address or on the instance id."""
    enable_resource_name_dns_a_record: bool | None = None
    """Whether the name based on the instance id has an A record."""
    enable_resource_name_dns_aaaa_record: Annotated[bool | None, Aws("EnableResourceNameDnsAAAARecord")] = None
    """Whether the name based on the instance id has an AAAA record."""


class NetworkPerformanceOptions(Spec):
    """How bandwidth is weighted."""

    bandwidth_weighting: Literal["default", "vpc-1", "ebs-1"]
    """Which bandwidth is favored: VPC or EBS."""


def _launched(name: str) -> Aws:
    """A part of what is launched; AWS keeps all that together in each version."""
    return Aws(f"LaunchTemplateData.{name}")


def _instead_of(*names: str) -> Excludes:
    return Excludes(*(f"LaunchTemplateData.{name}" for name in names))


class LaunchTemplateSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html

    `tags` are those of the template itself; the tags of what it launches are in `tagSpecifications`.
    """

    constraints = (AtMostOne("instanceType", "instanceRequirements"),)

    launch_template_name: Annotated[str | None, Immutable(), Named(limit=128)] = None
    """Its name, unique in the region. Unset: `<stack>-<name>`."""
    version_description: str | None = None
    """The description of the version."""
    image: Annotated[str | None, To("Image", dangles=True), _launched("ImageId")] = None
    """The AMI: `{id: ami-…}`, `{find: {…}}`, or `{id: "resolve:ssm:…"}`, which a refresh cannot roll back to."""
    instance_type: Annotated[str | None, _launched("InstanceType"), _instead_of("InstanceRequirements")] = None
    """The instance type, such as `t3.micro`."""
    instance_requirements: Annotated[
        dict[str, Any] | None, Json(), _launched("InstanceRequirements"), _instead_of("InstanceType")
    ] = None
    """The required attributes instead of one type, in AWS's form: `{VCpuCount: {Min: 2}, MemoryMiB: {Min: 1}}`."""
    key_pair: Annotated[str | None, To("KeyPair", attribute="keyName", dangles=True), _launched("KeyName")] = None
    """The key pair."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup", dangles=True)]] | None,
        Unordered(),
        _launched("SecurityGroupIds"),
        _instead_of("SecurityGroups", "NetworkInterfaces"),
    ] = None
    """The security groups; with `networkInterfaces` they are set there."""
    instance_profile: Annotated[
        str | None,
        To("InstanceProfile", attribute="arn", dangles=True),
        _launched("IamInstanceProfile.Arn"),
        _instead_of("IamInstanceProfile.Name"),
    ] = None
    """The instance profile."""
    user_data: Annotated[str | None, BASE64, USER_DATA_SIZE, _launched("UserData")] = None
    """The user data, as plain text: a script that starts with `#!`, or cloud-init YAML. Values known only later are
    inserted by `{text: …, with: {…}}`; any other `${…}` is left to the shell. Content that is not text, such as a
    compressed script, is written as `base64:` and its base64."""
    metadata_options: Annotated[AllMetadataOptions | None, _launched("MetadataOptions")] = None
    """The instance metadata options."""
    block_device_mappings: Annotated[
        list[BlockDevice] | None, Keyed("deviceName"), _launched("BlockDeviceMappings")
    ] = None
    """The block device mappings, besides those of the image."""
    network_interfaces: Annotated[
        list[NetworkInterface] | None,
        _launched("NetworkInterfaces"),
        _instead_of("SecurityGroups", "SecurityGroupIds"),
    ] = None
    """The network interfaces, the primary one first."""
    tag_specifications: Annotated[list[LaunchTags] | None, Keyed("resourceType"), _launched("TagSpecifications")] = (
        None
    )
    """The tags of the resources it launches."""
    monitoring: Annotated[Monitoring | None, _launched("Monitoring")] = None
    """Detailed monitoring."""
    ebs_optimized: Annotated[bool | None, _launched("EbsOptimized")] = None
    """Whether instances have dedicated bandwidth to EBS; newer types always have."""
    credit_specification: Annotated[CreditSpecification | None, _launched("CreditSpecification")] = None
    """The CPU credits of a burstable instance."""
    placement: Annotated[GroupPlacement | None, _launched("Placement")] = None
    """Where an instance is placed."""
    instance_market_options: Annotated[InstanceMarketOptions | None, _launched("InstanceMarketOptions")] = None
    """The purchasing option."""
    cpu_options: Annotated[ProcessorOptions | None, _launched("CpuOptions")] = None
    """The CPU options."""
    capacity_reservation_specification: Annotated[
        CapacityReservationSpecification | None, _launched("CapacityReservationSpecification")
    ] = None
    """How Capacity Reservations are used."""
    license_specifications: Annotated[
        list[License] | None, Keyed("licenseConfigurationArn"), _launched("LicenseSpecifications")
    ] = None
    """The licenses that an instance uses."""
    hibernation_options: Annotated[HibernationOptions | None, _launched("HibernationOptions")] = None
    """Whether an instance can hibernate."""
    enclave_options: Annotated[EnclaveOptions | None, _launched("EnclaveOptions")] = None
    """Nitro Enclaves."""
    maintenance_options: Annotated[MaintenanceOptions | None, _launched("MaintenanceOptions")] = None
    """Automatic recovery."""
    private_dns_name_options: Annotated[PrivateDnsNameOptions | None, _launched("PrivateDnsNameOptions")] = None
    """The hostname options."""
    network_performance_options: Annotated[
        NetworkPerformanceOptions | None, _launched("NetworkPerformanceOptions")
    ] = None
    """How bandwidth is weighted."""
    instance_initiated_shutdown_behavior: Annotated[
        Literal["stop", "terminate"] | None, _launched("InstanceInitiatedShutdownBehavior")
    ] = None
    """What a shutdown from within an instance does."""
    disable_api_termination: Annotated[bool | None, _launched("DisableApiTermination")] = None
    """Termination protection; a group terminates the instance all the same."""
    disable_api_stop: Annotated[bool | None, _launched("DisableApiStop")] = None
    """Stop protection."""

    @model_validator(mode="after")
    def _no_secret(self) -> "LaunchTemplateSpec":
        refuse_secrets(self.user_data)
        return self
