"""What holds for every test: no real AWS account can be meant, whatever the machine is set up for."""

import gc
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

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

OF_A_FOLDER = {"image": "image", "helm": "chart", "releases": "chart", "tokens": "chart"}
"""Fixtures that all tests of a folder share: the image, an API server with the chart."""
LONG = ("tests/chart", "tests/image", "tests/stacks", "tests/torture", "tests/cli/test_demo.py")
"""What goes first, or one worker would be busy with it when all others are done."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that share what was made for them run in one worker, which makes it once, and all else in any order: what
    waits, as most of a folder or nothing of it does, then stands beside what calculates."""
    if not config.getoption("loadgroup", False):
        return
    together: dict[str, list[pytest.Item]] = {}
    for item in items:
        group = _group(item)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))
        together.setdefault(group or item.nodeid, []).append(item)
    names = list(together)
    Random(config.getoption("randomly_seed", 0)).shuffle(names)
    names.sort(key=lambda name: not together[name][0].nodeid.startswith(LONG))
    items[:] = [item for name in names for item in together[name]]


def _group(item: pytest.Item) -> str | None:
    """Whom a test shares something with: its folder, its module, or all who try the documents of one kind."""
    if not isinstance(item, pytest.Function):
        return None
    for name, group in OF_A_FOLDER.items():
        if name in item.fixturenames:
            return group
    if any(found[-1].scope == "module" for found in item._fixtureinfo.name2fixturedefs.values()):
        return str(item.module.__name__)
    sample: Any = item.callspec.params.get("sample") if hasattr(item, "callspec") else None
    return str(sample.kind.name) if sample else None


def pytest_sessionfinish() -> None:
    """Pytest looks for what was never closed, five times, through all that is in memory; once finds it."""
    gc.collect()
    gc.freeze()


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
