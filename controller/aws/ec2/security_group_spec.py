"""What a document says of a security group, one entry for each rule."""

from typing import Annotated, Literal

from pydantic import Field as SpecField
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.forms import not_beginning
from controller.core.model.conditions import Is
from controller.core.model.equality import Cidr, OneOf
from controller.core.model.limits import Bounds, Legal, Length
from controller.core.model.rules import Check
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Spec, Tagged, To

_PAGE = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html"
_PEERS = ("cidr", "group", "prefix_list", "self_")
_PORTED = ("tcp", "udp")
_LETTERS = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*"
_TEXT = Legal(_LETTERS, "it must consist of letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*")


class Rule(Spec):
    """One rule: a protocol, its ports, and exactly one peer."""

    constraints = (
        Check(
            "fromPort is at most toPort",
            lambda first, last: first <= last,
            "fromPort",
            "toPort",
            when=(Is("protocol", *_PORTED),),
            page=_PAGE,
        ),
    )

    protocol: Annotated[str, OneOf({"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"})]
    """`tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all protocols and ports."""
    from_port: Annotated[int | None, Bounds(-1, 65_535)] = None
    """The first port; for ICMP the type. Unset for protocol `-1`."""
    to_port: Annotated[int | None, Bounds(-1, 65_535)] = None
    """The last port; for ICMP the code. Unset for protocol `-1`."""
    cidr: Annotated[str | None, Cidr()] = None
    """The IPv4 or IPv6 CIDR block of the rule."""
    group: Annotated[str | None, To("SecurityGroup")] = None
    """The security group that the rule refers to."""
    user_id: str | None = None
    """The account of that group, if it is another account's, as over a VPC peering connection."""
    prefix_list: Annotated[str | None, Aws("PrefixListId")] = None
    """The id of the prefix list of the rule."""
    self_: bool | None = SpecField(default=None, alias="self")
    """True if the rule refers to the group itself."""
    description: Annotated[str | None, _TEXT, Length(0, 255)] = None
    """The description of the rule."""

    @model_validator(mode="after")
    def _one_peer(self) -> "Rule":
        peers = [name for name in _PEERS if getattr(self, name)]
        if len(peers) != 1:
            message = "a rule requires exactly one of cidr, group, prefixList and self; this one has {count}"
            raise PydanticCustomError("rule", message, {"count": len(peers) or "none"})
        if self.user_id is not None and self.group is None:
            raise PydanticCustomError("rule", "userId is the account of a group: the rule names none")
        if self.protocol in _PORTED and (self.from_port is None or self.to_port is None):
            raise PydanticCustomError("rule", "a rule for tcp or udp requires fromPort and toPort")
        return self


_NAME = not_beginning("sg-")
_KEY = ("protocol", "fromPort", "toPort", "cidr", "group", "prefixList")


class SecurityGroupSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html"""

    vpc: Annotated[str, To("Vpc"), Immutable()]
    """The VPC it belongs to."""
    default: Annotated[Literal[True] | None, Immutable()] = None
    """True for the VPC's default security group, which resources without one of their own use."""
    group_name: Annotated[
        str | None, Immutable(), Named(limit=255, within="vpc", legal=_NAME), _NAME, _TEXT, Length(1, 255)
    ] = None
    """Its name, unique within the VPC. Unset: `<stack>-<name>`."""
    description: Annotated[str | None, Immutable(), _TEXT, Length(0, 255)] = None
    """What it is for; AWS cannot change it later. Unset, a new one says `Managed by Holdfast`."""
    ingress: Annotated[list[Rule] | None, Keyed(*_KEY)] = None
    """The inbound rules. If set, the list is authoritative: other rules are drift."""
    egress: Annotated[list[Rule] | None, Keyed(*_KEY)] = None
    """The outbound rules. AWS gives a new group one rule that allows all traffic."""
