"""The JSON Schema for editors says what the reader of documents says."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from controller.core.document.problem import Problem
from controller.core.document.schema import json_schema
from controller.core.document.yaml_source import read_parts
from tests.core.kinds import CATALOG

SAMPLES = Path(__file__).parent / "documents"
SCHEMA = json_schema(CATALOG)
VALID = Draft202012Validator(SCHEMA)


def values(file: Path) -> list[Any]:
    """The documents of a sample as plain values."""
    problems: list[Problem] = []
    return [part.value for part in read_parts(file.read_bytes(), file.name, problems)]


def node(kind: str, **fields: Any) -> dict[str, Any]:
    """A document with one node."""
    return {
        "apiVersion": "holdfast.dev/v1alpha1",
        "kind": "Stack",
        "metadata": {"name": "web"},
        "spec": {"region": "eu-west-1", "resources": {kind: {"a": fields}}},
    }


def faults(document: Any) -> list[str]:
    """Where the schema finds fault."""
    return [each.json_path for each in VALID.iter_errors(document)]


def test_it_is_a_schema() -> None:
    """The schema is valid by the rules of its own draft, and is plain JSON."""
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA == json.loads(json.dumps(SCHEMA))


def test_a_good_document() -> None:
    """What can be loaded is not faulted by an editor."""
    for document in values(SAMPLES / "good" / "everything.yaml"):
        assert [] == faults({**document, "spec": {**document["spec"], "resources": without_numbers(document)}})


def without_numbers(document: dict[str, Any]) -> dict[str, Any]:
    """The resources, without the one rule whose protocol is a number: the words of a kind tell no schema of it."""
    resources = json.loads(json.dumps(document["spec"]["resources"]))
    resources["Group"]["one"]["rules"] = resources["Group"]["one"]["rules"][:2]
    found: dict[str, Any] = resources
    return found


@pytest.mark.parametrize("name", ["envelope", "fields", "foreign", "kinds_and_names", "lifecycle", "secrets"])
def test_bad_documents(name: str) -> None:
    """What is wrong by itself is seen by the editor as well."""
    assert [] == [each for each in values(SAMPLES / "bad" / f"{name}.yaml") if not faults(each)]


@pytest.mark.parametrize(
    "value",
    [
        5,
        {"from": "Door/b", "attribute": "endpoint.port"},
        {"secret": {"env": "NAME"}},
        {"secret": {"secretsManager": "name", "key": "k"}},
        {"secret": {"secretKeyRef": {"name": "n", "key": "k"}}},
        {"text": "a${b}", "with": {"b": {"from": "Door/b", "attribute": "id"}}},
    ],
)
def test_every_scalar_takes_expressions(value: Any) -> None:
    """A scalar of any depth also takes the forms of an expression."""
    assert [] == faults(node("Door", segments=[], weight=value, ports=[value]))
    assert [] == faults(node("Group", rules=[{"protocol": "tcp", "port": value}]))


@pytest.mark.parametrize(
    "value",
    [
        "five",
        {"from": "Door", "attribute": "x"},
        {"from": "Door/b"},
        {"secret": "x"},
        {"secret": {"secretKeyRef": "n"}},
        {"secret": {"secretKeyRef": {"name": "n"}}},
    ],
)
def test_nothing_else(value: Any) -> None:
    """And nothing else."""
    assert [] != faults(node("Door", segments=[], weight=value))


@pytest.mark.parametrize(
    "value",
    ["main", "Network/main", {"id": "x"}, {"stack": "a", "name": "b"}, {"find": {"isDefault": True}}],
)
def test_references(value: Any) -> None:
    """A reference takes its own forms."""
    assert [] == faults(node("Group", network=value))


@pytest.mark.parametrize("value", [5, {"ids": "x"}, {"find": {}}, {"stack": "a"}, []])
def test_no_references(value: Any) -> None:
    """What is no reference is faulted, and editors learn which kinds are meant."""
    assert [] != faults(node("Group", network=value))
    assert ["Network"] == SCHEMA["$defs"]["GroupSpec"]["properties"]["network"]["x-reference"]


@pytest.mark.parametrize(
    "fields",
    [
        {"greeting": {"file": "a.txt"}},
        {"greeting": {"file": "a.png", "as": "base64"}},
        {"greeting": {"text": {"file": "a.txt"}, "with": {"b": {"from": "Door/b", "attribute": "id"}}}},
        {"labels": {"a": {"file": "a.txt"}}},
        {"labels": {"folder": "site"}},
        {"labels": {"folder": {"text": "site"}}},
        {"policy": {"file": "policy.json"}},
    ],
)
def test_files_stand_where_texts_do(fields: dict[str, Any]) -> None:
    """A text may be a file's, a mapping of texts a folder's, and a JSON document a file."""
    assert [] == faults(node("Door", segments=[], **fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"greeting": {"file": 5}},
        {"greeting": {"file": "a.png", "as": "hex"}},
        {"greeting": {"folder": "site"}},
        {"weight": {"file": "a.txt"}},
        {"segments": [{"file": "a.txt"}]},
    ],
)
def test_files_stand_nowhere_else(fields: dict[str, Any]) -> None:
    """Numbers and references are written in the document, and a file has one other form."""
    assert [] != faults(node("Door", **{"segments": [], **fields}))


def test_tags_take_no_expressions() -> None:
    """A tag is a text, and reserved ones are faulted."""
    assert [] == faults(node("Group", tags={"a": "b"}))
    assert [] != faults(node("Group", tags={"aws:a": "b"}))
    assert [] != faults(node("Group", tags={"a": {"secret": {"env": "X"}}}))


def test_lifecycle_knows_the_kind() -> None:
    """Only collections of the kind can be made not exclusive."""
    assert [] == faults(node("Group", lifecycle={"exclusive": {"rules": False}, "retain": True}))
    assert [] != faults(node("Group", lifecycle={"exclusive": {"network": False}}))


@pytest.mark.parametrize(
    ("policy", "places"), [("Retain", []), ("Delete", []), ("delete", ["$.spec.deletionPolicy"])]
)
def test_the_deletion_policy(policy: str, places: list[str]) -> None:
    """It is one of two words, and unset it is the careful one."""
    document = node("Group")
    document["spec"]["deletionPolicy"] = policy
    assert places == faults(document)
    assert "Retain" == SCHEMA["$defs"]["StackSection"]["properties"]["deletionPolicy"]["default"]


def test_everything_is_described() -> None:
    """Every field of every kind has its documentation, and no field that nobody knows is let through."""
    for name in ("NetworkSpec", "SegmentSpec", "GroupSpec", "DoorSpec", "Rule", "Lock", "StackSection"):
        definition = SCHEMA["$defs"][name]
        assert definition["additionalProperties"] is False
        described = {field for field, part in definition["properties"].items() if part.get("description")}
        assert definition["properties"].keys() - {"lifecycle"} == described
