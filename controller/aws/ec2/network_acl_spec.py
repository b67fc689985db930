"""What a document says of a network ACL, one entry for each rule number."""

from typing import Annotated, Literal

from controller.aws.ec2.addresses import ipv4, ipv6
from controller.core.model.conditions import Is
from controller.core.model.equality import Cidr, OneOf
from controller.core.model.limits import Bounds
from controller.core.model.rules import Check, Needs, Same
from controller.core.model.shape import Tree
from controller.core.model.spec import Aws, Immutable, Keyed, ServerManaged, Sole, Spec, Tagged, To, Unordered

_PAGE = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html"
_PORTED = Is("protocol", "6", "17", words="tcp or udp")


class Entry(Spec):
    """One entry; the lowest matching rule number applies."""

    constraints = (
        Needs("fromPort", "toPort", when=_PORTED, page=_PAGE),
        Needs("icmpType", "icmpCode", when=Is("protocol", "1", words="icmp"), page=_PAGE),
        Check(
            "fromPort is at most toPort",
            lambda first, last: first <= last,
            "fromPort",
            "toPort",
            when=(_PORTED,),
            page=_PAGE,
        ),
    )

    rule_number: Annotated[int, Bounds(1, 32_766)]
    """The rule number."""
    protocol: Annotated[str, OneOf({"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"})]
    """`tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all protocols."""
    rule_action: Literal["allow", "deny"]
    """Whether matching traffic is allowed or denied."""
    cidr: Annotated[str, Cidr(), Aws(CidrBlock=ipv4, Ipv6CidrBlock=ipv6)]
    """The IPv4 or IPv6 CIDR block."""
    from_port: Annotated[int | None, Bounds(0, 65_535), Aws("PortRange.From")] = None
    """The first port, for tcp and udp."""
    to_port: Annotated[int | None, Bounds(0, 65_535), Aws("PortRange.To")] = None
    """The last port, for tcp and udp."""
    icmp_type: Annotated[int | None, Bounds(-1, 255), Aws("IcmpTypeCode.Type")] = None
    """The ICMP type; -1 for all."""
    icmp_code: Annotated[int | None, Bounds(-1, 255), Aws("IcmpTypeCode.Code")] = None
    """The ICMP code; -1 for all."""


def meant(entry: Tree) -> Tree:
    """An entry without the ports and types that mean nothing for its protocol: AWS keeps none of them.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html
    """
    ports, types = {"fromPort", "toPort"}, {"icmpType", "icmpCode"}
    match entry["protocol"], entry["cidr"]:
        case (("6" | "17"), _):
            idle = types
        case "1", _:
            idle = ports
        case "58", cidr if not (isinstance(cidr, str) and ipv4(cidr)):
            idle = ports
        case str(), _:
            idle = ports | types
        case _:  # not known yet
            idle = set()
    return {name: value for name, value in entry.items() if name not in idle}


# AWS's own last entries, which deny what nothing else decided: 32767 for IPv4, 32768 for IPv6.
_last = ServerManaged(lambda entry: entry["RuleNumber"] >= 32767)


class NetworkAclSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAcl.html"""

    constraints = (Same("vpc", "subnets[].vpc"),)

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
