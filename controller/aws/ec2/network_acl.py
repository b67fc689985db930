"""Which packets may pass the border of a subnet, by numbered entries."""

from collections.abc import Iterator
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Collection, Create, CreatedWith, Listing, Op
from controller.aws.ec2.network_acl_spec import NetworkAclSpec
from controller.core.model.call import Call, Change
from controller.core.model.reference import Placeholder
from controller.core.model.writer import WriteContext

_ALLOW_ALL = {"ruleNumber": 100, "protocol": "-1", "ruleAction": "allow", "cidr": "0.0.0.0/0"}


def _entries(field: str, egress: bool) -> Collection:
    direction = {"Egress": egress}
    return Collection(
        field,
        add=Op("CreateNetworkAclEntry", constant=direction),
        change=Op("ReplaceNetworkAclEntry", constant=direction),
        remove=Op("DeleteNetworkAclEntry", constant=direction),
    )


class NetworkAcl(AwsKind):
    """A network ACL with its entries and associations."""

    spec, service, id_field, tagging = NetworkAclSpec, "ec2", "NetworkAclId", Ec2Tags("network-acl")
    natural_key = ("vpc", "default")
    listing = Listing("DescribeNetworkAcls", "NetworkAcls", page=1000)
    creation, deletion = Create("CreateNetworkAcl", "NetworkAcl"), "DeleteNetworkAcl"
    created_with = CreatedWith(
        "default", "vpc", "defaultNetworkAcl", {"ingress": [_ALLOW_ALL], "egress": [_ALLOW_ALL]}
    )
    members = (
        _entries("ingress", egress=False),
        _entries("egress", egress=True),
        Collection(
            "subnets",
            move=Op("ReplaceNetworkAclAssociation"),
            remove=Op("ReplaceNetworkAclAssociation"),
            handle="AssociationId",
            handle_path="NetworkAclAssociationId",
            binding=True,
        ),
    )

    def handle(self, members: Collection, element: Any, around: WriteContext) -> Any:
        """The association that a subnet is made with, while no listing shows it."""
        seen, new = super().handle(members, element, around), isinstance(element, Placeholder)
        return Placeholder(element.address, "networkAclAssociation") if seen is None and new else seen

    def calls(
        self, members: Collection, op: Op | None, changes: list[Change], side: str, me: Any, around: WriteContext
    ) -> Iterator[Call]:
        """A subnet always has an ACL: taking it off this one gives it back to the VPC's default."""
        if op is not None and op is members.remove and members.move:
            for change in changes:
                default = _default_for(change.observed, around)
                if default:
                    yield from super().calls(members, op, [change], side, default, around)
        else:
            yield from super().calls(members, op, changes, side, me, around)


def _default_for(subnet: str, around: WriteContext) -> str | None:
    """The id of the default ACL of the VPC in which a subnet is; None where no listing shows one."""
    vpcs = [acl.fields["vpc"] for acl in around.alike() if subnet in acl.fields.get("subnets", ())]
    defaults = [acl.id for acl in around.alike() if acl.fields["vpc"] in vpcs and acl.fields.get("default")]
    return next(iter(defaults), None)
