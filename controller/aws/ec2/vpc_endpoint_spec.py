"""What a document says of a VPC endpoint."""

from typing import Annotated, Any, Literal

from controller.aws.structures.rules import in_different_zones
from controller.core.model.conditions import Is, IsNot
from controller.core.model.equality import Blank
from controller.core.model.policy import Policy
from controller.core.model.rules import Only, Same
from controller.core.model.spec import Aws, Immutable, Tagged, To, Unordered

_DNS = "https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html"


class VpcEndpointSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html"""

    constraints = (
        Only("routeTables", when=Is("vpcEndpointType", "Gateway", default="Gateway")),
        Only("subnets", when=IsNot("vpcEndpointType", "Gateway", default="Gateway")),
        Only("securityGroups", when=Is("vpcEndpointType", "Interface", default="Gateway")),
        Only("privateDnsEnabled", when=IsNot("vpc.enableDnsHostnames", False), page=_DNS),
        Only("privateDnsEnabled", when=IsNot("vpc.enableDnsSupport", False), page=_DNS),
        Same("vpc", "subnets[].vpc", "routeTables[].vpc"),
        in_different_zones(
            "subnets", page="https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html"
        ),
    )

    vpc: Annotated[str, To("Vpc"), Immutable()]
    """The VPC it belongs to."""
    service_name: Annotated[str, Immutable()]
    """The service, such as `com.amazonaws.us-east-1.s3`, or `com.amazonaws.vpce.us-east-1.vpce-svc-…`."""
    vpc_endpoint_type: Annotated[Literal["Gateway", "Interface", "GatewayLoadBalancer"] | None, Immutable()] = None
    """`Gateway` adds routes to route tables, `Interface` creates network interfaces in subnets,
    `GatewayLoadBalancer` is the target of routes. Unset: `Gateway`."""
    route_tables: Annotated[list[Annotated[str, To("RouteTable")]] | None, Unordered()] = None
    """The route tables that a gateway endpoint adds its route to."""
    subnets: Annotated[list[Annotated[str, To("Subnet")]] | None, Unordered()] = None
    """The subnets that an interface endpoint has a network interface in; of a Gateway Load Balancer endpoint the
    one that it is in."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup")]] | None,
        Unordered(),
        Aws("Groups[].GroupId", write="SecurityGroupIds"),
    ] = None
    """The security groups of the network interfaces."""
    private_dns_enabled: Annotated[bool | None, Blank()] = None
    """Whether the service's default DNS name resolves to an interface endpoint."""
    policy_document: Annotated[dict[str, Any] | None, Policy()] = None
    """The endpoint policy. AWS's default: full access."""
