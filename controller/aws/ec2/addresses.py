"""How EC2 writes addresses and ids: the predicates that choose among its parameters, and what it shows of IPv6."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

from controller.aws.declaration.wire import Item, value_at
from controller.core.model.equality import network


def ipv4(value: Any) -> bool:
    """Whether it is a range of IPv4 addresses."""
    parsed = network(value)
    return parsed is not None and parsed.version == 4


def ipv6(value: Any) -> bool:
    """Whether it is a range of IPv6 addresses."""
    parsed = network(value)
    return parsed is not None and parsed.version == 6


def usable(range_: str, address: str) -> bool:
    """Whether it is an address in a subnet's range that AWS does not keep for itself: the first four and the last."""
    inside = network(range_)
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return inside is None or (found in inside and int(found) - int(inside[0]) >= 4 and found != inside[-1])


def prefixed(prefix: str) -> Callable[[Any], bool]:
    """A predicate: whether it is an id with this prefix."""
    return lambda value: str(value).startswith(prefix)


_IPV6 = "Ipv6CidrBlockAssociationSet"


def with_ipv6_there(item: Item) -> Item:
    """A VPC or subnet with only the IPv6 blocks that it has, or is being given: AWS shows those that are gone too."""
    listed = item.get(_IPV6)
    if not listed:
        return item
    gone = ("disassociat", "fail")
    there = [each for each in listed if not str(value_at(each, "Ipv6CidrBlockState.State")).startswith(gone)]
    return {**item, _IPV6: there}


def ipv6_ids(item: Item) -> Iterator[tuple[str, str]]:
    """Each IPv6 block, with AWS's id of its association."""
    return ((each.get("Ipv6CidrBlock", ""), each["AssociationId"]) for each in item.get(_IPV6, ()))


def ipv6_prefix(block: str) -> str:
    """What the subnets of a range have in common, without the digits in which they differ: `2600:1f18:1234:56`."""
    parsed = network(block)
    if parsed is None:
        return block
    digits = parsed.network_address.exploded.replace(":", "")[: parsed.prefixlen // 4]
    return ":".join(digits[at : at + 4] for at in range(0, len(digits), 4))
