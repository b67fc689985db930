"""The strict stand-in for EC2 behind an unmodified client, for the tests of the engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.ec2.server import StrictEc2
from tests.clock import Clock
from tests.direct import asked_of, direct
from tests.engine.harness import Account


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account in which everything is there at once."""
    yield from _account(StrictEc2(clock=clock), clock, tmp_path, monkeypatch)


@pytest.fixture
def slow(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account in which NAT gateways take a minute to come and half a minute to go."""
    yield from _account(StrictEc2(clock=clock, pending=60, deleting=30), clock, tmp_path, monkeypatch)


def _account(server: StrictEc2, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with server, direct(server.url, asked_of(server)):
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        account = Account(server, clock, folder)
        yield account
        account.close()
