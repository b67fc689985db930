"""One range of addresses of a VPC, in one availability zone."""

from collections.abc import Iterable

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Collection, Create, Listing, Op, Setter, States
from controller.aws.ec2.addresses import with_ipv6_there
from controller.aws.ec2.subnet_spec import SubnetSpec
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.writer import WriteContext


class Subnet(AwsKind):
    """A subnet. AWS changes one attribute per call."""

    spec, service, id_field, tagging = SubnetSpec, "ec2", "SubnetId", Ec2Tags("subnet")
    natural_key = ("vpc", "cidrBlock")
    listing = Listing("DescribeSubnets", "Subnets", page=1000)
    states = States(
        "State",
        pending=frozenset({"pending"}),
        awaits=dict.fromkeys(
            ("failed", "failed-insufficient-capacity"), "delete the subnet, and it is created again"
        ),
    )
    creation, deletion = Create("CreateSubnet", "Subnet"), "DeleteSubnet"
    gives_initially = {
        "mapPublicIpOnLaunch": False,
        "assignIpv6AddressOnCreation": False,
        "enableDns64": False,
        "privateDnsHostnameTypeOnLaunch": "ip-name",
        "enableResourceNameDnsARecordOnLaunch": False,
        "enableResourceNameDnsAaaaRecordOnLaunch": False,
    }
    setters = (Setter("ModifySubnetAttribute", tuple(gives_initially), one_at_a_time=True),)
    members = (
        Collection(
            "ipv6CidrBlock",
            add=Op("AssociateSubnetCidrBlock"),
            remove=Op("DisassociateSubnetCidrBlock"),
            handle="AssociationId",
            handle_path="AssociationId",
        ),
    )
    attributes = {
        "availabilityZoneId": Attribute(
            "The id of the Availability Zone, the same in every account.", "AvailabilityZoneId"
        ),
        "defaultForAz": Attribute("Whether it is the default subnet of its Availability Zone.", "DefaultForAz"),
        "networkAclAssociation": Attribute(
            "The id of its current association with a network ACL.",
            "NetworkAcls[].Associations[SubnetId={id}].NetworkAclAssociationId",
            "DescribeNetworkAcls",
            (("association.subnet-id", None),),
        ),
    }

    def live(self, item: Item) -> Live | None:
        """Without the IPv6 block that it does not have any more."""
        return super().live(with_ipv6_there(item))

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        """An IPv6 block is taken away after addresses of it are no longer assigned, and given before they are."""
        calls = super().update(node, changes, live, around)
        ends = [call for call in calls if {"Value": False} in call.parameters.values()]
        return (*ends, *(call for call in calls if call not in ends))
