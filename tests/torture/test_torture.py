"""The test bed, a bounded number of seeds of it, each of which a failing test names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHUNK = 10
CHUNKS = range(0, 40, CHUNK)


def torture(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The test bed in a process of its own, where sets have one order whatever the order of tests."""
    return subprocess.run(
        [sys.executable, "-m", "tests.torture", "--workers", "1", *arguments],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("first", CHUNKS)
def test_nothing_is_lost_doubled_leaked_or_touched(first: int) -> None:
    """Whatever goes wrong between the program and AWS, and whatever others do: nothing that is not the stack's is
    touched, nothing is made twice or left behind, no lie leads to a write, in sync is said only when it is true, and
    once the faults end it is."""
    done = torture("--scenario", "network", "--first", str(first), "--seeds", str(CHUNK))
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("scenario", ["a", "d"])
def test_whole_stacks_come_through_too(scenario: str) -> None:
    """The same for every kind of the web tier and of the static edge, and what is in sync is not written for."""
    done = torture("--scenario", scenario, "--seeds", "3")
    assert 0 == done.returncode, done.stdout + done.stderr


def test_a_seed_decides_everything() -> None:
    """Told twice, in two processes, a seed has the same trace, request by request."""
    first, second = (torture("--scenario", "network", "--seed", "8").stdout for _ in range(2))
    assert first == second
    assert "chapter build" in first
