"""The things that the stand-in for EC2 holds: how they are made, found, listed, filtered and tagged.

No network, no threads, and the clock is given.
"""

import heapq
import itertools
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from ipaddress import ip_network
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
ZONES = tuple(REGION + letter for letter in "abcdef")
ANYWHERE = "0.0.0.0/0"

Members = dict[str, Any]
"""Parameters, answers and their parts, in AWS's member names."""


class Fault(Exception):
    """An error as AWS answers it."""

    def __init__(self, code: str, http_status: int = 400, message: str = "") -> None:
        super().__init__(code, message)
        self.code, self.http_status, self.message = code, http_status, message or f"{code}."


def invalid(message: str) -> Fault:
    """The answer to a value that AWS does not take."""
    return Fault("InvalidParameterValue", message=message)


def in_use(message: str) -> Fault:
    """The answer to a deletion that something else stands in the way of."""
    return Fault("DependencyViolation", message=message)


# --- what there is, and how it is listed ---


@dataclass(frozen=True)
class Kind:
    """How AWS names, tags, misses and lists one kind of thing."""

    prefix: str
    id_member: str
    tag_type: str
    not_found: str
    operation: str
    listing: str
    filters: str
    """The filters served, a subset of AWS's; `tag:KEY` and `tag-key` go without saying."""
    pages: range | None = range(5, 1001)
    """The values of MaxResults that AWS takes; None where it has no pages."""


KINDS = [
    Kind("vpc", "VpcId", "vpc", "InvalidVpcID.NotFound", "DescribeVpcs", "Vpcs",
         "cidr dhcp-options-id is-default owner-id state vpc-id"),
    Kind("subnet", "SubnetId", "subnet", "InvalidSubnetID.NotFound", "DescribeSubnets", "Subnets",
         "availability-zone cidr-block default-for-az map-public-ip-on-launch owner-id state subnet-id "
         "vpc-id"),
    Kind("igw", "InternetGatewayId", "internet-gateway", "InvalidInternetGatewayID.NotFound",
         "DescribeInternetGateways", "InternetGateways",
         "attachment.state attachment.vpc-id internet-gateway-id owner-id"),
    Kind("eigw", "EgressOnlyInternetGatewayId", "egress-only-internet-gateway", "InvalidGatewayID.NotFound",
         "DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways", "", range(5, 256)),
    Kind("eipalloc", "AllocationId", "elastic-ip", "InvalidAllocationID.NotFound",
         "DescribeAddresses", "Addresses",
         "allocation-id association-id network-interface-id private-ip-address public-ip", None),
    Kind("nat", "NatGatewayId", "natgateway", "NatGatewayNotFound", "DescribeNatGateways", "NatGateways",
         "nat-gateway-id state subnet-id vpc-id"),
    Kind("rtb", "RouteTableId", "route-table", "InvalidRouteTableID.NotFound",
         "DescribeRouteTables", "RouteTables",
         "association.main association.route-table-association-id association.route-table-id "
         "association.subnet-id owner-id route.destination-cidr-block route.destination-prefix-list-id "
         "route.gateway-id route.nat-gateway-id route.origin route.state route-table-id vpc-id",
         range(5, 101)),
    Kind("sg", "GroupId", "security-group", "InvalidGroup.NotFound",
         "DescribeSecurityGroups", "SecurityGroups",
         "description egress.ip-permission.group-id group-id group-name ip-permission.group-id owner-id "
         "vpc-id"),
    Kind("sgr", "SecurityGroupRuleId", "security-group-rule", "InvalidSecurityGroupRuleId.NotFound",
         "DescribeSecurityGroupRules", "SecurityGroupRules", "group-id security-group-rule-id"),
    Kind("acl", "NetworkAclId", "network-acl", "InvalidNetworkAclID.NotFound",
         "DescribeNetworkAcls", "NetworkAcls",
         "association.association-id association.network-acl-id association.subnet-id default "
         "network-acl-id owner-id vpc-id"),
    Kind("vpce", "VpcEndpointId", "vpc-endpoint", "InvalidVpcEndpointId.NotFound",
         "DescribeVpcEndpoints", "VpcEndpoints",
         "service-name vpc-endpoint-id vpc-endpoint-state vpc-endpoint-type vpc-id", range(1, 1001)),
    Kind("zone", "ZoneName", "", "InvalidParameterValue", "DescribeAvailabilityZones", "AvailabilityZones",
         "group-name opt-in-status region-name state zone-id zone-name zone-type", None),
    Kind("pl", "PrefixListId", "", "InvalidPrefixListId.NotFound", "DescribePrefixLists", "PrefixLists",
         "prefix-list-id prefix-list-name", range(1, 1001)),
    Kind("mpl", "PrefixListId", "", "InvalidPrefixListID.NotFound",
         "DescribeManagedPrefixLists", "PrefixLists",
         "owner-id prefix-list-id prefix-list-name", range(1, 101)),
]  # fmt: skip
TAGS = Kind("tag", "", "", "", "DescribeTags", "Tags", "key resource-id resource-type value")
PTR = Kind("ptr", "AllocationId", "", "", "DescribeAddressesAttribute", "Addresses", "", range(1, 1001))
BY_PREFIX = {kind.prefix: kind for kind in KINDS}
BY_OPERATION = {kind.operation: kind for kind in KINDS}

