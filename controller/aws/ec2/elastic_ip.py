"""A public IPv4 address that the account keeps."""

from typing import Annotated

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Attribute, Create, Listing
from controller.core.model.spec import Immutable, Tagged


class ElasticIpSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html"""

    public_ipv4_pool: Annotated[str | None, Immutable()] = None
    """The id of the account's own address pool that it is taken from. AWS's default: `amazon`."""
    network_border_group: Annotated[str | None, Immutable()] = None
    """The network border group that advertises the address. AWS's default: the region."""


class ElasticIp(AwsKind):
    """An Elastic IP address. Its listing is not paginated."""

    spec, service, id_field, tagging = ElasticIpSpec, "ec2", "AllocationId", Ec2Tags("elastic-ip")
    listing = Listing("DescribeAddresses", "Addresses")
    creation, deletion = Create("AllocateAddress", "", {"Domain": "vpc"}), "ReleaseAddress"
    attributes = {"publicIp": Attribute("The IP address.", "PublicIp")}
