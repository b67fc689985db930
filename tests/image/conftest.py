"""The image, built once; and containers of it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.kit import Account, Ran, Running, until
from tests.cli.starting import Process, Streams
from tests.image.building import Build, Image, Mounts, possible

ACCESS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}


class Contained(Running):
    """A container that goes on. Its first program is number 1 of the processes that it can see."""

    def __init__(self, image: Image, *words: str, mounts: Mounts | None = None, **settings: str) -> None:
        self.image, self.mounts = image, mounts
        super().__init__(*words, **settings)

    def start(self, words: list[str], changes: Mapping[str, str], streams: Streams) -> Process:
        """In the image, with nothing of this machine's."""
        within, settings = self.image.container(*words, mounts=self.mounts), {**self.image.environment, **changes}
        reads, writes, complains = streams
        return subprocess.Popen(within, env=settings, stdin=reads, stdout=writes, stderr=complains)

    def __exit__(self, *_: object) -> None:
        for number in self.inside:
            os.kill(number, signal.SIGKILL)
        super().__exit__()

    @property
    def inside(self) -> list[int]:
        """The number by which this machine knows the container's first program; none when it has ended."""
        outer = self._started.pid
        children = Path(f"/proc/{outer}/task/{outer}/children")
        return [int(each) for each in children.read_text().split()] if children.exists() else []

    def send(self, number: int) -> None:
        """Send it a signal, as a container engine does."""
        os.kill(self.inside[0], number)

    def healthy(self) -> tuple[int, str]:
        """The health check in the container: its exit code, and what it said."""
        (first,) = until(lambda: self.inside, lambda: "it starts")
        into = ("nsenter", f"--target={first}", "--mount", "--pid", "--root", "--wd")
        checked = subprocess.run(
            [*into, *self.image.unprivileged, *self.image.health],
            env=self.image.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return checked.returncode, checked.stderr


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image. Where none can be built the test is skipped, but not in CI."""
    reason = possible()
    if reason and not os.environ.get("CI"):
        pytest.skip(reason)
    assert not reason
    folder = tmp_path_factory.mktemp("image")
    yield Build(folder).image()
    shutil.rmtree(folder)


@pytest.fixture
def ec2() -> Iterator[Account]:
    """An empty account."""
    with Account() as server:
        yield server


def ran(image: Image, *words: str, **given: Any) -> Ran:
    """A container, run to its end; `given` are settings, `mounts` and `entrypoint`."""
    how = {name: given.pop(name) for name in ("mounts", "entrypoint") if name in given}
    ended = subprocess.run(
        image.container(*words, **how),
        env={**image.environment, **given},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=90,
        check=False,
    )
    return Ran(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
