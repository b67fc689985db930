"""What a document says of a standalone instance."""

from typing import Annotated, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.forms import USER_DATA, USER_DATA_SIZE, refuse_secrets
from controller.aws.ec2.addresses import usable
from controller.aws.structures.launch import (
    AllMetadataOptions,
    BlockDevice,
    CpuOptions,
    CreditSpecification,
    EnclaveOptions,
    HibernationOptions,
    MaintenanceOptions,
    Placement,
)
from controller.core.model.rules import Check, Same
from controller.core.model.spec import (
    Aws,
    Form,
    Immutable,
    Interrupts,
    Spec,
    Tagged,
    To,
    Unique,
    Unordered,
    WriteOnly,
)


def _state(name: str) -> str:
    """Where an instance is, or is on its way to."""
    return {"pending": "running", "stopping": "stopped"}.get(name, name)


_MONITORED = Form(read=lambda state: state in ("enabled", "pending"), write=lambda enabled: enabled)
_STATE = Form(read=_state, write=lambda state: state)
_STOPS = Interrupts(
    "it is stopped and started: its public IPv4 address (an Elastic IP stays) and its instance stores are lost",
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html",
    beforehand=True,
)


class Monitoring(Spec):
    """Detailed monitoring."""

    enabled: Annotated[bool, _MONITORED, Aws("State", write="Enabled")]
    """True for metrics every minute, which costs extra; false for every five minutes."""


class InstanceSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html"""

    constraints = (
        Same("subnet.availabilityZone", "placement.availabilityZone"),
        Check(
            "privateIpAddress is in the subnet, and not one of its first four addresses or its last",
            usable,
            "subnet.cidrBlock",
            "privateIpAddress",
            page="https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
        ),
        Check(
            "an instance cannot both hibernate and have enclaves",
            lambda hibernates, encloses: not (hibernates and encloses),
            "hibernationOptions.configured",
            "enclaveOptions.enabled",
            page="https://docs.aws.amazon.com/enclaves/latest/user/nitro-enclave.html",
        ),
    )

    image: Annotated[str, To("Image", dangles=True), Immutable()]
    """The AMI it is launched from. With `{find: …}` a newer image requires a replacement, subject to `spec.allow`;
    `lifecycle: {ignore: [image]}` keeps the instance on the image it was launched from."""
    instance_type: Annotated[str, _STOPS]
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
    user_data: Annotated[str | None, USER_DATA, USER_DATA_SIZE, _STOPS] = None
    """The user data, as plain text. A change stops and starts the instance, which alone does not run it again."""
    private_ip_address: Annotated[str | None, Immutable(), Unique()] = None
    """Its primary private IPv4 address. Unset: AWS assigns a free one."""
    associate_public_ip_address: Annotated[
        bool | None,
        WriteOnly("the address changes with stops, starts and Elastic IPs"),
        Aws(write="NetworkInterfaces"),
    ] = None
    """Whether it gets a public IPv4 address at launch. AWS's default: the subnet's setting."""
    source_dest_check: bool | None = None
    """The source/destination check; false for an instance that forwards traffic, such as NAT. AWS's default: true."""
    ebs_optimized: Annotated[bool | None, _STOPS] = None
    """Whether it has dedicated bandwidth to EBS; most types always have. A change stops and starts it."""
    block_device_mappings: Annotated[
        list[BlockDevice] | None, WriteOnly("once it is launched, its disks are separate volumes")
    ] = None
    """The block device mappings at launch, which add to the image's or change them. For other volumes see
    VolumeAttachment."""
    monitoring: Monitoring | None = None
    """Detailed monitoring."""
    metadata_options: AllMetadataOptions | None = None
    """The instance metadata options."""
    maintenance_options: MaintenanceOptions | None = None
    """Automatic recovery."""
    credit_specification: Annotated[
        CreditSpecification | None, WriteOnly("AWS returns it separately from the instance")
    ] = None
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
            message = "AWS returns an instance profile by its ARN; write {id: arn:aws:iam::…:instance-profile/{name}}"
            raise PydanticCustomError("instance_profile", message, {"name": profile})
        return self
