"""Entries of a network ACL change places: between two calls nobody meets what neither of the two lists says."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest

from controller.aws.ec2.network_acl_order import order_of
from controller.core.model.stack import Stack
from tests.core.account import Account, stack_of, step

Entry = dict[str, Any]
ALL = "0.0.0.0/0"


def entry(number: int, action: str, cidr: str = ALL, *ports: int, protocol: str = "") -> Entry:
    """An entry; of tcp where it has ports."""
    spans = {"fromPort": ports[0], "toPort": ports[-1]} if ports else {}
    return {
        "ruleNumber": number,
        "protocol": protocol or ("6" if ports else "-1"),
        "ruleAction": action,
        "cidr": cidr,
        **spans,
    }


def listed(*entries: Entry) -> dict[int, Entry]:
    return {each["ruleNumber"]: each for each in entries}


# --- an own, slow reading of AWS's rule: the first entry that matches decides ---

HOSTS = {
    "10.0.0.0/8": ("10.1.0.1", "10.9.0.1"),
    "10.1.0.0/16": ("10.1.0.1",),
    ALL: ("10.1.0.1", "10.9.0.1", "8.8.8.8"),
}
PACKETS = [*product(("6", "17", "47"), HOSTS[ALL], (22, 80, 443, 9000))]


def decides(entries: Mapping[int, Entry], packet: tuple[str, str, int]) -> bool:
    """Whether these entries let a packet in."""
    protocol, host, port = packet
    for number in sorted(entries):
        each = entries[number]
        first, last = each.get("fromPort", 0), each.get("toPort", 65535)
        same = each["protocol"] in ("-1", protocol)
        if same and host in HOSTS[each["cidr"]] and (each["protocol"] == "-1" or first <= port <= last):
            return bool(each["ruleAction"] == "allow")
    return False


def moments(
    before: dict[int, Entry], after: dict[int, Entry], numbers: tuple[int, ...]
) -> Iterator[dict[int, Entry]]:
    """The lists after each call."""
    now = dict(before)
    for number in numbers:
        now.pop(number, None)
        now.update({number: after[number]} if number in after else {})
        yield dict(now)


def wrong(before: dict[int, Entry], after: dict[int, Entry], numbers: tuple[int, ...]) -> set[bool]:
    """What is wrongly let in (True) or kept out (False) at some moment."""
    return {
        decides(now, packet)
        for now in moments(before, after, numbers)
        for packet in PACKETS
        if decides(now, packet) not in (decides(before, packet), decides(after, packet))
    }


WEB, SSH = (443,), (22,)
STORIES = {
    "a deny comes, and the allow that shields from it": (
        listed(entry(200, "allow")),
        listed(entry(90, "allow", "10.1.0.0/16", *SSH), entry(100, "deny", ALL, *SSH), entry(200, "allow")),
        (90, 100),
    ),
    "both go": (
        listed(entry(90, "allow", "10.1.0.0/16", *SSH), entry(100, "deny", ALL, *SSH), entry(200, "allow")),
        listed(entry(200, "allow")),
        (100, 90),
    ),
    "both change their numbers": (
        listed(entry(100, "allow", "10.1.0.0/16", *SSH), entry(110, "deny", ALL, *SSH), entry(200, "allow")),
        listed(entry(110, "allow", "10.1.0.0/16", *SSH), entry(120, "deny", ALL, *SSH), entry(200, "allow")),
        (120, 110, 100),
    ),
    "an allow and the deny behind it change places": (
        listed(entry(100, "allow", "10.1.0.0/16"), entry(110, "deny", "10.0.0.0/8"), entry(120, "allow")),
        listed(entry(100, "deny", "10.0.0.0/8"), entry(110, "allow", "10.1.0.0/16"), entry(120, "allow")),
        (100, 110),
    ),
    "a new list": (
        {},
        listed(entry(100, "deny", "10.0.0.0/8"), entry(110, "allow", ALL, *WEB)),
        (100, 110),
    ),
    "a list that goes": (
        listed(entry(100, "deny", "10.0.0.0/8"), entry(110, "allow", ALL, *WEB)),
        {},
        (110, 100),
    ),
}
UNAVOIDABLE = (
    listed(entry(100, "allow", "10.1.0.0/16"), entry(110, "deny", ALL, *WEB), entry(120, "allow", ALL, 22, 443)),
    listed(entry(100, "deny", ALL, *WEB), entry(110, "allow", "10.1.0.0/16"), entry(120, "allow", ALL, 22, 443)),
)


@pytest.mark.parametrize("story", STORIES)
def test_entries_change_in_an_order_that_nobody_notices(story: str) -> None:
    """The allow is there before the deny that it shields from, and goes after it."""
    before, after, numbers = STORIES[story]
    order = order_of(before, after)
    assert numbers == order.numbers
    assert set() == wrong(before, after, order.numbers)
    assert (False, False) == (order.denies, order.allows)


def test_where_no_order_is_right_traffic_is_rather_denied_and_that_is_said() -> None:
    """A moment in which something is kept out is no breach."""
    before, after = UNAVOIDABLE
    order = order_of(before, after)
    assert order.denies
    assert not order.allows
    assert {False} == wrong(before, after, order.numbers)


def test_what_is_told_is_what_happens() -> None:
    """For lists of all sorts: where nothing is told, no packet meets what neither list says, and the end is right."""
    chance, told = Random(11), 0
    for _ in range(300):
        before, after = (
            listed(
                *(
                    entry(number, chance.choice(("allow", "deny")), chance.choice([*HOSTS]), *ports)
                    for number in chance.sample((90, 100, 110, 120, 130), chance.randint(0, 5))
                    for ports in [chance.choice(((), (22, 80), (443,)))]
                )
            )
            for _ in range(2)
        )
        order = order_of(before, after)
        assert after == ([before, *moments(before, after, order.numbers)][-1])
        assert wrong(before, after, order.numbers) <= {*[False] * order.denies, *[True] * order.allows}
        told += order.denies or order.allows
    assert told < 30


# --- in a plan ---


def test_a_plan_has_the_calls_in_that_order() -> None:
    """A subnet that goes leaves before the entries change, and one that comes finds them as they should be."""
    inside = {"vpc": "main", "availabilityZone": "us-east-1a"}
    subnets = {name: {**inside, "cidrBlock": f"10.0.{place}.0/24"} for place, name in enumerate("ab")}

    def stack_with(subnet: str, entries: Mapping[int, Entry]) -> Stack:
        acls = {"web": {"vpc": "main", "subnets": [subnet], "ingress": [*entries.values()]}}
        vpc = {"main": {"cidrBlock": "10.0.0.0/16"}}
        default = {"default": {"vpc": "main", "default": True}}
        return stack_of({"Vpc": vpc, "Subnet": subnets, "NetworkAcl": {**acls, **default}})

    before, after, _ = STORIES["both change their numbers"]
    account = Account(stack_with("a", before))
    account.lives["NetworkAcl/default"] = replace(
        account["NetworkAcl/default"], members={"subnets": {"subnet-b": "assoc-of-subnet-b"}}
    )
    plan = account.plan(stack_with("b", after))
    calls = step(plan, "NetworkAcl/web").calls
    assert [
        ("ReplaceNetworkAclAssociation", None),
        ("CreateNetworkAclEntry", 120),
        ("ReplaceNetworkAclEntry", 110),
        ("DeleteNetworkAclEntry", 100),
        ("ReplaceNetworkAclAssociation", None),
    ] == [(call.operation, call.parameters.get("RuleNumber")) for call in calls]
    assert ["assoc-of-subnet-a", "assoc-of-subnet-b"] == [
        call.parameters["AssociationId"] for call in calls if "AssociationId" in call.parameters
    ]
    assert () == step(plan, "NetworkAcl/web").interruptions


def test_a_plan_says_what_no_order_avoids() -> None:
    """Whoever reads it before it is applied can choose other numbers."""

    def stack_with(entries: Mapping[int, Entry]) -> Stack:
        acls = {"web": {"vpc": "main", "ingress": [*entries.values()]}}
        return stack_of({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}, "NetworkAcl": acls})

    plan = Account(stack_with(UNAVOIDABLE[0])).plan(stack_with(UNAVOIDABLE[1]))
    (told,) = step(plan, "NetworkAcl/web").interruptions
    assert told.startswith("ingress: no order of the calls keeps traffic from being denied for a moment")
