"""Marks are copied every day: which of the things that carry a node's marks is the node, and which is not."""

from dataclasses import replace

import pytest

from controller.core.model.node import Lifecycle
from controller.core.model.ownership import OWNER_ORIGIN, OWNER_REPLACED, OWNER_STACK
from controller.core.model.reference import Address
from controller.core.model.stack import Identity, Stack
from controller.core.planning.step import Action
from tests.core.account import Account, acting, at, changed, network, stack_of, step, without

VPC, PRIVATE, TABLE = at("Vpc/main"), at("Subnet/private"), at("RouteTable/private")


def doubled(account: Account, address: str, id: str, **more: str) -> None:
    """Another thing carries the marks of a node."""
    account.lives[id] = replace(account[address], id=id)
    account.retag(id, {**account[address].tags, **more})


def test_what_a_replacement_left_over_is_told_by_its_mark(stack: Stack, account: Account) -> None:
    """After a crash in a replacement the marked one is left over, whatever the fields have become."""
    doubled(account, "Subnet/private", "subnet-0", **{OWNER_REPLACED: "subnet-0"})
    found = account.match(stack)
    assert found.live[PRIVATE].id == "subnet-private"
    assert found.surplus == [(PRIVATE, account["subnet-0"])]
    assert found.copies == []


def test_a_copied_mark_of_a_left_over_proves_nothing(stack: Stack, account: Account) -> None:
    """The mark names the thing that it was set on: on a copy it says nothing."""
    doubled(account, "Subnet/private", "subnet-0", **{OWNER_REPLACED: "subnet-9"})
    account.set("subnet-0", cidrBlock="10.0.7.0/24")
    found = account.match(stack)
    assert found.live[PRIVATE].id == "subnet-private"
    assert found.surplus == []
    assert found.copies == [(PRIVATE, account["subnet-0"])]


def test_what_replaced_the_remembered_one_is_the_node(account: Account) -> None:
    """Killed before it could remember the new one: the old one is marked, and the new one is as it was to be."""
    doubled(account, "RouteTable/private", "rtb-9")
    account.retag("RouteTable/private", {**account["RouteTable/private"].tags, OWNER_REPLACED: "rtb-private"})
    found = account.match(stack_of(network()), {TABLE: "rtb-private"})
    assert found.live[TABLE].id == "rtb-9"
    assert found.surplus == [(TABLE, account["RouteTable/private"])]
    account.set("rtb-9", vpc="vpc-elsewhere")
    assert TABLE in account.match(stack_of(network()), {TABLE: "rtb-private"}).conflicts


def test_a_copy_of_what_is_to_be_replaced_is_not_what_replaced_it(stack: Stack, account: Account) -> None:
    """It has the mark of another thing, which nothing that we make has: what is remembered is the node still."""
    account.retag("RouteTable/private", {**account["RouteTable/private"].tags, OWNER_REPLACED: "rtb-private"})
    doubled(account, "RouteTable/private", "rtb-9")
    found = account.match(stack, {TABLE: "rtb-private"})
    assert found.live[TABLE].id == "rtb-private"
    assert found.copies == [(TABLE, account["rtb-9"])]


def test_left_over_alone_it_is_the_node(stack: Stack, account: Account) -> None:
    """The replacement was marked and never made: what is there is the node, and the mark is taken back."""
    account.retag("Subnet/private", {**account["Subnet/private"].tags, OWNER_REPLACED: "subnet-private"})
    assert account.match(stack).live[PRIVATE].id == "subnet-private"
    (change,) = step(account.plan(stack), "Subnet/private").changes
    assert (f"tags[{OWNER_REPLACED}]", "false") == (change.path, change.desired)


def test_of_two_marked_as_one_memory_tells_the_node(stack: Stack, account: Account) -> None:
    """Nothing refers to a route table, and it has no key: only who remembers it knows it from a copy."""
    doubled(account, "RouteTable/private", "rtb-0")
    found = account.match(stack, {TABLE: "rtb-private"})
    assert found.live[TABLE].id == "rtb-private"
    assert found.copies == [(TABLE, account["rtb-0"])]
    assert found.surplus == []


