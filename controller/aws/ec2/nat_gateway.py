"""The way from private subnets to the internet, in one zone."""

from typing import Annotated, Literal

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Collection, Create, Listing, Op, States
from controller.core.model.conditions import Is
from controller.core.model.live import Live
from controller.core.model.rules import Needs, Only
from controller.core.model.spec import Aws, Immutable, Tagged, To, Unique, Unordered


class NatGatewaySpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html"""

    constraints = (
        Needs("elasticIp", when=Is("connectivityType", "public", default="public")),
        Only("elasticIp", "secondaryElasticIps", when=Is("connectivityType", "public", default="public")),
    )

    subnet: Annotated[str, To("Subnet"), Immutable()]
    """The subnet it is in: a public one, in the zone of the private subnets that it serves."""
    elastic_ip: Annotated[
        str | None,
        To("ElasticIp"),
        Immutable(),
        Unique(),
        Aws("NatGatewayAddresses[0].AllocationId", write="AllocationId"),
    ] = None
    """The Elastic IP of a public NAT gateway."""
    secondary_elastic_ips: Annotated[
        list[Annotated[str, To("ElasticIp")]] | None,
        Unordered(),
        Aws("NatGatewayAddresses[IsPrimary=False].AllocationId", write="SecondaryAllocationIds"),
    ] = None
    """Further Elastic IPs, for more than 55,000 connections to one destination. A removed one is let go when its
    connections have ended, or after six minutes."""
    connectivity_type: Annotated[Literal["public", "private"] | None, Immutable()] = None
    """Whether it connects to the internet or only to other networks. AWS's default: `public`."""


_GOING = ("disassociating", "unassigning", "failed")
"""The states of an address that does not stay, or never came."""


class NatGateway(AwsKind):
    """A NAT gateway. It takes minutes to create and to delete, and holds its Elastic IP until it is deleted.

    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
    """

    spec, service, id_field, tagging = NatGatewaySpec, "ec2", "NatGatewayId", Ec2Tags("natgateway")
    natural_key = ("elasticIp",)
    listing = Listing("DescribeNatGateways", "NatGateways", page=1000)
    states = States(
        "State",
        pending=frozenset({"pending"}),
        leaving=frozenset({"deleting"}),
        gone=frozenset({"deleted", "failed"}),
    )
    creation, deletion = Create("CreateNatGateway", "NatGateway"), "DeleteNatGateway"
    members = (
        Collection(
            "secondaryElasticIps",
            add=Op("AssociateNatGatewayAddress", batch="AllocationIds"),
            remove=Op("DisassociateNatGatewayAddress"),
            handle="AssociationIds",
            handle_path="AssociationId",
        ),
    )
    attributes = {
        "publicIp": Attribute("Its public address.", "NatGatewayAddresses[0].PublicIp"),
        "privateIp": Attribute("Its private IP address.", "NatGatewayAddresses[0].PrivateIp"),
    }

    def live(self, item: Item) -> Live | None:
        """Its primary address first, of those that stay; an answer that tells of none has one address."""
        staying = [one for one in item.get("NatGatewayAddresses") or () if one.get("Status") not in _GOING]
        addresses = sorted(staying, key=lambda one: one.get("IsPrimary") is False)
        return super().live({**item, "NatGatewayAddresses": addresses})
