"""Lookups: keys that nothing is found by are refused, and the plan says what is not found before `apply` waits."""

from typing import Any

import pytest

from controller.aws.catalog import catalog
from controller.core.document.loader import read_object
from controller.core.document.lookups import keys_of
from controller.core.document.problem import DocumentError
from controller.core.model.kind import Kind
from controller.core.model.live import Live
from controller.core.model.reference import Lookup
from controller.core.planning.diff import Known, Unknowable
from controller.core.planning.inventory import find
from controller.core.planning.step import Plan, Step
from tests.core.account import Account, at, stack_of

KINDS = [pytest.param(kind, id=name) for name, kind in catalog().items()]


def told(kind: str, field: str, fields: dict[str, Any], query: dict[str, Any]) -> list[str]:
    """What is wrong with a document in which one field of a node is a lookup."""
    document = {
        "apiVersion": "holdfast.dev/v1alpha1",
        "kind": "Stack",
        "metadata": {"name": "web"},
        "spec": {"region": "us-east-1", "resources": {kind: {"it": {**fields, field: {"find": query}}}}},
    }
    try:
        read_object(document, "here", catalog())
    except DocumentError as error:
        return [f"{problem.path}: {problem.message}; {problem.hint}" for problem in error.problems]
    return []


SUBNET = {"cidrBlock": "10.0.1.0/24"}
INSTANCE = {"instanceType": "t3.micro"}


# --- in the document ---


@pytest.mark.parametrize(
    ("kind", "field", "fields", "query", "words"),
    [
        (
            "Subnet",
            "vpc",
            SUBNET,
            {"isdefault": True},
            'find.isdefault: Vpc cannot be looked up by isdefault; did you mean "isDefault"?',
        ),
        (
            "Subnet",
            "vpc",
            SUBNET,
            {"Name": "main"},
            "Vpc cannot be looked up by Name; its keys are ",
        ),
        ("Subnet", "vpc", SUBNET, {"enableDnsSupport": True}, "Vpc cannot be looked up by enableDnsSupport"),
        ("Subnet", "vpc", SUBNET, {"mainRouteTable": "rtb-1"}, "Vpc cannot be looked up by mainRouteTable"),
        ("Instance", "image", INSTANCE, {"arch": "arm64"}, "Image cannot be looked up by arch"),
        ("Instance", "image", INSTANCE, {"ownr": "amazon"}, 'did you mean "owner"?'),
    ],
)
def test_a_key_that_nothing_is_found_by_is_told(
    kind: str, field: str, fields: dict[str, Any], query: dict[str, Any], words: str
) -> None:
    """With its place, and with the keys that there are: also what AWS shows of one thing at a time only."""
    (problem,) = told(kind, field, fields, query)
    assert words in problem
    assert problem.startswith(f"spec.resources.{kind}.it.{field}.find")


@pytest.mark.parametrize(
    ("kind", "field", "fields", "query"),
    [
        ("Subnet", "vpc", SUBNET, {"isDefault": True}),
        ("Subnet", "vpc", SUBNET, {"tag:Name": "main", "cidrBlock": "10.0.0.0/16"}),
        ("Subnet", "vpc", SUBNET, {"id": "vpc-1"}),
        ("Instance", "image", INSTANCE, {"owner": "amazon", "name": "al2023-*", "architecture": "arm64"}),
        ("Instance", "image", INSTANCE, {"parameter": "/aws/service/ami-amazon-linux-latest/x"}),
        ("Instance", "image", INSTANCE, {"tag:Role": "web"}),
    ],
)
def test_keys_that_serve_are_taken(kind: str, field: str, fields: dict[str, Any], query: dict[str, Any]) -> None:
    """Fields and attributes that AWS lists, the id, tags, and the filters of a search."""
    assert [] == told(kind, field, fields, query)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_keys(kind: Kind) -> None:
    """Its natural key is among them, as far as it is one of what AWS lists, and nothing that AWS never shows."""
    keys = keys_of(kind)
    written = {name for name, part in kind.shape.fields.items() if part.write_only}
    assert keys
    assert not written & {*keys}


