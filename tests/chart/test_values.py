"""Every value: documented, described, proven to do something, and refused where it is wrong."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.chart.rendering import CASES, CHART, Helm, Object, Refused, Values, leaves, load, merged, rendered

VALUES: dict[str, Any] = load(CHART / "values.yaml")
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
FREE = ("podSecurityContext", "securityContext")
"""Sections that are Kubernetes' own, whose fields its API server knows better."""

REFUSED: list[tuple[str, Values, str]] = [
    ("a misspelt value", {"replicaCount": 3}, "additional properties 'replicaCount' not allowed"),
    (
        "a misspelt value of a section",
        {"operator": {"intervall": "5m"}},
        "at '/operator': additional properties 'inter",
    ),
    ("a time without a unit", {"operator": {"interval": "30"}}, "at '/operator/interval': '30' does not match"),
    ("no time at all", {"operator": {"interval": "0s"}}, "at '/operator/interval': '0s' does not match"),
    ("a lease of half a second", {"leaderElection": {"leaseDuration": "0.5s"}}, "at '/leaderElection/leaseDuration'"),
    ("a lease that is too short", {"leaderElection": {"leaseDuration": "2s"}}, "at '/leaderElection/leaseDuration'"),
    ("no workers", {"operator": {"workers": 0}}, "at '/operator/workers': minimum: got 0, want 1"),
    ("a level that is none", {"operator": {"logLevel": "verbose"}}, "'debug', 'info', 'warning', 'error'"),
    (
        "a port beyond the last",
        {"operator": {"port": 80800}},
        "at '/operator/port': maximum: got 80,800, want 65,535",
    ),
    ("a text for a number", {"replicas": "2"}, "at '/replicas': got string, want integer"),
    ("one namespace, not a list", {"watchNamespaces": "team-a"}, "at '/watchNamespaces': got string, want array"),
    ("a namespace that is none", {"watchNamespaces": ["Team A"]}, "at '/watchNamespaces/0': 'Team A' does not match"),
    (
        "a name that no cluster has",
        {"operator": {"cluster": "EU prod"}},
        "at '/operator/cluster': 'EU prod' does not",
    ),
    ("a namespace twice", {"watchNamespaces": ["a", "a"]}, "at '/watchNamespaces': items at 0 and 1 are equal"),
    (
        "a text for yes",
        {"secretKeyRefs": {"enabled": "yes"}},
        "at '/secretKeyRefs/enabled': got string, want boolean",
    ),
    ("a digest that is cut", {"image": {"digest": "sha256:abc"}}, "at '/image/digest': 'sha256:abc' does not match"),
    ("a tag in the repository", {"image": {"repository": "a/b@sha256:1"}}, "at '/image/repository'"),
    (
        "a number where Kubernetes wants a text",
        {"podAnnotations": {"a": True}},
        "at '/podAnnotations/a': got boolean",
    ),
    ("an unquoted variable", {"extraEnv": [{"name": "A", "value": 1}]}, "at '/extraEnv/0/value': got number"),
    ("variables as a mapping", {"extraEnv": {"AWS_REGION": "x"}}, "at '/extraEnv': got object, want array"),
    ("too little time to end", {"terminationGracePeriodSeconds": 5}, "at '/terminationGracePeriodSeconds': minimum"),
    ("a quantity that is none", {"resources": {"limits": {"memory": "1GB"}}}, "at '/resources/limits/memory'"),
    ("a probe of one's own", {"livenessProbe": {"exec": {}}}, "at '/livenessProbe': additional properties 'exec'"),
    (
        "runbooks that are nowhere",
        {"prometheusRule": {"runbookBaseUrl": "wiki"}},
        "at '/prometheusRule/runbookBaseUrl'",
    ),
    (
        "an alert that there is not",
        {"prometheusRule": {"enabled": True, "disabled": ["HoldfastTypo"]}},
        'prometheusRule.disabled names "HoldfastTypo", but there is no such alert; the alerts are Holdfast',
    ),
]


