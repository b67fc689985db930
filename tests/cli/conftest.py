"""The stand-in for EC2 as the endpoint of every command, and a fast clock for what only waits."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import botocore.endpoint
import pytest

from controller.aws.client import limits
from controller.engine import loop, reconcile
from tests.cli.kit import Account, document
from tests.clients import kept_clients
from tests.direct import asked_of, direct

Write = Callable[..., Path]


@pytest.fixture(scope="session")
def listening() -> Iterator[Account]:
    """The stand-in, at one address for all tests of a worker."""
    with Account() as server, direct(server.url, asked_of(server)):
        yield server


@pytest.fixture
def ec2(listening: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account; every command that is started now talks to it, within this program with clients that stay."""
    listening.renew()
    monkeypatch.setenv("AWS_ENDPOINT_URL", listening.url)
    with kept_clients():
        yield listening


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands in this program wait for no token bucket, and shortly between passes, looks and retries."""
    monkeypatch.setattr(limits, "_shared", {})
    monkeypatch.setattr(limits.Limits, "wait", lambda self, service, operation, parameters: 0.0)
    monkeypatch.setattr(loop, "PAUSES", (0.01,))
    monkeypatch.setattr(reconcile, "SECOND_LOOK_SECONDS", 0.01)
    # Botocore sleeps before it asks again; what it sleeps by is its own.
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a document (`name`, `resources`, further `spec`) into the test's folder; gives its path."""

    def write(name: str = "small", resources: str = "Vpc: {main: {cidrBlock: 10.0.0.0/16}}", **spec: str) -> Path:
        path = tmp_path / f"{name}.yaml"
        path.write_text(document(name, resources, **spec))
        return path

    return write
