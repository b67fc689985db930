"""The plan for programs."""

import json
from typing import Any

import pytest

from controller.core.reference import Address, Encoded, Foreign, Lookup, Placeholder, Secret, Text
from controller.report.plan_json import plain, plan_document
from tests.report.golden import assert_golden
from tests.report.samples import EVERYTHING, IN_SYNC

VPC = Placeholder(Address("Vpc", "main"))
HOST = Placeholder(Address("DbInstance", "db"), "endpoint.address")
FORMS: list[tuple[Any, Any]] = [
    (VPC, {"from": "Vpc/main", "attribute": "id"}),
    (
        Foreign("network", Address("Vpc", "main"), "arn"),
        {"stack": "network", "name": "Vpc/main", "attribute": "arn"},
    ),
    (Lookup("Vpc", (("isDefault", True),)), {"find": {"isDefault": True}}),
    (
        Text("host=${db}", (("db", HOST),)),
        {"text": "host=${db}", "with": {"db": {"from": "DbInstance/db", "attribute": "endpoint.address"}}},
    ),
    (Secret("env", "PASSWORD"), {"secret": True}),
    (Encoded({"Id": [VPC, 1]}), {"Id": [{"from": "Vpc/main", "attribute": "id"}, 1]}),
    (frozenset({"b", "a", "c"}), ["a", "b", "c"]),
    ((1, 2.5, None, False), [1, 2.5, None, False]),
    (Address("Vpc", "main"), "Vpc/main"),
    (b"\x00\x01", "AAE="),
    ({1: {"deep": (VPC,)}}, {"1": {"deep": [{"from": "Vpc/main", "attribute": "id"}]}}),
]


@pytest.mark.parametrize(("value", "expected"), FORMS, ids=[type(value).__name__ for value, _ in FORMS])
def test_each_value_has_one_form(value: Any, expected: Any) -> None:
    """An expression is shown by what it names, a secret by nothing but being one."""
    assert expected == plain(value)
    json.dumps(plain(value), allow_nan=False)


def test_the_document_has_the_form_of_the_manual() -> None:
    """Every key of the interface is there, in every node, change and call."""
    document = plan_document(EVERYTHING)
    assert {"stack", "account", "region", "inSync", "summary", "nodes"} <= document.keys()
    assert ["create", "update", "replace", "delete", "adopt", "none", "blocked", "unknown"] == list(
        document["summary"]
    )
    node_keys = {"address", "kind", "name", "id", "state", "action", "blocked", "changes", "calls"}
    for node in document["nodes"]:
        assert node_keys <= node.keys()
        assert all({"path", "op", "desired", "observed", "because"} == change.keys() for change in node["changes"])
        assert all({"service", "operation", "parameters"} <= call.keys() for call in node["calls"])


def test_the_document_says_everything_there_is() -> None:
    """The whole plan, removals after the other calls, blocked and unknown nodes included."""
    assert_golden("plan.json", json.dumps(plan_document(EVERYTHING), indent=2, ensure_ascii=False) + "\n")


def test_in_sync_is_true_only_when_all_was_seen() -> None:
    """A plan of nodes that are all in sync is in sync; one with a failed read is not."""
    assert plan_document(IN_SYNC)["inSync"] is True
    assert plan_document(EVERYTHING)["inSync"] is False


def test_a_node_that_is_not_there_has_no_id() -> None:
    """`id` is null, not an empty text."""
    ids = {node["address"]: node["id"] for node in plan_document(EVERYTHING)["nodes"]}
    assert ids["NatGateway/a"] is None
    assert ids["DbInstance/db"] == "ha-web-db"
