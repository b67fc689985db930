"""How EC2 writes addresses and ids: the predicates that choose among its parameters."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

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
