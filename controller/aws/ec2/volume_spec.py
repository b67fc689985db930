"""What a document says of a volume."""

from typing import Annotated, Literal

from controller.aws.declaration.kms import KmsKey
from controller.aws.structures.rules import volume_rules
from controller.core.model.equality import smaller
from controller.core.model.spec import Immutable, OneWay, Tagged, Zone


class VolumeSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html"""

    constraints = volume_rules("size")

    availability_zone: Annotated[str, Zone(), Immutable()]
    """The zone, such as `us-east-1a`: that of the instance it is attached to."""
    size: Annotated[int, OneWay(smaller, "AWS never shrinks a volume")]
    """Its size in GiB. It can grow; AWS refuses to shrink it."""
    volume_type: Literal["gp3", "gp2", "io2", "io1", "st1", "sc1", "standard"] | None = None
    """The EBS volume type. AWS's default: `gp2`."""
    iops: int | None = None
    """Provisioned IOPS; only for `gp3`, `io1` and `io2`. AWS's default for `gp3`: 3000."""
    throughput: int | None = None
    """Throughput in MiB/s; only for `gp3`. AWS's default: 125."""
    encrypted: Annotated[bool | None, Immutable()] = None
    """Whether it is encrypted. AWS's default: false, unless the account has EBS encryption by default."""
    kms_key_id: Annotated[str | None, KmsKey(), Immutable()] = None
    """The KMS key it is encrypted with, by id or ARN. AWS's default: the account's key for EBS."""