# --- in the plan ---

WITH_SUBNET = {
    "Subnet": {"a": {"vpc": {"find": {"tag:Name": "mian"}}, "cidrBlock": "10.0.5.0/24"}},
    "RouteTable": {"a": {"vpc": {"id": "vpc-x"}, "subnets": ["a"]}},
}


def account(*vpcs: Live) -> Account:
    """An account with some VPCs that are not ours."""
    found = Account()
    found.lives = {vpc.id: vpc for vpc in vpcs}
    return found


def vpc(id: str, **fields: Any) -> Live:
    """A VPC of somebody."""
    return Live("Vpc", id, {"cidrBlock": "10.0.0.0/16", **fields}, {"Name": id.removeprefix("vpc-")}, attributes={})


def step(plan: Plan, address: str) -> Step:
    """The step of one node."""
    return next(step for step in plan.steps if step.address == at(address))


@pytest.mark.parametrize(
    ("vpcs", "why"),
    [
        (["main", "other"], "Vpc(tag:Name=mian) does not exist; for tag:Name there is main"),
        (["a", "b"], "Vpc(tag:Name=mian) does not exist; for tag:Name there is a, b"),
        ([], "Vpc(tag:Name=mian) does not exist"),
        (["mian"], None),
    ],
)
def test_what_is_not_found_blocks_its_node_in_the_plan(vpcs: list[str], why: str | None) -> None:
    """With the names that there are, the nearest first; what is found blocks nothing."""
    plan = account(*(vpc(f"vpc-{name}") for name in vpcs)).plan(stack_of(WITH_SUBNET))
    blocked = step(plan, "Subnet/a").blocked
    assert (blocked and (blocked.by, blocked.why)) == (why and ("reference", why))


def test_several_that_fit_block_it_too() -> None:
    """With their ids, so that the query can be made to fit one."""
    twins = (vpc("vpc-1"), vpc("vpc-2"))
    stack = stack_of({"Subnet": {"a": {"vpc": {"find": {"cidrBlock": "10.0.0.0/16"}}, "cidrBlock": "10.0.5.0/24"}}})
    blocked = step(account(*twins).plan(stack), "Subnet/a").blocked
    assert blocked is not None
    assert blocked.why == "Vpc(cidrBlock=10.0.0.0/16) is ambiguous: 2 match (vpc-1, vpc-2)"


def test_a_listing_that_is_denied_blocks_it_with_the_reason() -> None:
    """Nobody can say whether there is one: nothing is made, and the reason is AWS's."""
    denied = account()
    denied.failed["Vpc"] = "DescribeVpcs is denied"
    blocked = step(denied.plan(stack_of(WITH_SUBNET)), "Subnet/a").blocked
    assert blocked is not None
    assert blocked.why == "DescribeVpcs is denied"


def test_what_needs_the_blocked_node_says_why() -> None:
    """A node that cannot live without it is blocked with the same reason, not left to wait."""
    stack = stack_of({**WITH_SUBNET, "NatGateway": {"a": {"subnet": "a", "connectivityType": "private"}}})
    blocked = step(account(vpc("vpc-main")).plan(stack), "NatGateway/a").blocked
    assert blocked is not None
    assert blocked.why.startswith("Subnet/a cannot be created: Vpc(tag:Name=mian) does not exist")


@pytest.mark.parametrize("query", [True, "true", "True"])
def test_a_value_of_another_type_finds_what_is_meant(query: Any) -> None:
    """A text where AWS shows true, or a number: a query and a tag are written either way."""
    shown = Live("Vpc", "vpc-1", {}, {"Number": "7"}, attributes={"isDefault": True})
    inventory = account(shown).inventory()
    assert find(inventory, Lookup("Vpc", (("tag:Number", 7),))) == Known("vpc-1")
    found = find(inventory, Lookup("Vpc", (("isDefault", query),)))
    assert found == Known("vpc-1") or (query == "True" and isinstance(found, Unknowable))
