"""A machine that is made by itself, and not by a group."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.forms import BASE64, refuse_secrets
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import Item, value_at
from controller.aws.declaration.words import (
    Attribute,
    Collection,
    Create,
    Detail,
    HealthSource,
    Join,
    Listing,
    Op,
    Setter,
    States,
)
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.spec import Aws, Form, Immutable, Spec, Tagged, To, Unique, Unordered, WriteOnly


def _plain(value: Any) -> Any:
    return value


def _state(name: str) -> str:
    """Where an instance is, or is on its way to."""
    return {"pending": "running", "stopping": "stopped"}.get(name, name)


# The client encodes what these two calls take, and decodes nothing.
_USER_DATA = Form(read=BASE64.read, write=_plain)
_MONITORED = Form(read=lambda state: state in ("enabled", "pending"), write=_plain)
_STATE = Form(read=_state, write=_plain)


class EbsBlockDevice(Spec):
    """The EBS volume of a block device."""

    volume_size: int | None = None
    """Its size in GiB. AWS's default: that of the snapshot."""
    volume_type: Literal["gp3", "gp2", "io2", "io1", "st1", "sc1", "standard"] | None = None
    """The EBS volume type. AWS's default: the image's setting."""
    iops: int | None = None
    """Provisioned IOPS; only for `gp3`, `io1` and `io2`."""
    throughput: int | None = None
    """Throughput in MiB/s; only for `gp3`."""
    encrypted: bool | None = None
    """Whether it is encrypted. AWS's default: the setting of the image or the account."""
    kms_key_id: str | None = None
    """The KMS key it is encrypted with, by id, ARN or alias."""
    snapshot_id: str | None = None
    """The id of the snapshot that it is created from."""
    delete_on_termination: bool | None = None
    """Whether it is deleted on termination. AWS's default: true."""


class BlockDevice(Spec):
    """One block device mapping at launch."""

    device_name: str
    """The device name, such as `/dev/xvda`; the image defines the root device."""
    ebs: EbsBlockDevice | None = None
    """The EBS volume."""
    no_device: str | None = None
    """`""` suppresses a device that the image maps."""
    virtual_name: str | None = None
    """An instance store volume, such as `ephemeral0`."""


class Placement(Spec):
    """Where the instance is placed."""

    availability_zone: str | None = None
    """The Availability Zone. Unset: that of the subnet."""
    tenancy: Literal["default", "dedicated", "host"] | None = None
    """Whether the hardware is shared with other accounts."""
    group_name: str | None = None
    """The name of the placement group."""


class Monitoring(Spec):
    """Detailed monitoring."""

    enabled: Annotated[bool, _MONITORED, Aws("State", write="Enabled")]
    """True for metrics every minute, which costs extra; false for every five minutes."""


class MetadataOptions(Spec):
    """The instance metadata options."""

    http_endpoint: Literal["enabled", "disabled"] | None = None
    """Whether the metadata endpoint is enabled. AWS's default: `enabled`."""
    http_tokens: Literal["required", "optional"] | None = None
    """`required` allows IMDSv2 only. AWS's default: the setting of the image or the account."""
    http_put_response_hop_limit: int | None = None
    """The hop limit of the PUT response; containers need 2. AWS's default: 1, or 2 with images that require
    IMDSv2."""
    http_protocol_ipv6: Literal["enabled", "disabled"] | None = None
    """Whether the IPv6 endpoint is enabled. AWS's default: `disabled`."""
    instance_metadata_tags: Literal["enabled", "disabled"] | None = None
    """Whether instance tags are available in the metadata. AWS's default: `disabled`."""


class MaintenanceOptions(Spec):
    """Automatic recovery."""

    auto_recovery: Literal["default", "disabled"] | None = None
    """Whether AWS recovers the instance when its host fails. AWS's default: `default`, which is yes if the type
    supports it."""


class HibernationOptions(Spec):
    """Whether the instance can hibernate."""

    configured: bool
    """True enables it; the root volume must be encrypted and large enough for the memory."""


class CpuOptions(Spec):
    """The CPU options."""

    core_count: int | None = None
    """The number of CPU cores."""
    threads_per_core: int | None = None
    """1 disables hyper-threading."""


class CreditSpecification(Spec):
    """The CPU credits of a burstable instance."""

    cpu_credits: Literal["standard", "unlimited"]
    """`unlimited` bursts beyond the credits for a charge; `standard` is throttled."""


class EnclaveOptions(Spec):
    """Nitro Enclaves."""

    enabled: bool
    """Whether they are enabled."""


class InstanceSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html"""

    image: Annotated[str, To("Image", dangles=True), Immutable()]
    """The AMI it is launched from. With `{find: …}` a newer image requires a replacement, subject to `spec.allow`;
    `lifecycle: {ignore: [image]}` keeps the instance on the image it was launched from."""
    instance_type: str
    """The instance type, such as `t3.micro`. A change stops and starts it."""
    subnet: Annotated[str | None, To("Subnet"), Immutable()] = None
    """The subnet it is in. Unset: a default subnet, if the account has one."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup")]] | None,
        Unordered(),
        Aws("SecurityGroups[].GroupId", write="SecurityGroupIds"),
    ] = None
    """Its security groups. AWS's default: the VPC's default security group."""
    key_pair: Annotated[str | None, To("KeyPair", attribute="keyName", dangles=True), Immutable(), Aws("KeyName")] = (
        None
    )
    """Its key pair; `{id: …}` takes the name of a key pair that is not in the stack."""
    iam_instance_profile: Annotated[
        str | None, To("InstanceProfile", attribute="arn"), Aws("IamInstanceProfile.Arn")
    ] = None
    """Its instance profile; `{id: …}` takes the ARN of a profile that is not in the stack."""
    user_data: Annotated[str | None, _USER_DATA] = None
    """The user data, as plain text. A change stops and starts the instance, which alone does not run it again."""
    private_ip_address: Annotated[str | None, Immutable(), Unique()] = None
    """Its primary private IPv4 address. Unset: AWS assigns a free one."""
    associate_public_ip_address: Annotated[
        bool | None,
        WriteOnly("the address comes and goes with stops, starts and Elastic IPs"),
        Aws(write="NetworkInterfaces"),
    ] = None
    """Whether it gets a public IPv4 address at launch. AWS's default: the subnet's setting."""
    source_dest_check: bool | None = None
    """The source/destination check; false for an instance that forwards traffic, such as NAT. AWS's default: true."""
    ebs_optimized: bool | None = None
    """Whether it has dedicated bandwidth to EBS; most types always have. A change stops and starts it."""
    block_device_mappings: Annotated[
        list[BlockDevice] | None, WriteOnly("its disks are volumes of their own once it is launched")
    ] = None
    """The block device mappings at launch, which add to the image's or change them. For other volumes see
    VolumeAttachment."""
    monitoring: Monitoring | None = None
    """Detailed monitoring."""
    metadata_options: MetadataOptions | None = None
    """The instance metadata options."""
    maintenance_options: MaintenanceOptions | None = None
    """Automatic recovery."""
    credit_specification: Annotated[CreditSpecification | None, WriteOnly("AWS tells it apart from the instance")] = (
        None
    )
    """The CPU credits of a burstable type. Set at launch only."""
    placement: Annotated[Placement | None, Immutable()] = None
    """Where it is placed."""
    hibernation_options: Annotated[HibernationOptions | None, Immutable()] = None
    """Whether it can hibernate."""
    cpu_options: Annotated[CpuOptions | None, Immutable()] = None
    """The CPU options. A change replaces the instance."""
    enclave_options: Annotated[EnclaveOptions | None, Immutable()] = None
    """Nitro Enclaves."""
    instance_initiated_shutdown_behavior: Literal["stop", "terminate"] | None = None
    """What a shutdown from within the instance does. AWS's default: `stop`."""
    disable_api_termination: bool | None = None
    """Termination protection; while it is on, Holdfast neither deletes nor replaces it. AWS's default: false."""
    disable_api_stop: bool | None = None
    """Stop protection, which also blocks changes that stop and start it. AWS's default: false."""
    instance_state: Annotated[Literal["running", "stopped"] | None, _STATE, Aws("State.Name")] = None
    """Whether it runs. Unset: `running`, so stopping it is drift; to leave the state to others, write
    `lifecycle: {ignore: [instanceState]}`."""

    @model_validator(mode="after")
    def _no_secret(self) -> "InstanceSpec":
        refuse_secrets(self.user_data)
        return self

    @model_validator(mode="after")
    def _profile_by_arn(self) -> "InstanceSpec":
        profile = self.iam_instance_profile
        if isinstance(profile, str) and not profile.startswith("arn:"):
            message = "AWS shows an instance profile by its ARN; write {id: arn:aws:iam::…:instance-profile/{name}}"
            raise PydanticCustomError("instance_profile", message, {"name": profile})
        return self


_AT_REST = frozenset({"instanceType", "userData", "ebsOptimized"})
"""The fields that AWS changes in a stopped instance only."""
_OF_INTERFACE = {"SubnetId": "SubnetId", "SecurityGroupIds": "Groups", "PrivateIpAddress": "PrivateIpAddress"}
"""Parameters that stand with the network interface as soon as the call has one."""


def _attribute(name: str) -> Detail:
    return Detail(name, "DescribeInstanceAttribute", f"{name[0].upper()}{name[1:]}.Value", {"Attribute": name})


