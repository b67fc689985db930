"""The two processes beside a benchmark: the stand-in for EC2, and the product that talks to it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

ROOT = Path(__file__).parent.parent


class Aside:
    """A module of ours in a process of its own, ended with the context."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  # our own modules
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started

    def line(self) -> str:
        """The next line that it says. Raises `RuntimeError` when it has ended instead."""
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        if not said:
            raise RuntimeError(f"{self.process.args!r} has ended with {self.process.wait()}")
        return said

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.communicate()


class Ec2(Aside):
    """The stand-in for EC2."""

    def __init__(self, *options: str) -> None:
        super().__init__(["emulators.ec2.server", *options])
        self.address = f"127.0.0.1:{int(self.line())}"

    def populate(self, nodes: int, stack: str, folder: Path) -> Path:
        """Fill it with about this many nodes in sync; returns the file of their document."""
        document = self._ask("POST", "/_populate", {"nodes": nodes, "stack": stack})
        self.counts()
        return written(document, folder / f"{stack}-{nodes}.yaml")

    def counts(self) -> tuple[dict[str, int], int]:
        """The requests since the last time, by operation, and how many of them were rejected."""
        counted = self._ask("GET", "/_counts")
        self._ask("POST", "/_reset")
        return counted["requests"], counted["rejected"]

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        connection = HTTPConnection(self.address)
        try:
            connection.request(method, path, json.dumps(body) if body else None)
            return json.load(connection.getresponse())
        finally:
            connection.close()


class Product(Aside):
    """The product, with the stand-in for its AWS."""

    def __init__(self, mode: str, ec2: Ec2, *documents: Path) -> None:
        environment = {
            "AWS_ENDPOINT_URL": f"http://{ec2.address}",
            "AWS_ACCESS_KEY_ID": "stand-in",
            "AWS_SECRET_ACCESS_KEY": "stand-in",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        super().__init__(["benchmarks.product", mode, *map(str, documents)], environment)

    def told(self) -> Any:
        """What its next step has cost."""
        return json.loads(self.line())

    def one_pass(self) -> Any:
        """What one pass over all its stacks has cost."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.told()


def written(document: Mapping[str, Any], file: Path) -> Path:
    """The document as YAML in a file."""
    file.write_text(yaml.safe_dump(document, sort_keys=False, default_flow_style=None))
    return file
