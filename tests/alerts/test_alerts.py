"""What every alert has, and that it asks for nothing that Holdfast does not export."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.core.planning.guard import REASONS
from tests.alerts.rules import (
    FILE,
    RUNBOOKS,
    UNIT_TESTS,
    expressions,
    metrics_in,
    rules,
    selectors,
    series,
    shortened,
)
from tests.plain import plain

ALERTS = [rule["alert"] for rule in rules()]
EACH = pytest.mark.parametrize("rule", rules(), ids=ALERTS)
OF_THE_TARGET = {"cluster", "namespace", "job"}
"""Labels that the scraping brings; where a label of these is not there, a query asks for it to be empty."""
OURS = {"stack", "kind", "node", "state", "reason", "action", "outcome", "service", "operation"}
"""Labels of the metrics themselves."""
PAGES = sorted(RUNBOOKS.glob("*.md"))


def page_of(rule: dict[str, Any]) -> str:
    """The name of the page that an alert leads to."""
    return str(rule["annotations"]["runbook_url"]).removeprefix("https://holdfast.dev/runbooks/")


def held_back_by(rule: dict[str, Any]) -> set[str]:
    """The reasons of a blocked step that an alert is about."""
    found = set()
    for metric, label, operator, value in selectors(next(expressions(rule))):
        if metric in ("holdfast_node_blocked", "holdfast_steps_blocked") and label == "reason":
            named = {reason for reason in REASONS if re.fullmatch(value, reason)}
            found |= named if operator in ("=", "=~") else set(REASONS) - named
    return found


def outside(expression: str, opening: re.Pattern[str]) -> Iterator[str]:
    """The parts of an expression that stand in no parentheses that begin so."""
    while found := opening.search(expression):
        yield expression[: found.start()]
        depth, at = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(expression[at], 0)
            at += 1
        expression = expression[at:]
    yield expression


# --- what it has ---


@EACH
def test_it_says_what_it_is_and_what_to_do_first(rule: dict[str, Any]) -> None:
    """Whoever is paged reads a summary, a description with a first step, a runbook, and how urgent it is."""
    assert {"summary", "description", "runbook_url"} == rule["annotations"].keys()
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert "First: " in rule["annotations"]["description"]
    assert len(rule["annotations"]["summary"]) < 200


@EACH
def test_it_names_what_it_is_about(rule: dict[str, Any]) -> None:
    """An alert about a stack names the stack, one about a node its kind and name, by labels and not by a query."""
    text = rule["annotations"]["summary"] + rule["annotations"]["description"]
    about = {"stack", "kind", "node"} & set(re.findall(r"\$labels\.(\w+)", text))
    program = {"HoldfastNoLeader", "HoldfastDocumentInvalid", "HoldfastThrottled"}
    whole_stack = {"HoldfastMassDisappearance", "HoldfastPassFailing", "HoldfastNoSuccessfulPass"}
    assert ("stack" in about) == (rule["alert"] not in program)
    assert ({"kind", "node"} <= about) == (rule["alert"] not in program | whole_stack)


@EACH
def test_it_is_one_alert_whichever_replica_tells_of_it(rule: dict[str, Any]) -> None:
    """Every aggregation leaves out what tells one replica from another, and nothing that is the user's."""
    expression = next(expressions(rule))
    rest = "".join(
        outside(expression, re.compile(r"\b(max|sum) without \(instance, pod, container, endpoint[^)]*\) \("))
    )
    assert {"absent_over_time"} >= set(re.findall(r"(\w+)\(holdfast_", rest))
    assert rest.count("holdfast_") == rest.count("absent_over_time")
    dropped = {label for labels in re.findall(r"without \(([^)]*)\)", expression) for label in labels.split(", ")}
    assert dropped <= {"instance", "pod", "container", "endpoint"} | OURS
    assert not re.search(r"\bby\b|\bon\b", expression)


# --- what it asks for ---


@EACH
def test_it_asks_only_for_what_is_exported(rule: dict[str, Any]) -> None:
    """A metric, label or value that is renamed in the code takes its alert with it, not down silently."""
    exported: dict[str, list[dict[str, str]]] = {}
    for sample in (sample for metric in series() for sample in metric.samples):
        exported.setdefault(sample.name, []).append(sample.labels)
    for expression in expressions(rule):
        assert metrics_in(expression) <= exported.keys()
        for metric, label, operator, value in selectors(expression):
            if label in OF_THE_TARGET:
                assert (operator, value) == ("=", "%q")
                continue
            found = {labels[label] for labels in exported[metric]}  # a KeyError names a label that is not there
            wanted = value.split("|") if operator in ("=~", "!~") else [value]
            assert set(wanted) - {"%q"} <= found, (metric, label)


@EACH
def test_a_query_in_its_words_asks_for_what_the_alert_is_about(rule: dict[str, Any]) -> None:
    """Two installations with stacks of one name are not mixed up, and every hole of a query is filled in."""
    for text in rule["annotations"].values():
        for query, given in re.findall(r"printf `([^`]*)`\s*((?:\$labels\.\w+\s+)*)", text):
            holes, labels = re.findall(r"(\w+)=%q", query), re.findall(r"\$labels\.(\w+)", given)
            assert holes == labels
            assert OF_THE_TARGET <= set(holes)


