"""What it costs to remember a stack on disk: the size of its file, and the time to write and to read it."""

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure
from controller.engine.store import Folder
from controller.report.secrecy import Secrets

TIMES = 7
SIZE_MB, SECONDS = 4.0, 1.0
"""The most that 10,000 nodes may take on disk, and in each direction."""
MANY = 10_000
DIFFERING = 100
"""One node in so many differs, and one failed."""


def record_of(nodes: int) -> dict[str, Any]:
    """What there is to remember of a stack of so many nodes: every id, and a little of those that are not in sync."""
    addresses = [f"Subnet/private-{number:05d}-eu-west-1a" for number in range(nodes)]
    some = addresses[::DIFFERING]
    return {
        "ids": {address: f"subnet-{number:017x}" for number, address in enumerate(addresses)},
        "seen": addresses,
        "since": dict.fromkeys(some, 1_750_000_000.123),
        "intents": {some[0]: {"operation": "CreateSubnet", "at": 1_750_000_000.123}},
        "repeats": {address: {"fingerprint": "0" * 64, "count": 2, "at": 1_750_000_000.123} for address in some},
        "failures": {address: {"times": 3, "due": 1_750_000_600.0, "message": "x" * 200} for address in some},
    }


def measure(nodes: int, folder: Path) -> list[Figure]:
    """One stack's file, on the disk of this machine, in a program that knows a few secrets."""
    secrets, record = Secrets(), record_of(nodes)
    for number in range(10):
        secrets.conceal(f"a secret that is not in it, {number}")
    with tempfile.TemporaryDirectory(dir=folder) as root:
        kept = Folder(Path(root), "123456789012", "eu-west-1", "", "bench", secrets.scrub, _complain)
        writing = _seconds(lambda: kept.save("bench", record))
        reading = _seconds(lambda: _whole(kept.load("bench"), record))
        size = kept.path("bench").stat().st_size / 1e6
    of, many = f"Memory on disk, {nodes:,} nodes", nodes >= MANY
    return [
        Figure(of, "size of the file", size, "MB", most=SIZE_MB if many else None),
        Figure(of, "time to write it, until it is on disk", writing, "s", most=SECONDS if many else None),
        Figure(of, "time to read it", reading, "s", most=SECONDS if many else None),
    ]


def _seconds(step: Callable[[], object]) -> float:
    """The median of several times."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        step()
        taken.append(time.perf_counter() - began)
    return median(taken)


def _whole(stored: Mapping[str, Any] | None, record: Mapping[str, Any]) -> None:
    if stored != record:
        raise RuntimeError("what was read is not what was written")


def _complain(event: str, **keys: object) -> None:
    raise RuntimeError(f"{event}: {keys}")
