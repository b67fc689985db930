"""The backends, one of each for a worker, and a retry that does not wait."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TypeVar

import botocore.endpoint
import pytest

from emulators.patched_moto import patched
from tests.clock import Clock
from tests.direct import asked_of, direct
from tests.emulated import emulated
from tests.kinds.backends import Backend, FaultyEc2, Moto, Strict

B = TypeVar("B", bound=Backend)


@pytest.fixture(scope="session")
def strict_backend() -> Iterator[Strict]:
    """The strict stand-in."""
    clock = Clock()
    with FaultyEc2(clock=clock) as server, direct(server.url, asked_of(server)):
        yield Strict(server, clock)


@pytest.fixture(scope="session")
def moto_backend() -> Iterator[Moto]:
    """Moto, patched where it answers unlike AWS."""
    with emulated() as url, patched():
        yield Moto(url, Clock())


@pytest.fixture
def strict(strict_backend: Strict, monkeypatch: pytest.MonkeyPatch) -> Strict:
    """The strict stand-in as the endpoint of every client made now."""
    return _endpoint(strict_backend, strict_backend.server.url, monkeypatch)


@pytest.fixture
def moto(moto_backend: Moto, monkeypatch: pytest.MonkeyPatch) -> Moto:
    """Moto as the endpoint of every client made now."""
    return _endpoint(moto_backend, moto_backend.url, monkeypatch)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> Backend:
    """The backend that the test is parametrized with."""
    found: Backend = request.getfixturevalue(request.param)
    return found


def _endpoint(backend: B, url: str, monkeypatch: pytest.MonkeyPatch) -> B:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    # Botocore sleeps before it asks again; what it sleeps by is its own.
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))
    return backend
