"""The strict stand-in for EC2 behind an unmodified client, for the tests of the engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.ec2.server import StrictEc2
from tests.clients import kept_clients
from tests.clock import Clock
from tests.direct import asked_of, direct
from tests.engine.harness import Account


@pytest.fixture(scope="session")
def server() -> Iterator[StrictEc2]:
    """The stand-in, at one address for all tests of a worker."""
    with StrictEc2() as server, direct(server.url, asked_of(server)):
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(server: StrictEc2, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account in which everything is there at once."""
    server.renew(clock=clock)
    yield from _account(server, clock, tmp_path, monkeypatch)


@pytest.fixture
def slow(server: StrictEc2, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account in which NAT gateways take a minute to come and half a minute to go."""
    server.renew(clock=clock, pending=60, deleting=30)
    yield from _account(server, clock, tmp_path, monkeypatch)


def _account(server: StrictEc2, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    with kept_clients():
        account = Account(server, clock, folder)
        yield account
        account.close()