IRREGULAR_FILTERS = {
    "cidr": ["CidrBlock"],
    "default": ["IsDefault"],
    "vpc-endpoint-state": ["State"],
    "association.association-id": ["Associations", "NetworkAclAssociationId"],
    "ip-permission.group-id": ["IpPermissions", "UserIdGroupPairs", "GroupId"],
    "egress.ip-permission.group-id": ["IpPermissionsEgress", "UserIdGroupPairs", "GroupId"],
}
PREFIX_LISTS = {
    "pl-63a5400a": f"com.amazonaws.{REGION}.s3",
    "pl-02cd2c6b": f"com.amazonaws.{REGION}.dynamodb",
    "pl-3b927c52": "com.amazonaws.global.cloudfront.origin-facing",
}
GATEWAY_SERVICES = {name: identity for identity, name in PREFIX_LISTS.items() if REGION in name}


class Thing(Members):
    """One thing, as AWS lists it; members that AWS's shape lacks are ours, and are never rendered.

    Change it by `change` and `tag` only: they forget what was rendered.
    """

    def __init__(self, kind: Kind, identity: str, serial: int, members: Members) -> None:
        super().__init__({kind.id_member: identity, **members})
        self.kind, self.id, self.serial = kind, identity, serial
        self.tags: dict[str, str] = {}
        self.rendered: dict[str, str] = {}
        """By name of the output shape."""

    def change(self, **members: Any) -> None:
        """Give members new values; None takes one away."""
        self.update(members)
        self.rendered.clear()

    def tag(self, tags: Mapping[str, str]) -> None:
        """Give it exactly these tags; a thing without any has no Tags member, as in AWS's answers."""
        self.tags = dict(tags)
        self.change(Tags=[{"Key": key, "Value": value} for key, value in tags.items()] or None)


def canonical(block: str) -> str:
    """The address range as AWS keeps it: host bits cleared."""
    try:
        return str(ip_network(block, strict=False))
    except ValueError as reason:
        raise invalid(f"Value ({block}) for parameter cidrBlock is invalid.") from reason


def one_of(parameters: Members, names: Iterable[str]) -> str:
    """The one of these parameters that was given; AWS wants exactly one."""
    given = [name for name in names if name in parameters]
    if not given:
        raise Fault("MissingParameter", message=f"The request must contain one of {', '.join(names)}")
    if len(given) > 1:
        raise Fault("InvalidParameterCombination", message=f"Only one of {', '.join(given)} may be given")
    return given[0]


def values(member: Any, path: list[str]) -> Iterator[str]:
    """Every value at a path of members, lists walked through, spelt as a filter spells it."""
    if isinstance(member, list):
        for item in member:
            yield from values(item, path)
    elif path and isinstance(member, dict):
        yield from values(member.get(path[0]), path[1:])
    elif not path and member is not None:
        yield str(member).lower() if isinstance(member, bool) else str(member)


