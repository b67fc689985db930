"""One emulator for a worker, and in front of it, for each test, a layer of its own with a clock of its own."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.clock import Clock
from tests.emulated import empty, emulated
from tests.slow.server import SlowAws

Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def emulator_url() -> Iterator[str]:
    """Moto's address."""
    with emulated() as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    """The time of this test."""
    return Clock()


@pytest.fixture
def aws(emulator_url: str, clock: Clock) -> Iterator[SlowAws]:
    """An empty account in which things take their time."""
    empty()
    with SlowAws(emulator_url, clock) as layer:
        yield layer


@pytest.fixture
def client(aws: SlowAws) -> Client:
    """Makes an unmodified client of a service; it does not ask again."""
    config = Config(retries={"total_max_attempts": 1})

    @cache
    def make(service: str) -> Any:
        return boto3.client(service, endpoint_url=aws.url, config=config)  # type: ignore[call-overload]

    return make
