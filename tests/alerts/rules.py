"""The alerts as data, the programs that test them, and all series that Holdfast can have."""

import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from controller.aws.catalog import catalog
from controller.core.model.live import Health
from controller.core.model.reference import Address
from controller.core.planning.guard import REASONS
from controller.core.planning.step import Action, Plan, State, Step, Verdict
from controller.report.metrics import OUTCOMES, REQUEST_OUTCOMES, Metrics
from tests.plain import plain
from tests.report.samples import live, plan, told

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "charts" / "holdfast" / "files" / "alerts.yaml"
RUNBOOKS = ROOT / "docs" / "runbooks"
UNIT_TESTS = sorted(Path(__file__).parent.glob("*.test.yaml"))
TOLD_HOW = "this test needs promtool and prometheus (Debian's package `prometheus`, 2.42 or newer) on the PATH"

_DURATION = re.compile(r"\b([0-9]+)(ms|s|m|h|d)\b")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_MATCHER = re.compile(r"(\w+)\s*(=~|!~|!=|=)\s*\"([^\"]*)\"")


def tool(name: str) -> str:
    """Where a program of Prometheus stands. Without it the test is skipped, but not in CI, which has it."""
    found = shutil.which(name)
    if found is None and os.environ.get("CI"):
        pytest.fail(TOLD_HOW)
    return found or pytest.skip(TOLD_HOW)


@cache
def rules() -> list[dict[str, Any]]:
    """Every alert of the file."""
    groups = plain(FILE.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def shortened(text: str, times: int) -> str:
    """The rule file with every duration divided: how long something lasts, and how far back is looked."""

    def duration(found: re.Match[str]) -> str:
        return f"{max(1, round(int(found[1]) * _SECONDS[found[2]] * 1000 / times))}ms"

    groups = plain(text)["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        for key in rule.keys() & {"for", "keep_firing_for", "expr"}:
            rule[key] = _DURATION.sub(duration, rule[key])
    return yaml.safe_dump({"groups": groups})


def expressions(rule: dict[str, Any]) -> Iterator[str]:
    """The expression of an alert, without its comments, and the queries within its annotations."""
    yield re.sub(r"#.*", "", rule["expr"])
    for text in rule["annotations"].values():
        yield from re.findall(r"printf `([^`]*)`", text)


def metrics_in(expression: str) -> set[str]:
    """The names of Holdfast's metrics in an expression."""
    return set(re.findall(r"\bholdfast_\w+", expression))


def selectors(expression: str) -> Iterator[tuple[str, str, str, str]]:
    """Each matcher of a selector of ours: metric, label, operator, value."""
    for metric, inner in re.findall(r"\b(holdfast_\w+)\s*\{([^}]*)\}", expression):
        for label, operator, value in _MATCHER.findall(inner):
            yield metric, label, operator, value


# --- all series that there can be ---


@cache
def series() -> tuple[Metric, ...]:
    """What a scrape gives when every reason, state, kind, action and outcome has occurred."""
    registry = CollectorRegistry()
    metrics = Metrics(registry, REASONS, "1.2.3")
    kinds = list(catalog())
    metrics.declare("web", [Address(kind, "declared") for kind in kinds])
    metrics.record_plan(_everything(kinds), now=60.0)
    for outcome in OUTCOMES:
        metrics.record_pass("web", outcome, 1.0, now=60.0)
    for outcome in REQUEST_OUTCOMES:
        metrics.record_request("ec2", "DescribeVpcs", outcome, 0.1)
    metrics.record_document(valid=True)
    metrics.record_leader(leads=True)
    return tuple(registry.collect())


def _everything(kinds: list[str]) -> Plan:
    healthy = [Step(Address(kind, "healthy"), State.IN_SYNC, live=live(kind, "id-1")) for kind in kinds]
    stated = [Step(Address(kinds[0], state), state) for state in State]
    blocked = [
        Step(Address(kinds[0], by), State.MISSING, Action.CREATE, blocked=Verdict(by, "why")) for by in REASONS
    ]
    return plan(*[told(step, Health(False, "", 1, 2)) for step in healthy], *stated, *blocked, stack="web")