def test_of_two_marked_as_one_and_nothing_known_neither_is_the_node(stack: Stack, account: Account) -> None:
    """All of them are in conflict, told with their ids and with the way to settle it, and nothing is written."""
    doubled(account, "RouteTable/private", "rtb-0")
    found = account.match(stack)
    assert TABLE not in found.live
    assert TABLE in found.conflicts
    told = step(account.plan(stack), "RouteTable/private")
    assert told.blocked is not None
    assert "rtb-0 and rtb-private all carry the owner tags" in told.blocked.why
    assert "adopt" in told.blocked.why


def test_adoption_settles_a_doubt(account: Account) -> None:
    """The document names the right one: it is the node, and the other is left alone."""
    doubled(account, "RouteTable/private", "rtb-0")
    adopting = stack_of(changed(network(), "RouteTable/private", lifecycle=Lifecycle(adopt="rtb-private")))
    found = account.match(adopting)
    assert found.live[TABLE].id == "rtb-private"
    assert found.copies == [(TABLE, account["rtb-0"])]


def test_what_ours_stand_in_tells_the_vpc_from_its_copy(stack: Stack, account: Account) -> None:
    """A VPC with copied marks has none of our subnets."""
    doubled(account, "Vpc/main", "vpc-0")
    found = account.match(stack)
    assert found.live[VPC].id == "vpc-main"
    assert found.copies == [(VPC, account["vpc-0"])]


def test_witnesses_that_disagree_settle_nothing(stack: Stack, account: Account) -> None:
    """Memory names one, our subnets are in the other: a person has to look."""
    doubled(account, "Vpc/main", "vpc-0")
    found = account.match(stack, {VPC: "vpc-0"})
    assert VPC not in found.live
    assert VPC in found.conflicts


def test_a_copy_alone_is_not_what_is_remembered(stack: Stack, account: Account) -> None:
    """The node is gone, and a copy of it carries its marks: it is not taken for the node."""
    account.lives["rtb-0"] = replace(account["RouteTable/private"], id="rtb-0")
    account.lose("RouteTable/private")
    assert TABLE in account.match(stack, {TABLE: "rtb-private"}).conflicts
    assert account.match(stack).live[TABLE].id == "rtb-0"


@pytest.mark.parametrize("remembered", [{}, {PRIVATE: "subnet-private", at("Subnet/public"): "subnet-public"}])
def test_swapped_marks_make_neither_the_other(stack: Stack, account: Account, remembered: dict[Address, str]) -> None:
    """Somebody swapped the marks of two subnets: both are in conflict, and nothing is re-pointed."""
    private, public = account["Subnet/private"].tags, account["Subnet/public"].tags
    account.retag("Subnet/private", dict(public))
    account.retag("Subnet/public", dict(private))
    assert set(account.match(stack, remembered).conflicts) == {PRIVATE, at("Subnet/public")}
    assert acting(account.plan(stack)) == {}


@pytest.mark.parametrize(
    ("one", "other", "doubted"),
    [
        ("RouteTable/private", "RouteTable/public", {"RouteTable/private", "RouteTable/public"}),
        ("ElasticIp/nat", "ElasticIp/spare", {"NatGateway/a", "NatGateway/b"}),
    ],
)
def test_swapped_marks_are_told_by_what_each_holds(one: str, other: str, doubted: set[str]) -> None:
    """A table holds the other's subnets, a gateway the other's address: without memory too nothing is re-pointed.

    Subnets may be moved between tables, so there a `Name` that is its own tells the thing from its mark.
    """
    gateways = {"a": network()["NatGateway"]["a"], "b": {"subnet": "public", "elasticIp": "spare"}}
    stack = stack_of(network(ElasticIp={"nat": {}, "spare": {}}, NatGateway=gateways))
    account = Account(stack)
    mine, others = account[one].tags, account[other].tags
    kept = ["Name"] if one.startswith("RouteTable") else []
    account.retag(one, {**others, **{name: mine[name] for name in kept}})
    account.retag(other, {**mine, **{name: others[name] for name in kept}})
    assert set(map(str, account.match(stack).conflicts)) == doubted
    assert acting(account.plan(stack)) == {}


