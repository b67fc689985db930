"""Which packets may pass the border of a subnet, by numbered entries."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Collection, Create, CreatedWith, Listing, Op
from controller.aws.ec2.addresses import ipv4, ipv6
from controller.core.model.call import Call, Change
from controller.core.model.equality import Cidr, OneOf
from controller.core.model.spec import Aws, Immutable, Keyed, ServerManaged, Sole, Spec, Tagged, To, Unordered
from controller.core.model.writer import WriteContext


class Entry(Spec):
    """One entry; the lowest matching rule number applies."""

    rule_number: int
    """The rule number, 1 to 32766."""
    protocol: Annotated[str, OneOf({"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"})]
    """`tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all protocols."""
    rule_action: Literal["allow", "deny"]
    """Whether matching traffic is allowed or denied."""
    cidr: Annotated[str, Cidr(), Aws(CidrBlock=ipv4, Ipv6CidrBlock=ipv6)]
    """The IPv4 or IPv6 CIDR block."""
    from_port: Annotated[int | None, Aws("PortRange.From")] = None
    """The first port, for tcp and udp."""
    to_port: Annotated[int | None, Aws("PortRange.To")] = None
    """The last port, for tcp and udp."""
    icmp_type: Annotated[int | None, Aws("IcmpTypeCode.Type")] = None
    """The ICMP type; -1 for all."""
    icmp_code: Annotated[int | None, Aws("IcmpTypeCode.Code")] = None
    """The ICMP code; -1 for all."""


# AWS's own last entries, which deny what nothing else decided: 32767 for IPv4, 32768 for IPv6.
_last = ServerManaged(lambda entry: entry["RuleNumber"] >= 32767)


class NetworkAclSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAcl.html"""

    vpc: Annotated[str, To("Vpc"), Immutable()]
    """The VPC it belongs to."""
    default: Annotated[Literal[True] | None, Immutable(), Aws("IsDefault")] = None
    """True for the VPC's default network ACL, which subnets without an association use."""
    subnets: Annotated[
        list[Annotated[str, To("Subnet", gives=True)]] | None,
        Unordered(),
        Sole(),
        Aws("Associations[].SubnetId", write="SubnetId"),
    ] = None
    """The subnets associated with it. A subnet has one network ACL; once dissociated, it gets the default."""
    ingress: Annotated[list[Entry] | None, Keyed("ruleNumber"), Aws("Entries[Egress=False]"), _last] = None
    """The inbound entries."""
    egress: Annotated[list[Entry] | None, Keyed("ruleNumber"), Aws("Entries[Egress=True]"), _last] = None
    """The outbound entries."""


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
            held_by="networkAclAssociation",
            binding=True,
        ),
    )

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
