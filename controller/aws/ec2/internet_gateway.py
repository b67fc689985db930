"""The way from a VPC to the internet and back."""

from typing import Annotated

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Collection, Create, Listing, Op
from controller.core.model.spec import Aws, Tagged, To


class InternetGatewaySpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInternetGateway.html"""

    vpc: Annotated[str | None, To("Vpc", gives=True), Aws("Attachments[0].VpcId", write="VpcId")] = None
    """The VPC it is attached to. A VPC takes one internet gateway."""


class InternetGateway(AwsKind):
    """An internet gateway and its attachment."""

    spec, service, id_field, tagging = (InternetGatewaySpec, "ec2", "InternetGatewayId", Ec2Tags("internet-gateway"))
    natural_key = ("vpc",)
    listing = Listing("DescribeInternetGateways", "InternetGateways", page=1000)
    creation, deletion = Create("CreateInternetGateway", "InternetGateway"), "DeleteInternetGateway"
    members = (Collection("vpc", add=Op("AttachInternetGateway"), remove=Op("DetachInternetGateway"), binding=True),)
