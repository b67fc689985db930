"""What AWS keeps, as data: what makes a thing, where its id and tags stand, which listing shows it.

This is the bed's own knowledge, so that what the program believes is never asked to judge the program.
"""

from typing import NamedTuple

from benchmarks import store


class Kept(NamedTuple):
    """One kind of thing."""

    kind: str
    service: str
    maker: str
    """The operation that makes one."""
    id: str
    """The member that identifies it, in the answer of its maker and in its listing."""
    listing: str
    member: str
    """The list in the listing's answer."""
    missing: str
    """The error for an id that is not there."""
    status: int = 400


_MADE_BY = {
    "vpc": ("Vpc", "CreateVpc"),
    "subnet": ("Subnet", "CreateSubnet"),
    "igw": ("InternetGateway", "CreateInternetGateway"),
    "eipalloc": ("ElasticIp", "AllocateAddress"),
    "nat": ("NatGateway", "CreateNatGateway"),
    "rtb": ("RouteTable", "CreateRouteTable"),
    "sg": ("SecurityGroup", "CreateSecurityGroup"),
}
KEPT = [
    Kept(kind, "ec2", maker, each.id_member, each.operation, each.listing, each.not_found)
    for prefix, (kind, maker) in _MADE_BY.items()
    for each in [store.BY_PREFIX[prefix]]
]
BY_MAKER = {(each.service, each.maker): each for each in KEPT}
BY_LISTING = {(each.service, each.listing): each for each in KEPT}
BY_KIND = {each.kind: each for each in KEPT}
PREFIXES = {kind: prefix for prefix, (kind, _) in _MADE_BY.items()}
"""Of the ids of each kind of EC2."""
