"""The way out of a VPC for IPv6, and no way in."""

from typing import Annotated

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Create, Listing
from controller.core.model.spec import Aws, Immutable, Tagged, To


class EgressOnlyInternetGatewaySpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateEgressOnlyInternetGateway.html"""

    vpc: Annotated[str, To("Vpc"), Immutable(), Aws("Attachments[0].VpcId", write="VpcId")]
    """The VPC it is attached to. A VPC takes one."""


class EgressOnlyInternetGateway(AwsKind):
    """An egress-only internet gateway."""

    spec, service, id_field = EgressOnlyInternetGatewaySpec, "ec2", "EgressOnlyInternetGatewayId"
    tagging, natural_key = Ec2Tags("egress-only-internet-gateway"), ("vpc",)
    listing = Listing("DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways", page=255)
    creation = Create("CreateEgressOnlyInternetGateway", "EgressOnlyInternetGateway")
    deletion = "DeleteEgressOnlyInternetGateway"
