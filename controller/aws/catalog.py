"""Every kind that Holdfast knows, listed one by one. A new kind is registered here and nowhere else."""

from controller.aws.ec2.elastic_ip import ElasticIp
from controller.aws.ec2.internet_gateway import InternetGateway
from controller.aws.ec2.key_pair import KeyPair
from controller.aws.ec2.nat_gateway import NatGateway
from controller.aws.ec2.network_acl import NetworkAcl
from controller.aws.ec2.route_table import RouteTable
from controller.aws.ec2.security_group import SecurityGroup
from controller.aws.ec2.subnet import Subnet
from controller.aws.ec2.volume import Volume
from controller.aws.ec2.vpc import Vpc
from controller.aws.ec2.vpc_endpoint import VpcEndpoint
from controller.core.kind import Catalog, Kind

KINDS: tuple[type[Kind], ...] = (
    Vpc,
    Subnet,
    InternetGateway,
    ElasticIp,
    NatGateway,
    RouteTable,
    SecurityGroup,
    NetworkAcl,
    VpcEndpoint,
    KeyPair,
    Volume,
)


def catalog() -> Catalog:
    """One of each kind, by name."""
    return {kind.__name__: kind() for kind in KINDS}