def criterion(kind: Kind, name: str, wanted: Collection[str]) -> Callable[[Thing], bool]:
    """What one filter asks of a thing: any of the values, in which `*` and `?` stand for others."""
    if name.startswith("tag:"):

        def candidates(thing: Thing) -> Iterable[str]:
            return [thing.tags[name[4:]]] if name[4:] in thing.tags else []
    elif name == "tag-key":

        def candidates(thing: Thing) -> Iterable[str]:
            return thing.tags
    elif name in kind.filters.split():
        *outer, last = ("".join(part.title() for part in step.split("-")) for step in name.split("."))
        path = IRREGULAR_FILTERS.get(name) or [*(step + "s" for step in outer), last]

        def candidates(thing: Thing) -> Iterable[str]:
            return values(thing, path)
    else:
        raise invalid(f"The filter '{name}' is invalid")
    patterns = [value for value in wanted if "*" in value or "?" in value]
    return lambda thing: any(
        candidate in wanted or any(fnmatchcase(candidate, pattern) for pattern in patterns)
        for candidate in candidates(thing)
    )


class Store:
    """The things by kind, how they are made, found and listed, and what time does to them."""

    def __init__(self, clock: Callable[[], float], pending: float, deleting: float) -> None:
        self.clock, self.pending, self.deleting = clock, pending, deleting
        self.nat_fails_late = False
        """A NAT gateway that cannot work is refused at once; or, if set, it is made and then fails."""
        self.things: dict[str, dict[str, Thing]] = {kind.prefix: {} for kind in KINDS}
        self._serials = itertools.count(1)
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._tokens: dict[tuple[str, str], tuple[Members, Thing]] = {}
        for number, zone in enumerate(ZONES, 1):
            self._put("zone", zone, {
                "State": "available", "OptInStatus": "opt-in-not-required", "RegionName": REGION,
                "ZoneId": f"use1-az{number}", "GroupName": f"{REGION}-zg-1", "NetworkBorderGroup": REGION,
                "ZoneType": "availability-zone",
            })  # fmt: skip
        for identity, name in PREFIX_LISTS.items():
            self._put("mpl", identity, {"PrefixListName": name, "OwnerId": "AWS", "State": "create-complete"})
            if name in GATEWAY_SERVICES:
                self._put("pl", identity, {"PrefixListName": name, "Cidrs": ["52.216.0.0/15"]})

    def find(self, prefix: str, identity: str | None, not_found: str = "") -> Thing:
        """The thing of this id, or the error that AWS has for it."""
        kind = BY_PREFIX[prefix]
        if identity is None:
            raise Fault("MissingParameter", message=f"The request must contain the parameter {kind.id_member}")
        thing = self.things[prefix].get(identity)
        if thing is None:
            message = f"The {kind.tag_type or 'resource'} ID '{identity}' does not exist"
            raise Fault(not_found or kind.not_found, message=message)
        return thing

    def within(self, prefix: str, vpc_id: str) -> list[Thing]:
        """What of one kind is in a VPC."""
        return [thing for thing in self.things[prefix].values() if thing["VpcId"] == vpc_id]

    def now(self) -> str:
        """The time as AWS writes it."""
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def settle(self) -> None:
        """Let all happen that is due by the clock."""
        while self._timers and self._timers[0][0] <= self.clock():
            heapq.heappop(self._timers)[2]()

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        if seconds <= 0:
            act()
        else:
            heapq.heappush(self._timers, (self.clock() + seconds, next(self._serials), act))

    def _id(self, prefix: str) -> str:
        return f"{prefix}-0{next(self._serials):016x}"

    def _put(self, prefix: str, identity: str, members: Members) -> Thing:
        thing = Thing(BY_PREFIX[prefix], identity, next(self._serials), members)
        self.things[prefix][identity] = thing
        return thing

    def _make(self, prefix: str, members: Members, parameters: Members | None = None) -> Thing:
        """A new thing, with the tags that its creation asked for."""
        tags = {}
        for specification in (parameters or {}).get("TagSpecifications", []):
            if specification["ResourceType"] != BY_PREFIX[prefix].tag_type:
                raise invalid(f"'{specification['ResourceType']}' is not a taggable type of this operation")
            tags.update(self._checked_tags(specification.get("Tags", [])))
        thing = self._put(prefix, self._id(prefix), members)
        thing.tag(tags)
        return thing

    def _once(self, operation: str, parameters: Members, make: Callable[[], Thing]) -> Thing:
        """What the client token was first used for, or a new thing."""
        token = parameters.get("ClientToken", "")
        earlier, thing = self._tokens.get((operation, token), (None, None))
        if thing is None:
            thing = make()
            if token:
                self._tokens[operation, token] = (parameters, thing)
        elif earlier != parameters:
            raise Fault("IdempotentParameterMismatch", message="The client token was used for another request")
        return thing

    def _checked_tags(self, tags: list[Members], already: Collection[str] = ()) -> dict[str, str]:
        checked = {tag["Key"]: tag.get("Value", "") for tag in tags}
        if any(key.startswith("aws:") for key in checked):
            raise invalid("Tag keys starting with 'aws:' are reserved for internal use")
        if len({*checked, *already}) > 50:
            raise Fault("TagLimitExceeded", message="A resource can have at most 50 tags")
        return checked

    # --- listing and tags ---

    def list_kind(self, kind: Kind, parameters: Members) -> Members:
        """The answer of any Describe operation that lists."""
        identities = parameters.get(kind.id_member + "s")
        if identities is None:
            return self.page(kind, self.things[kind.prefix].values(), parameters)
        chosen = {
            self.find(kind.prefix, identity).serial: self.things[kind.prefix][identity] for identity in identities
        }
        return self.page(kind, [chosen[serial] for serial in sorted(chosen)], parameters)

    def page(self, kind: Kind, things: Iterable[Thing], parameters: Members) -> Members:
        """The things that pass the filters, from the token on, and a token where there are more."""
        criteria = [
            criterion(kind, filter_["Name"], frozenset(filter_.get("Values", [])))
            for filter_ in parameters.get("Filters") or parameters.get("Filter") or []
        ]
        if (
            sum(
                len(filter_.get("Values", []))
                for filter_ in parameters.get("Filters") or parameters.get("Filter") or []
            )
            > 200
        ):
            raise Fault("FilterLimitExceeded", message="A request can have at most 200 filter values")
        size, start = self._page_size(kind, parameters), self._page_start(kind, parameters)
        matching = (t for t in things if t.serial > start and all(wants(t) for wants in criteria))
        page = list(itertools.islice(matching, size and size + 1))
        if size is None or len(page) <= size:
            return {kind.listing: page}
        token = urlsafe_b64encode(f"{kind.prefix}:{page[size - 1].serial}".encode()).decode()
        return {kind.listing: page[:size], "NextToken": token}

    def _page_size(self, kind: Kind, parameters: Members) -> int | None:
        if kind.pages is None:
            return None
        size: int = parameters.get("MaxResults", 1000)
        if "MaxResults" in parameters and size not in kind.pages:
            raise invalid(f"Value ( {size} ) for parameter maxResults is invalid")
        return size

    def _page_start(self, kind: Kind, parameters: Members) -> int:
        if "NextToken" not in parameters:
            return 0
        try:
            prefix, serial = urlsafe_b64decode(parameters["NextToken"]).decode().split(":")
        except ValueError:
            prefix = serial = ""
        if prefix != kind.prefix:
            raise Fault("InvalidNextToken", message="The specified NextToken is not valid")
        return int(serial)

    def describe_tags(self, parameters: Members) -> Members:
        """The tags of everything, as things of their own so that they are filtered and paged alike."""
        tagged = (thing for things in self.things.values() for thing in things.values() if thing.tags)
        rows = (
            {"Key": key, "Value": value, "ResourceId": thing.id, "ResourceType": thing.kind.tag_type}
            for thing in tagged
            for key, value in thing.tags.items()
        )
        return self.page(TAGS, (Thing(TAGS, "", number, row) for number, row in enumerate(rows, 1)), parameters)

    def create_tags(self, parameters: Members) -> Members:
        for thing in [self._tagged(identity) for identity in parameters["Resources"]]:
            thing.tag({**thing.tags, **self._checked_tags(parameters["Tags"], thing.tags)})
        return {}

    def delete_tags(self, parameters: Members) -> Members:
        """Takes tags away: by key, by key and value where one is given, all where none is named."""
        for thing in [self._tagged(identity) for identity in parameters["Resources"]]:
            unwanted = {tag["Key"]: tag.get("Value") for tag in parameters.get("Tags", [])}
            thing.tag({
                key: value
                for key, value in thing.tags.items()
                if unwanted and (key not in unwanted or unwanted[key] not in (None, value))
            })  # fmt: skip
        return {}

    def _tagged(self, identity: str) -> Thing:
        prefix = identity.rpartition("-")[0]
        if prefix not in BY_PREFIX:
            raise Fault("InvalidID", message=f"The ID '{identity}' is not valid")
        return self.find(prefix, identity)
