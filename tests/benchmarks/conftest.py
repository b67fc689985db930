"""A stand-in for each test, with a clock of its own."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore.loaders import create_loader
from botocore.model import ServiceModel

from controller.aws.client import models
from emulators.ec2.server import StrictEc2
from tests.benchmarks.account import connect
from tests.clock import Clock


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dummies: the stand-in checks no signature."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


_own_loader = cache(create_loader)
_own: dict[str, ServiceModel] = {}


@pytest.fixture(autouse=True)
def models_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in reads models that no client is made from: one of S3 writes into the addresses of its model."""
    monkeypatch.setattr(models, "shared_loader", _own_loader)
    monkeypatch.setattr(models, "_models", _own)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[StrictEc2]:
    with StrictEc2(clock=clock) as server:
        yield server


@pytest.fixture
def ec2(server: StrictEc2) -> Any:
    return connect(server)


@pytest.fixture
def slow(clock: Clock) -> Iterator[StrictEc2]:
    """A world in which NAT gateways and endpoints take a minute to come and half a minute to go."""
    with StrictEc2(clock=clock, pending=60, deleting=30) as server:
        yield server
