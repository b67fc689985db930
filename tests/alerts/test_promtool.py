"""The alerts as Prometheus itself reads and evaluates them: its own checks, and unit tests by its own tool."""

import subprocess
from pathlib import Path

import pytest

from tests.alerts.rules import FILE, TOLD_HOW, UNIT_TESTS, tool


def promtool(*words: str | Path) -> str:
    """What promtool says, which has to be no complaint."""
    ended = subprocess.run(
        [tool("promtool"), *map(str, words)], capture_output=True, text=True, timeout=60, check=False
    )
    assert 0 == ended.returncode, ended.stdout + ended.stderr
    return ended.stdout


def test_prometheus_can_read_the_file() -> None:
    """The file loads as it is, templates included, and no two rules are the same."""
    assert "duplicate" not in promtool("check", "rules", "--lint-fatal", FILE)


@pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.name.removesuffix(".test.yaml"))
def test_an_alert_fires_when_it_should_and_not_otherwise(path: Path) -> None:
    """Each alert fires in its case with exactly these words, and stays silent in the one beside it."""
    promtool("test", "rules", path)


def test_without_promtool_ci_fails_and_others_are_told_how(monkeypatch: pytest.MonkeyPatch) -> None:
    """A contributor's run goes on without it; a gate never passes by leaving these tests out."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="package `prometheus`"):
        tool("promtool")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception) as skipped:
        tool("promtool")
    assert TOLD_HOW == str(skipped.value)
