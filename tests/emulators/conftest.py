"""One patched server for each module, empty at the start of each test."""

import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest

from emulators.patched_moto import emulator

Client = Callable[[str], Any]
ZONES = ("us-east-1a", "us-east-1b")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Where the module's server listens."""
    with emulator() as url:
        yield url


@pytest.fixture(scope="module")
def clients(endpoint: str) -> Client:
    """Makes the client of a service, each of them once."""
    session = boto3.Session("demo", "demo", region_name="us-east-1")
    return cache(lambda service: session.client(service, endpoint_url=endpoint))


@pytest.fixture
def client(endpoint: str, clients: Client) -> Client:
    """Gives the client of a service, of an account with nothing in it but what every account has."""
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST"), timeout=10).close()  # noqa: S310 - loopback
    return clients


@pytest.fixture
def vpc(client: Client) -> str:
    """A network for what needs one."""
    return str(client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture
def subnets(client: Client, vpc: str) -> list[str]:
    """A subnet in each of two zones."""
    return [
        client("ec2").create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate(ZONES)
    ]
