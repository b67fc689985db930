"""A private way from a VPC to a service."""

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Collection, Create, Listing, Op, Setter, States
from controller.aws.ec2.vpc_endpoint_spec import VpcEndpointSpec


def _list(field: str, ids: str, one_a_zone: bool = False) -> Collection:
    add, remove = (Op("ModifyVpcEndpoint", batch=f"{verb}{ids}") for verb in ("Add", "Remove"))
    return Collection(field, add=add, remove=remove, first_out=one_a_zone, keeps_one=one_a_zone)


class VpcEndpoint(AwsKind):
    """A VPC endpoint. An interface endpoint takes minutes to create and to delete."""

    spec, service, id_field, tagging = VpcEndpointSpec, "ec2", "VpcEndpointId", Ec2Tags("vpc-endpoint")
    listing = Listing("DescribeVpcEndpoints", "VpcEndpoints", page=1000)
    states = States(
        "State",
        pending=frozenset({"pending"}),
        leaving=frozenset({"deleting"}),
        gone=frozenset({"deleted", "failed", "rejected", "expired"}),
        awaits={
            "pendingacceptance": "the owner of the endpoint service must accept the endpoint "
            "(`aws ec2 accept-vpc-endpoint-connections --service-id … --vpc-endpoint-ids {id}`)"
        },
    )
    creation, deletion = Create("CreateVpcEndpoint", "VpcEndpoint"), "DeleteVpcEndpoints"
    setters = (Setter("ModifyVpcEndpoint", ("privateDnsEnabled", "policyDocument")),)
    members = (
        _list("routeTables", "RouteTableIds"),
        _list("subnets", "SubnetIds", one_a_zone=True),
        _list("securityGroups", "SecurityGroupIds"),
    )
