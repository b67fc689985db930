"""The regions and partitions of AWS, and which service is where: what botocore's own lists say, offline.

A newer list is found where botocore looks for one: `~/.aws/models/partitions.json`.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from controller.aws.client.models import shared_loader

COMMERCIAL = "aws"
"""The partition of all regions that are not set apart. AWS has the services of all kinds in each of its regions."""
WORLDWIDE = frozenset({"cloudfront", "iam", "organizations", "route53"})
"""Services with one endpoint for all regions of a partition."""


@cache
def _partitions() -> Mapping[str, Mapping[str, Any]]:
    """What botocore knows of each partition, by its name."""
    return {partition["id"]: partition for partition in shared_loader().load_data("partitions")["partitions"]}


def _regions(partition: Mapping[str, Any]) -> list[str]:
    """The regions of a partition, without those that stand for none."""
    return [region for region in partition["regions"] if not region.endswith("-global")]


@cache
def partition_of(region: str) -> str:
    """The partition that a region is in; the commercial one for a region that nobody knows."""
    return next((name for name, partition in _partitions().items() if region in partition["regions"]), COMMERCIAL)


def dns_suffix(region: str) -> str:
    """What the names of AWS's hosts in a region end in."""
    return str(_partitions()[partition_of(region)]["outputs"]["dnsSuffix"])


def told_in(region: str) -> str:
    """The region in which AWS's tagging API tells of what is in none, for accounts that have this one.

    https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
    """
    return str(_partitions()[partition_of(region)]["outputs"]["implicitGlobalRegion"])


@cache
def region_fault(region: str, home: str) -> tuple[str, str]:
    """Why a stack of the region `home` cannot be in a region, and what would be right; empty where it can."""
    known = [name for partition in _partitions().values() for name in _regions(partition)]
    if region not in known:
        close = get_close_matches(region, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        return f"AWS has no region {region}", hint
    if home in known and partition_of(home) != partition_of(region):
        message = f"{region} is in the partition {partition_of(region)}, and {home} is in {partition_of(home)}"
        return message, "an account belongs to one partition: use another stack"
    return "", ""


@cache
def is_offered(service: str, region: str) -> bool:
    """Whether AWS has a service in a region, or, where it has it in none, in the partition.

    A service is not taken for missing where the list is not complete: IAM is everywhere.
    """
    if partition_of(region) == COMMERCIAL:
        return True
    listed = {each["partition"]: each for each in shared_loader().load_data("endpoints")["partitions"]}
    services, regions = listed[partition_of(region)]["services"], listed[partition_of(region)]["regions"]
    endpoints = services.get(_ENDPOINTS.get(service, service), {}).get("endpoints", {})
    if service in WORLDWIDE:
        return bool(endpoints) or "iam" not in services
    return region in endpoints or region not in regions


_ENDPOINTS = {
    "cloudwatch": "monitoring",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tagging",
}
"""The names of endpoints that are not their service's."""
