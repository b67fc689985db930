"""What holds for every test: no real AWS account can be meant, whatever the machine is set up for."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from controller.cli.collector import settle_collector

DUMMIES = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

DEAR = {"image", "life", "tier"}
"""Fixtures that take many seconds: the image, a whole stack through all its life."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one folder that share what is dear run in one worker, which makes it once (`--dist loadgroup`)."""
    for item in items:
        if DEAR.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group(item.path.parent.name))


@pytest.fixture(scope="session", autouse=True)
def spared_collector() -> None:
    """Tests keep AWS's models and an emulator in memory: looking through all that for circles takes long."""
    settle_collector()


@pytest.fixture(scope="session", autouse=True)
def no_real_aws() -> Iterator[None]:
    """Every AWS variable of the machine is gone (profile, endpoint, role, …); dummies stand in their place.

    For the whole session, so that it also holds for fixtures that outlive a test and for what a test starts.
    """
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        for name, value in DUMMIES.items():
            environment.setenv(name, value)
        yield


NUMBERS = count()


@pytest.fixture(scope="session", autouse=True)
def own_place(no_real_aws: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What programs keep on a machine is kept far from the user's own memory and locks."""
    place = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("HOLDFAST_STATE", raising=False)
        _keep_in(place / "session", environment)
        yield place


@pytest.fixture(autouse=True)
def nothing_remembered(own_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test, with all the programs that it starts, remembers nothing of another, and waits for no other's lock."""
    _keep_in(own_place / str(next(NUMBERS)), monkeypatch)


def _keep_in(place: Path, environment: pytest.MonkeyPatch) -> None:
    """The folders are made by whoever keeps something there."""
    environment.setenv("XDG_STATE_HOME", str(place / "state"))
    environment.setenv("HOLDFAST_LOCKS", str(place / "locks"))