@pytest.mark.parametrize("lost", [[], ["RouteTable/private"]])
def test_swapped_marks_are_told_by_what_is_just_as_the_other_is_to_be(lost: list[str]) -> None:
    """All tags of two tables were swapped, `Name` too; each, or one alone, is in all else what the other is to be.

    Without memory no subnet is moved.
    """
    stack = stack_of(changed(network(), "RouteTable/public", routes=[]))
    account = Account(stack)
    private, public = account["RouteTable/private"].tags, account["RouteTable/public"].tags
    account.retag("RouteTable/private", dict(public))
    account.retag("RouteTable/public", dict(private))
    for each in lost:
        account.set(each, routes=[])
    assert {TABLE, at("RouteTable/public")} == account.match(stack).conflicts.keys()
    assert acting(account.plan(stack)) == {}


def test_swapped_marks_are_told_by_what_nothing_can_change(stack: Stack, account: Account) -> None:
    """Of two subnets each has the range of the other, which no call changes; that nobody can say which VPC is ours,
    and so which range is whose, makes the tags no truer."""
    private, public = account["Subnet/private"].tags, account["Subnet/public"].tags
    account.retag("Subnet/private", dict(public))
    account.retag("Subnet/public", dict(private))
    doubled(account, "Vpc/main", "vpc-0")
    assert {PRIVATE, at("Subnet/public")} <= account.match(stack).conflicts.keys()
    assert acting(account.plan(stack)) == {}


def test_swapped_marks_are_told_by_where_each_stands() -> None:
    """Gateways, and their addresses with them, have each other's marks: each stands in the other's subnet.

    Whether the subnets' marks are wrong or the gateways', nobody can say without memory: no route is re-pointed.
    """
    gateways = {"a": network()["NatGateway"]["a"], "b": {"subnet": "private", "elasticIp": "spare"}}
    stack = stack_of(network(ElasticIp={"nat": {}, "spare": {}}, NatGateway=gateways))
    account = Account(stack)
    for one, other in (("NatGateway/a", "NatGateway/b"), ("ElasticIp/nat", "ElasticIp/spare")):
        mine, others = account[one].tags, account[other].tags
        account.retag(one, dict(others))
        account.retag(other, dict(mine))
    found = account.match(stack)
    assert {at("NatGateway/a"), at("NatGateway/b"), at("Subnet/public"), PRIVATE} <= found.conflicts.keys()
    assert acting(account.plan(stack)) == {}


def test_marks_are_not_believed_while_what_could_refute_them_is_not_listed(stack: Stack, account: Account) -> None:
    """Without memory a gateway's marks count only beside its subnet: while that cannot be listed, it is unknown."""
    account.failed["Subnet"] = "denied"
    found = account.match(stack)
    assert "only its tags identify it, which is not enough: denied" == found.unknown[at("NatGateway/a")]
    known = account.match(stack, {at("NatGateway/a"): "nat-a"})
    assert "nat-a" == known.live[at("NatGateway/a")].id


def test_a_table_is_not_believed_while_its_subnets_are_not_listed(stack: Stack, account: Account) -> None:
    """Only its subnets can tell a table from another whose marks it was given: without them it is unknown."""
    account.failed["Subnet"] = "denied"
    found = account.match(stack)
    assert "only its tags identify it, which is not enough: denied" == found.unknown[TABLE]
    assert "rtb-private" == account.match(stack, {TABLE: "rtb-private"}).live[TABLE].id