@dataclass(frozen=True)
class Case:
    """One value set to something else, and what that makes of the objects."""

    value: str
    to: Any
    renders: Values
    lacks: Values
    """What is there with the default values, and gone with this one."""


def cases(path: Path) -> list[Case]:
    """Those of one file."""
    return [Case(each["value"], each["to"], each.get("renders", {}), each.get("lacks", {})) for each in load(path)]


def values_of(path: Path) -> dict[str, Any]:
    """All that a file sets, together."""
    return merged((case.value, case.to) for case in cases(path))


def sections(schema: Values, path: str = "") -> Iterator[tuple[str, Values]]:
    """Every part of the schema that has properties, with its path."""
    reference = schema.get("$ref", "").removeprefix("#/definitions/")
    resolved = SCHEMA["definitions"][reference] if reference else schema
    if "properties" in resolved:
        yield path, resolved
        for name, inner in resolved["properties"].items():
            yield from sections(inner, f"{path}{name}.")
    if "items" in resolved:
        yield from sections(resolved["items"], f"{path}[].")


def test_every_value_is_documented() -> None:
    """Above each value stands what it does; whoever reads values.yaml needs nothing else."""
    text = (CHART / "values.yaml").read_text()
    documented = re.findall(r"^( *)# -- .*\n(?:\1# .*\n)*\1([A-Za-z]+):", text, re.MULTILINE)
    assert [path.rpartition(".")[2] for path, _ in leaves(VALUES)] == [name for _, name in documented]


def test_the_schema_is_one() -> None:
    """What refuses values is itself well-formed."""
    Draft7Validator.check_schema(SCHEMA)


def test_every_value_is_described_in_the_schema() -> None:
    """Editors show what a value is for, and nothing that the schema does not name gets through."""
    found = dict(sections(SCHEMA))
    described = {f"{path}{name}" for path, section in found.items() for name in section["properties"]}
    assert {path for path, _ in leaves(VALUES) if not path.startswith(FREE)} - described == {
        f"resources.{kind}" for kind in ("requests.cpu", "requests.memory", "limits.memory")
    }
    assert [] == [path for path, section in found.items() if section["additionalProperties"]]
    assert [] == [
        f"{path}{name}"
        for path, section in found.items()
        for name, inner in section["properties"].items()
        if not inner.get("description", "").endswith(".")
    ]


def test_every_value_has_a_case() -> None:
    """A new value without a proof of what it does fails here; so does a case that changes nothing."""
    defaults = dict(leaves(VALUES))
    covered = [case for path in CASES for case in cases(path)]
    assert set(defaults) == {case.value for case in covered}
    assert [] == [case.value for case in covered if case.to == defaults[case.value]]
    assert [] == [case.value for case in covered if not case.renders and not case.lacks]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_value_does_what_it_says(path: Path, helm: Helm, objects: list[Object]) -> None:
    """What a value is documented to do is seen in the objects, and is not seen without it."""
    changed = helm.objects(values_of(path))
    for case in cases(path):
        assert rendered(case.renders, changed), f"{case.value} does not render {case.renders}"
        assert not case.renders or not rendered(case.renders, objects), f"{case.value}: the default does so as well"
        for kind, pattern in case.lacks.items():
            assert rendered({kind: pattern}, objects), f"{case.value}: the default has no {kind} {pattern}"
            assert not rendered({kind: pattern}, changed), f"{case.value} leaves {kind} {pattern}"


@pytest.mark.parametrize(("values", "message"), [(*case[1:],) for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_wrong_value_is_refused_with_its_place(values: Values, message: str, helm: Helm) -> None:
    """A mistake is told before anything is installed: where it is, and what is wrong with it."""
    with pytest.raises(Refused) as refused:
        helm.template(values)
    assert message in str(refused.value)
