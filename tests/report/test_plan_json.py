"""The plan for programs."""

import json
from typing import Any

import pytest

from controller.core.model.reference import Address, Encoded, Foreign, Lookup, Placeholder, Secret, Text, Token
from controller.core.planning.step import State
from controller.report.plan_json import plain, plan_document
from tests.report.golden import assert_golden
from tests.report.samples import EVERYTHING, ILL, IN_SYNC, REMEMBERED, plan, step, told

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
    (Token(), {"token": True}),
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
    node_keys |= {"health", "progress", "believed"}
    for node in document["nodes"]:
        assert node_keys <= node.keys()
        assert all({"path", "op", "desired", "observed", "because"} == change.keys() for change in node["changes"])
        assert all({"service", "operation", "parameters"} <= call.keys() for call in node["calls"])


def test_what_was_believed_is_told_with_its_age() -> None:
    """For each node, and the oldest of all; null where all was read for this plan."""
    document = plan_document(REMEMBERED)
    assert {"address": "Bucket/images", "seconds": 412.0, "what": ["versioning", "policy"]} == document["oldestRead"]
    assert [
        {"seconds": 412.0, "what": ["versioning", "policy"]},
        {"seconds": 31.0, "what": ["enableDnsSupport"]},
    ] == [node["believed"] for node in document["nodes"]]
    read = plan_document(IN_SYNC)
    assert (None, {None}) == (read["oldestRead"], {node["believed"] for node in read["nodes"]})


def test_health_and_progress_are_aws_words_or_nothing() -> None:
    """Null where AWS knows of no health, an empty text where it is at rest; secrets never."""
    nodes = {node["address"]: (node["health"], node["progress"]) for node in plan_document(EVERYTHING)["nodes"]}
    ill = {"healthy": False, "why": "Target.Timeout: Request timed out", "good": 1, "total": 2}
    assert (ill, "") == nodes["TargetGroup/web"]
    assert (None, "provisioning") == nodes["LoadBalancer/web"]
    assert (None, "") == nodes["Subnet/public-a"]


def test_the_health_of_what_is_not_the_node_is_not_told() -> None:
    """What stands in a node's place, is left over, or cannot be read, says nothing about the node."""
    states = {State.IN_SYNC, State.DRIFTED, State.PENDING}
    found = plan(*(told(step(f"Thing/{state}", state, id="x"), ILL) for state in State))
    known = {node["state"] for node in plan_document(found)["nodes"] if node["health"]}
    assert states == known


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