def test_two_that_one_list_names_are_not_swapped() -> None:
    """A proxy that stays in its subnets says of both that they are ours, and not which of them is which."""
    proxy = {"engineFamily": "MYSQL", "subnets": ["public", "private"], "role": {"id": "arn:aws:iam::1:role/proxy"}}
    stack = stack_of(network(DbProxy={"db": {**proxy, "auth": []}}))
    found = Account(stack).match(stack)
    assert found.conflicts == {}
    assert set(found.live) == set(stack.nodes)


def test_a_copy_of_what_left_the_document_is_no_orphan(account: Account) -> None:
    """Two things carry the marks of a node that is gone from the document: which one was ours, memory alone knows."""
    doubled(account, "RouteTable/private", "rtb-0")
    smaller = stack_of(without(network(), "RouteTable/private"))
    unknown = account.match(smaller)
    assert unknown.orphans == []
    assert {live.id for _, live in unknown.copies} == {"rtb-0", "rtb-private"}
    known = account.match(smaller, {TABLE: "rtb-private"})
    assert known.orphans == [(TABLE, account["RouteTable/private"])]
    assert known.copies == [(TABLE, account["rtb-0"])]


def test_what_another_program_remembered_proves_nothing_alone(stack: Stack, account: Account) -> None:
    """A file may be stale or foreign: what it names without marks is in conflict, not ours."""
    account.unmark("ElasticIp/nat")
    account.lose("NatGateway/a")
    eip = at("ElasticIp/nat")
    found = account.match(stack, {eip: "eipalloc-nat"}, recalled={eip})
    assert eip not in found.live
    assert found.conflicts[eip].id == "eipalloc-nat"


def test_a_namesake_kept_elsewhere_is_a_conflict(stack: Stack, account: Account) -> None:
    """A stack of the same name in another namespace owns it: nothing is made beside it, and nothing taken."""
    account.lives.clear()
    account.lives["Vpc/main"] = account.as_documented(stack, VPC)
    account.retag("Vpc/main", {**account["Vpc/main"].tags, OWNER_ORIGIN: "team-a@prod"})
    found = account.match(stack)
    assert VPC not in found.live
    assert found.conflicts[VPC].id == "vpc-main"
    blocked = step(account.plan(stack), "Vpc/main").blocked
    assert blocked is not None
    assert "belongs to stack web of team-a@prod" in blocked.why
    assert "spec.movedFrom: {name: web, origin: team-a@prod}" in blocked.why


def test_a_move_is_shown_as_adoption(stack: Stack, account: Account) -> None:
    """What carries the mark that the document says it moves from is taken over, by its marks, in the plan."""
    for each in account.lives:
        account.retag(each, {**account[each].tags, OWNER_STACK: "old"})
    moved = replace(stack, moved_from=Identity("old"))
    assert account.match(moved).adopted == set(stack.nodes)
    assert {each.action for each in account.plan(moved).steps} == {Action.ADOPT}


@pytest.mark.parametrize("reverse", [False, True])
def test_of_two_chains_the_fitting_one_is_kept_whole(reverse: bool) -> None:
    """Two VPCs and two route tables of one name, and marks on those that were replaced: the others are the nodes."""
    stack = stack_of({"Vpc": network()["Vpc"], "RouteTable": {"t": {"vpc": "main"}}})
    account = Account(stack)
    ids = ("rtb-0", "rtb-9") if reverse else ("rtb-9", "rtb-0")
    fits, old = (replace(account["RouteTable/t"], id=id) for id in ids)
    account.lives |= {"RouteTable/t": fits, "old": old, "old-vpc": replace(account["Vpc/main"], id="vpc-0")}
    for each in ("old", "old-vpc"):
        account.retag(each, {**account[each].tags, OWNER_REPLACED: account[each].id})
    account.set("old", vpc="vpc-0")
    account.set("old-vpc", cidrBlock="10.9.0.0/16")
    found = account.match(stack)
    assert found.live[VPC].id == "vpc-main"
    assert found.live[at("RouteTable/t")] == fits
    assert {live.id for _, live in found.surplus} == {"vpc-0", old.id}
