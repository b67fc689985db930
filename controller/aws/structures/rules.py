"""Rules that kinds of several services share: disks, subnets and what lies in them.

Sizes and speeds of disks: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
"""

import re
from collections.abc import Sequence
from typing import Any

from controller.core.model.conditions import Condition, Is, IsNot
from controller.core.model.limits import Legal
from controller.core.model.rules import Check, Needs, Only, Rule

_PAGE = "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html"
_SIZES = {
    "gp2": (1, 16_384),
    "gp3": (1, 65_536),
    "io1": (4, 16_384),
    "io2": (4, 65_536),
    "st1": (125, 16_384),
    "sc1": (125, 16_384),
    "standard": (1, 1024),
}
"""In GiB."""
_IOPS = {"gp3": (3000, 80_000), "io1": (100, 64_000), "io2": (100, 256_000)}
_IOPS_OF_A_GIB = {"gp3": 500, "io1": 50, "io2": 1000}


def volume_rules(size: str) -> tuple[Rule, ...]:
    """The rules of an EBS volume whose size is in this field."""
    return (
        Only("iops", when=IsNot("volumeType", "st1", "sc1", "standard"), page=_PAGE),
        Needs("iops", when=Is("volumeType", "io1", "io2"), page=_PAGE),
        Only("throughput", when=Is("volumeType", "gp3"), page=_PAGE),
        Check(f"{size} in GiB is {_told(_SIZES)}", _within(_SIZES), "volumeType", size, page=_PAGE),
        Check(f"iops is {_told(_IOPS)}", _within(_IOPS), "volumeType", "iops", page=_PAGE),
        Check(f"a GiB of {size} has at most {_told(_IOPS_OF_A_GIB)} iops", _few_enough, *_iops(size), page=_PAGE),
        Check("throughput is 125 to 2000 MiB/s", lambda it: 125 <= it <= 2000, "throughput", page=_PAGE),
        Check(
            "throughput is at most a quarter of iops in MiB/s",
            lambda iops, throughput: throughput <= max(125, iops / 4),
            "iops",
            "throughput",
            page=_PAGE,
        ),
    )


def _iops(size: str) -> tuple[str, str, str]:
    return "volumeType", size, "iops"


def _told(table: dict[str, Any]) -> str:
    parts = {key: f"{it[0]} to {it[1]}" if isinstance(it, tuple) else it for key, it in table.items()}
    return ", ".join(f"{value} for {key}" for key, value in parts.items())


def _within(table: dict[str, tuple[int, int]]) -> Any:
    return lambda key, number: key not in table or table[key][0] <= number <= table[key][1]


def _few_enough(type: str, size: int, iops: int) -> bool:
    """Every volume has at least the fewest of its type."""
    return type not in _IOPS or iops <= max(_IOPS[type][0], _IOPS_OF_A_GIB[type] * size)


_ZONE = re.compile(r"[a-z]{2}(-gov|-iso[a-z]*)?-[a-z]+-[0-9][a-z]")
"""The name of an Availability Zone; a Local Zone has more in it."""


# --- subnets ----------------------------------------------------------------------------------------------


def in_two_zones(subnets: str, *when: Condition, page: str = "") -> Check:
    """Subnets are in two Availability Zones at least, where that is known of all; Local Zones have none beside."""
    return Check(
        f"{subnets} are in at least two zones", _two_zones, f"{subnets}[].availabilityZone", when=when, page=page
    )


def _two_zones(zones: Sequence[str]) -> bool:
    return len({*zones}) > 1 or not all(map(_ZONE.fullmatch, zones))


def in_different_zones(subnets: str, page: str = "") -> Check:
    """No two subnets are in the same Availability Zone."""
    says, path = f"{subnets} are in different zones", f"{subnets}[].availabilityZone"
    return Check(says, lambda zones: len({*zones}) == len(zones), path, partly=True, page=page)


# --- numbers and names ------------------------------------------------------------------------------------


ABSOLUTE = Legal(r"/.*", "it must begin with a slash")
"""A path from the root."""
ELB_NAME = Legal(
    r"(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?",
    "it must have letters, digits and hyphens only, none of these at an end, and must not begin with internal-",
)
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"""
ACCOUNT = Legal(r"[0-9]{12}", "an account ID has 12 digits")