class Instance(AwsKind):
    """A standalone instance. Instances that an Auto Scaling group launches belong to the group.

    What AWS changes only while it is stopped (`instanceType`, `userData`, `ebsOptimized`) interrupts it: the plan
    stops it, and once it is stopped changes and starts it. If the document leaves its state to others, such a change
    waits until somebody stops it. Its own volumes are deleted with it, unless `blockDeviceMappings` says otherwise.
    """

    spec, service, id_field, tagging = InstanceSpec, "ec2", "InstanceId", Ec2Tags("instance")
    listing = Listing("DescribeInstances", "Reservations[].Instances", page=1000)
    joins = (Join("DescribeInstanceStatus", "InstanceStatuses", "InstanceId", page=1000),)
    states = States(
        "State.Name",
        pending=frozenset({"pending", "stopping"}),
        leaving=frozenset({"shutting-down"}),
        gone=frozenset({"terminated"}),
    )
    # AWS's checks begin when it runs; one that has not ended yet says nothing against it.
    health_source = HealthSource(
        "InstanceStatus.Status", good=frozenset({"ok", "initializing", "insufficient-data", "not-applicable"})
    )
    creation = Create("RunInstances", "Instances[0]", {"MinCount": 1, "MaxCount": 1})
    deletion, protected_by = "TerminateInstances", "disableApiTermination"
    gives_initially = {"sourceDestCheck": True, "instanceState": "running"}
    reads = (
        _attribute("userData"),
        _attribute("instanceInitiatedShutdownBehavior"),
        _attribute("disableApiTermination"),
        _attribute("disableApiStop"),
    )
    setters = (
        Setter(
            "ModifyInstanceAttribute",
            (
                *("instanceType", "userData", "ebsOptimized", "securityGroups", "sourceDestCheck"),
                *("instanceInitiatedShutdownBehavior", "disableApiTermination", "disableApiStop"),
            ),
            one_at_a_time=True,
            renamed={"securityGroups": "Groups"},
        ),
        Setter("ModifyInstanceMetadataOptions", ("metadataOptions",), flat=True),
        Setter("ModifyInstanceMaintenanceOptions", ("maintenanceOptions",), flat=True),
        Setter("MonitorInstances", ("monitoring",), empty="UnmonitorInstances"),
        Setter("StartInstances", ("instanceState",), empty="StopInstances"),
    )
    members = (
        Collection(
            "iamInstanceProfile",
            add=Op("AssociateIamInstanceProfile"),
            change=Op("ReplaceIamInstanceProfileAssociation", own={"AssociationId": "profileAssociation"}),
        ),
    )
    attributes = {
        "publicIp": Attribute("Its public address.", "PublicIpAddress"),
        "privateIp": Attribute("Its address within the subnet.", "PrivateIpAddress"),
        "publicDnsName": Attribute("The name of its public address.", "PublicDnsName"),
        "privateDnsName": Attribute("Its name within the VPC.", "PrivateDnsName"),
        "rootVolume": Attribute("The id of the volume it boots from.", "BlockDeviceMappings[0].Ebs.VolumeId"),
        "profileAssociation": Attribute(
            "AWS's own id of the tie to its instance profile.",
            "IamInstanceProfileAssociations[0].AssociationId",
            "DescribeIamInstanceProfileAssociations",
            (("instance-id", None), ("state", "associated")),
        ),
    }

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """It runs, unless the document says otherwise."""
        return {"instanceState": "running", **super().desired(stack, address, fields)}

    def create(self, node: Node) -> tuple[Call, ...]:
        """Once something is said of the network interface, all that concerns it stands there."""
        return tuple(replace(call, parameters=_with_interface(call.parameters)) for call in super().create(node))

    def settings(self, node: Node, changes: Iterable[Change], live: Live | None, me: Placeholder) -> Iterator[Call]:
        """While it runs, one stop in the place of all that needs it stopped; the rest follows when it is."""
        calls = [*super().settings(node, changes, live, me)]
        waiting = [call for call in calls if not _AT_REST.isdisjoint(call.fields)]
        if not waiting or (live and live.fields.get("instanceState") != "running"):
            yield from calls
            return
        rest = [call for call in calls if call not in waiting]
        yield from rest
        stopped = any("instanceState" in call.fields for call in rest)
        if not stopped and "instanceState" not in node.lifecycle.ignore:
            yield self.stop(me, tuple(name for call in waiting for name in call.fields))

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """The state is set by one of two calls."""
        if "instanceState" in group and node.fields["instanceState"] == "stopped":
            return self.stop(me, tuple(group))
        return super().setting(setter, node, group, live, me)

    def stop(self, me: Placeholder, fields: tuple[str, ...]) -> Call:
        """The call that stops it, for these fields."""
        return Call(self.service, "StopInstances", self.identity("StopInstances", me), fields)

    def shown(self, item: Item) -> dict[str, Any]:
        """The root volume is the one behind the device that the instance names as its root."""
        root = value_at(item, f"BlockDeviceMappings[DeviceName={item.get('RootDeviceName')}].Ebs.VolumeId")
        found = {name: value for name, value in super().shown(item).items() if name != "rootVolume"}
        return {**found, "rootVolume": root} if root else found


def _with_interface(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    if "NetworkInterfaces" not in parameters:
        return parameters
    moved = {inside: parameters[name] for name, inside in _OF_INTERFACE.items() if name in parameters}
    interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": parameters["NetworkInterfaces"], **moved}
    rest = {name: value for name, value in parameters.items() if name not in _OF_INTERFACE}
    return {**rest, "NetworkInterfaces": [interface]}