def test_every_reason_of_the_guard_has_an_alert_or_needs_none() -> None:
    """A step that is held back is told of, unless it is wanted, lifts by itself, or has another cause."""
    told = set().union(*[held_back_by(rule) for rule in rules() if not rule["alert"].startswith("HoldfastDrift")])
    # `unknown` is a node that cannot be read, which fails the pass.
    assert {"mode", "hold", "settling", "confirm", "reference", "unknown"} == set(REASONS) - told


def test_nobody_is_woken_for_what_is_wanted_or_ends_by_itself() -> None:
    """Drift that stays is left out where its document holds or observes it, or AWS cannot for now; nowhere else."""
    (staying,) = [rule for rule in rules() if rule["alert"] == "HoldfastDriftNotCorrected"]
    assert {"mode", "hold", "refused"} == held_back_by(staying)


def test_every_reason_that_blocks_is_put_into_words() -> None:
    """The alert says what the check is, for every check that it is about."""
    (blocked,) = [rule for rule in rules() if rule["alert"] == "HoldfastStepBlocked"]
    worded = set(re.findall(r'eq \$labels\.reason "([^"]+)"', blocked["annotations"]["description"]))
    assert held_back_by(blocked) == worded


# --- its tests ---


@EACH
def test_it_has_been_seen_to_fire_and_not_to_fire(rule: dict[str, Any]) -> None:
    """No alert is untested: one unit test with its exact labels and words, one in which it is silent."""
    checks = [
        check
        for path in UNIT_TESTS
        for test in plain(path.read_text())["tests"]
        for check in test.get("alert_rule_test", ())
        if check["alertname"] == rule["alert"]
    ]
    firing = [alert for check in checks for alert in check["exp_alerts"]]
    assert firing
    assert [] != [check for check in checks if not check["exp_alerts"]]
    assert all(alert["exp_annotations"].keys() == rule["annotations"].keys() for alert in firing)


# --- the runbooks ---


@EACH
def test_it_has_a_runbook(rule: dict[str, Any]) -> None:
    """Its link leads to a page that is about it, has the same sections as all, and stands in the index."""
    page = RUNBOOKS / f"{page_of(rule)}.md"
    text, index = page.read_text(), (RUNBOOKS / "README.md").read_text()
    assert f"# {rule['alert']}\n\n**{rule['labels']['severity']}** · " in text
    assert f"| [{rule['alert']}]({page.name}) | {rule['labels']['severity']} |" in index
    sections = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert {"Meaning", "Impact", "Look", "Do", "Silence", "Resolves"} == set(sections)


def test_there_is_no_page_without_an_alert() -> None:
    """What is renamed or taken out leaves no page behind."""
    assert {f"{page_of(rule)}.md" for rule in rules()} | {"README.md"} == {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_runbook_names_only_what_there_is(page: Path) -> None:
    """Alerts, metrics and pages that a runbook names exist."""
    text = page.read_text()
    assert set(re.findall(r"\bHoldfast[A-Z]\w+", text)) <= set(ALERTS)
    assert metrics_in(text) <= {sample.name for metric in series() for sample in metric.samples}
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), target
    for metric, label, _, value in selectors(text):
        assert value in ("NAME", "KIND", "JOB") or {label} <= {"outcome", "state", "reason"}, (metric, value)


def test_every_reason_has_its_line_in_the_runbook() -> None:
    """Whatever holds a step back, the page says which alert tells of it and what to do."""
    lines = dict(
        re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", (RUNBOOKS / "step-blocked.md").read_text(), re.MULTILINE)
    )
    assert set(REASONS) == lines.keys()
    named = {reason: re.findall(r"\[(\w+)\]", told) for reason, told in lines.items()}
    (blocked,) = [rule for rule in rules() if rule["alert"] == "HoldfastStepBlocked"]
    assert held_back_by(blocked) == {reason for reason, told in lines.items() if told.startswith("this one")}
    for rule in rules():
        assert {reason for reason, alerts in named.items() if rule["alert"] in alerts} - {"unknown"} == (
            held_back_by(rule) if rule["alert"] in str(named) else set()
        )


# --- the file for the test with a real Prometheus ---


def test_a_shortened_file_is_the_same_but_for_its_durations() -> None:
    """What the real Prometheus evaluates in its test is what is installed, a hundred times as fast."""
    text = FILE.read_text()
    assert shortened(text, 1).count("300000ms") == len(re.findall(r"\b5m\b", re.sub(r"#.*", "", text)))
    again = plain(shortened(text, 100))["groups"]
    quick = [rule for group in again for rule in group["rules"]]
    assert ALERTS == [rule["alert"] for rule in quick]
    for rule, other in zip(rules(), quick, strict=True):
        assert {**rule, "expr": "", "for": ""} == {**other, "expr": "", "for": ""}
        assert other.get("for") != rule.get("for") or "for" not in rule
