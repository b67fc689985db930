"""The order of the queue: what a call waits for is read off the calls and off what is live, and never locks."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.model.call import Call
from controller.core.model.live import Live, Phase, Thing
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.planning.graph import Task, edges_of, tasks_of
from controller.core.planning.step import Action, Plan, State, Step
from tests.core.account import ANYWHERE, CATALOG, Account, at, changed, network, stack_of, without

Names = set[str]


def name(task: Task) -> str:
    """A task in words: its operation and its node."""
    return f"{task.call.operation} {task.address}"


def tasks(plan: Plan, stack: Stack, account: Account | None = None) -> dict[str, Task]:
    """The tasks of a plan by name; those of one name are told apart by the fields they are for."""
    leaving = [live for live in account.lives.values() if live.phase is Phase.LEAVING] if account else []
    found: dict[str, Task] = {}
    for task in tasks_of(plan, stack, CATALOG, leaving):
        key = name(task)
        assert key not in found, f"{key} is there twice"
        found[key] = task
    return found


def must(task: Task) -> Names:
    """What must have succeeded, directly."""
    return {name(other) for other in task.after}


def prefers(task: Task) -> Names:
    """What should be over, directly."""
    return {name(other) for other in task.rather}


def before(task: Task) -> Names:
    """Everything that is over when the task begins."""
    seen: set[Task] = set()
    work = [task]
    while work:
        fresh = {*work.pop().earlier} - seen
        seen |= fresh
        work += fresh
    return {name(other) for other in seen}


def ordered(found: Iterable[Task]) -> list[Task]:
    """The tasks in an order in which each comes after all that it waits for; fails where there is none."""
    waiting = {task: len(task.earlier) for task in found}
    followers: dict[Task, list[Task]] = {task: [] for task in waiting}
    for task in waiting:
        for other in task.earlier:
            followers[other].append(task)
    ready = [task for task, count in waiting.items() if not count]
    for task in ready:
        for follower in followers[task]:
            waiting[follower] -= 1
            if not waiting[follower]:
                ready.append(follower)
    stuck = sorted(name(task) for task, count in waiting.items() if count)
    assert stuck == []
    return ready


# --- what comes ---


def test_a_call_must_wait_for_what_it_names(stack: Stack) -> None:
    """A placeholder is an edge: in the create call, and in every later call, to the making of its target."""
    found = tasks(Account().plan(stack), stack)
    assert must(found["CreateSubnet Subnet/public"]) == {"CreateVpc Vpc/main"}
    assert must(found["CreateNatGateway NatGateway/a"]) == {
        "CreateSubnet Subnet/public",
        "AllocateAddress ElasticIp/nat",
    }
    assert "CreateNatGateway NatGateway/a" in must(found["CreateRoute RouteTable/private"])
    assert must(found["CreateVpc Vpc/main"]) == set()


def test_the_calls_of_one_node_come_one_after_the_other(stack: Stack) -> None:
    """A node is never written to by two calls at once."""
    found = tasks(Account().plan(stack), stack)
    assert must(found["ModifyVpcAttribute Vpc/main"]) == {"CreateVpc Vpc/main"}
    assert "CreateRouteTable RouteTable/public" in before(found["AssociateRouteTable RouteTable/public"])


def test_a_call_prefers_its_targets_complete(stack: Stack) -> None:
    """What is referred to should be finished first; a preference, so that a failure there does not stop it."""
    found = tasks(Account().plan(stack), stack)
    assert "ModifyVpcAttribute Vpc/main" in prefers(found["CreateSubnet Subnet/public"])


def test_what_gives_is_complete_before_others_use_what_it_gives_to(stack: Stack) -> None:
    """A NAT gateway comes after the route of its subnet's table, which comes after the attached gateway."""
    found = tasks(Account().plan(stack), stack)
    assert {
        "CreateRoute RouteTable/public",
        "AssociateRouteTable RouteTable/public",
        "AttachInternetGateway InternetGateway/main",
    } <= before(found["CreateNatGateway NatGateway/a"])
    assert "AssociateRouteTable RouteTable/public" in prefers(found["CreateNatGateway NatGateway/a"])


def test_nothing_waits_for_what_does_not_concern_it(stack: Stack) -> None:
    """No waves: the private table does not wait for the groups, nor an address for anything at all."""
    found = tasks(Account().plan(stack), stack)
    assert before(found["AllocateAddress ElasticIp/nat"]) == set()
    assert not any("SecurityGroup" in each for each in before(found["CreateRoute RouteTable/private"]))


def test_a_separable_call_holds_back_none_but_the_deletion(stack: Stack, account: Account) -> None:
    """The others need each other as ever, in their order; what is to be deleted is emptied first."""
    at_work = [
        Call("ec2", name, {}, separable=name.startswith("Set")) for name in ("Tag", "SetA", "Add", "SetB", "Give")
    ]
    live, address = account["RouteTable/private"], at("RouteTable/private")
    making = Step(address, State.DRIFTED, Action.UPDATE, live, calls=tuple(at_work))
    found = tasks(Plan("web", "1", "us-east-1", (making,)), stack)
    needs = {task.call.operation: {other.call.operation for other in task.after} for task in found.values()}
    assert {"Tag": set(), "SetA": {"Tag"}, "Add": {"Tag"}, "SetB": {"Add"}, "Give": {"Add"}} == needs
    follows = {task.call.operation: {other.call.operation for other in task.over} for task in found.values()}
    assert {"Tag": set(), "SetA": set(), "Add": {"SetA"}, "SetB": set(), "Give": {"SetB"}} == follows
    going = Step(
        address, State.ORPHANED, Action.DELETE, live, removal=(*at_work, Call("ec2", "End", {}, deletes=True))
    )
    (end,) = [task for task in tasks_of(Plan("web", "1", "us-east-1", (going,)), stack, CATALOG) if task.call.deletes]
    assert {"Tag", "SetA", "Add", "SetB", "Give"} == {other.call.operation for other in end.after}


def naming_each_other(*extra: str) -> dict[str, Any]:
    """Two groups whose rules name each other, and some that name the first."""

    def rule(group: str) -> dict[str, Any]:
        return {"protocol": "tcp", "fromPort": 1, "toPort": 1, "group": group}

    groups = {"a": "b", "b": "a", **dict.fromkeys(extra, "a")}
    return {
        "Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}},
        "SecurityGroup": {each: {"vpc": "main", "ingress": [rule(peer)]} for each, peer in groups.items()},
    }


RULE = "AuthorizeSecurityGroupIngress SecurityGroup"


def test_a_circle_of_preferences_is_dropped_and_no_other() -> None:
    """Two groups that name each other do not wait for each other's rules; a third still waits for theirs."""
    stack = stack_of(naming_each_other("c"))
    found = tasks(Account().plan(stack), stack)
    both = {"CreateSecurityGroup SecurityGroup/a", "CreateSecurityGroup SecurityGroup/b"}
    assert must(found[f"{RULE}/a"]) == both
    assert must(found[f"{RULE}/b"]) == both
    assert prefers(found[f"{RULE}/a"]) == prefers(found[f"{RULE}/b"]) == set()
    assert prefers(found[f"{RULE}/c"]) == {f"{RULE}/a"}


# --- what goes ---


def test_deletion_is_the_mirror_of_creation(stack: Stack) -> None:
    """Users go before what they use; what gives is undone after those that use what it gives to."""
    found = tasks(Account(stack).destroy_plan(stack), stack)
    assert "DeleteSubnet Subnet/public" in must(found["DeleteVpc Vpc/main"])
    assert "DeleteNatGateway NatGateway/a" in must(found["ReleaseAddress ElasticIp/nat"])
    assert "DeleteNatGateway NatGateway/a" in before(found["DisassociateRouteTable RouteTable/public"])
    assert "DeleteNatGateway NatGateway/a" in before(found["DetachInternetGateway InternetGateway/main"])


def test_what_lingers_has_to_be_gone(stack: Stack) -> None:
    """A NAT gateway that is being deleted still holds its address and its subnet."""
    found = tasks(Account(stack).destroy_plan(stack), stack)
    for each in ("ReleaseAddress ElasticIp/nat", "DeleteSubnet Subnet/public"):
        assert found[each].gone == {Thing("NatGateway", "nat-a")}
    assert found["DeleteSubnet Subnet/private"].gone == set()


def test_what_gives_and_lingers_does_not_wait_for_itself(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an Auto Scaling group does, which gives itself to its target groups and takes its time to go."""
    monkeypatch.setattr(type(CATALOG["RouteTable"]), "lingers", True)
    found = tasks(Account(stack).destroy_plan(stack), stack)
    undoing = found["DisassociateRouteTable RouteTable/public"]
    assert not any(thing.kind == "RouteTable" for thing in undoing.gone)


def test_what_is_leaving_still_holds(stack: Stack) -> None:
    """The deletion was asked for in an earlier pass: its address is not released before it is gone."""
    account = Account(stack)
    account.phase("NatGateway/a", Phase.LEAVING)
    found = tasks(account.destroy_plan(stack), stack, account)
    assert "DeleteNatGateway NatGateway/a" not in found
    assert found["ReleaseAddress ElasticIp/nat"].gone == {Thing("NatGateway", "nat-a")}
    assert found["DisassociateRouteTable RouteTable/public"].gone == {Thing("NatGateway", "nat-a")}


def test_a_new_one_is_not_made_while_the_old_one_holds_its_value(stack: Stack) -> None:
    """The same Elastic IP: AWS would refuse, or make a gateway that fails."""
    account = Account(stack)
    account.phase("NatGateway/a", Phase.LEAVING)
    found = tasks(account.plan(stack), stack, account)
    assert found["CreateNatGateway NatGateway/a"].gone == {Thing("NatGateway", "nat-a")}


def test_removal_follows_what_is_observed_not_the_document() -> None:
    """Orphans have no document any more: what they refer to is seen on the live things alone."""
    whole, empty = stack_of(network()), stack_of({})
    found = tasks(Account(whole).plan(empty), empty)
    assert "DeleteNatGateway NatGateway/a" in must(found["DeleteSubnet Subnet/public"])
    account = Account(whole)
    account.set("NatGateway/a", subnet="subnet-private")
    found = tasks(account.plan(empty), empty)
    assert "DeleteNatGateway NatGateway/a" not in must(found["DeleteSubnet Subnet/public"])
    assert "DeleteNatGateway NatGateway/a" in must(found["DeleteSubnet Subnet/private"])


def test_a_reference_that_is_emptied_is_let_go_before_its_holder_is_deleted() -> None:
    """Two groups that name each other: both rules go, then both groups, neither waits for the other."""
    stack = stack_of(naming_each_other())
    found = tasks(Account(stack).destroy_plan(stack), stack)
    for one, other in (("a", "b"), ("b", "a")):
        assert must(found[f"DeleteSecurityGroup SecurityGroup/{one}"]) == {
            f"RevokeSecurityGroupIngress SecurityGroup/{one}",
            f"RevokeSecurityGroupIngress SecurityGroup/{other}",
        }


def test_the_old_one_goes_after_its_users_have_moved(stack: Stack) -> None:
    """The new subnet, its association, then the old subnet."""
    account = Account(stack)
    stack = stack_of(changed(network(), "Subnet/private", cidrBlock="10.0.9.0/24"))
    found = tasks(account.plan(stack), stack)
    assert {"CreateSubnet Subnet/private", "AssociateRouteTable RouteTable/private"} <= before(
        found["DeleteSubnet Subnet/private"]
    )


def test_where_the_old_one_goes_first_the_new_one_waits_until_it_is_gone(stack: Stack) -> None:
    """One Elastic IP: delete, gone, create; and the route follows the new one."""
    account = Account(stack)
    stack = stack_of(changed(network(), "NatGateway/a", subnet="private"))
    found = tasks(account.plan(stack), stack)
    assert "DeleteNatGateway NatGateway/a" in must(found["CreateNatGateway NatGateway/a"])
    assert found["CreateNatGateway NatGateway/a"].gone == {Thing("NatGateway", "nat-a")}
    assert "CreateNatGateway NatGateway/a" in before(found["ReplaceRoute RouteTable/private"])


def test_an_orphan_goes_after_who_still_uses_it(stack: Stack) -> None:
    """The table is pointed elsewhere first, then the gateway that left the document is deleted."""
    account = Account(stack)
    resources = changed(without(network(), "NatGateway/a"), "NatGateway/b", subnet="public")
    route = {"destination": ANYWHERE, "natGateway": "b"}
    after = stack_of(changed(resources, "RouteTable/private", routes=[route]))
    found = tasks(account.plan(after), after)
    assert "ReplaceRoute RouteTable/private" in must(found["DeleteNatGateway NatGateway/a"])


def test_what_holds_a_thing_that_goes_first_does_not_wait_for_the_new_one(stack: Stack) -> None:
    """The old table leads to the old gateway, which goes first: so it cannot wait for the whole of the new table."""
    account = Account(stack)
    stack = stack_of(changed(network(), "Vpc/main", instanceTenancy="dedicated"))
    found = tasks(account.plan(stack), stack)
    old, new = found["DeleteRouteTable RouteTable/private"], found["CreateRoute RouteTable/private"]
    assert name(old) in before(new)
    public = found["DisassociateRouteTable RouteTable/public"]
    assert "AssociateRouteTable RouteTable/public" in must(public), "the other table is in no such need"


def test_an_orphan_in_the_way_does_not_wait_for_those_it_is_in_the_way_of() -> None:
    """A gateway that left the document stands in a subnet that goes first: it goes before its routes are moved."""
    account = Account(stack_of(network()))
    resources = changed(without(network(), "NatGateway/a"), "RouteTable/private", subnets=["public"], routes=[])
    resources = changed(resources, "RouteTable/public", subnets=[])
    stack = stack_of(changed(resources, "Subnet/public", availabilityZone="us-east-1b"))
    found = tasks(account.plan(stack), stack)
    assert "DeleteNatGateway NatGateway/a" in before(found["CreateSubnet Subnet/public"])


# --- size ---


def hub(size: int) -> Stack:
    """One VPC in which everything is: three nodes for each of `size` places, and what gives to all of them."""
    subnets = {f"s{n}": {"vpc": "main", "cidrBlock": f"10.{n >> 8}.{n & 255}.0/24"} for n in range(size)}
    route = {"destination": ANYWHERE, "internetGateway": "main"}
    rule = {"protocol": "tcp", "fromPort": 1, "toPort": 1, "group": "s0"}
    return stack_of(
        {
            "Vpc": {"main": {"cidrBlock": "10.0.0.0/8"}},
            "InternetGateway": {"main": {"vpc": "main"}},
            "NetworkAcl": {"all": {"vpc": "main", "subnets": list(subnets)}},
            "Subnet": subnets,
            "RouteTable": {n: {"vpc": "main", "subnets": [n], "routes": [route]} for n in subnets},
            "SecurityGroup": {n: {"vpc": "main", "ingress": [rule]} for n in subnets},
        }
    )


def edges(found: Iterable[Task]) -> int:
    """How much there is to wait for altogether."""
    return sum(len(task.earlier) + len(task.gone) for task in found)


def test_ten_thousand_new_nodes_cost_in_proportion() -> None:
    """Preferences do not multiply: what all are in and all are given is one edge for each, not one for each pair."""
    stack = hub(3333)
    found = tasks_of(Account().plan(stack), stack, CATALOG)
    assert len(stack.nodes) > 10_000
    assert edges(found) < 6 * len(found)
    assert len(ordered(found)) == len(found)


def test_ten_thousand_nodes_are_removed_in_proportion() -> None:
    """The same for a whole destroy."""
    stack = hub(3333)
    account = Account(stack)
    account.lives["default"] = Live("NetworkAcl", "acl-default", {"vpc": "vpc-main", "default": True}, {})
    found = tasks_of(account.destroy_plan(stack), stack, CATALOG)
    assert edges(found) < 6 * len(found)
    assert len(ordered(found)) == len(found)


# --- no dead lock ---

VPCS, SUBNETS, TABLES, NATS, GROUPS = ("m", "n"), ("s", "t", "u"), ("x", "y"), ("a", "b"), ("f", "g", "h")


@st.composite
def documents(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Small documents over the same names, with references, circles of groups, moves and gaps."""

    def one(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    def some(values: Iterable[str]) -> list[str]:
        return [each for each in values if draw(st.booleans())]

    nats = {n: {"subnet": one(*SUBNETS), "elasticIp": n} for n in some(NATS)}
    targets = [{"internetGateway": "i"}, *({"natGateway": nat} for nat in nats)]
    homes = {subnet: one(*TABLES, "") for subnet in SUBNETS}
    rule = {"protocol": "tcp", "fromPort": 1, "toPort": 1}
    return {
        "Vpc": {v: {"cidrBlock": one("10.0.0.0/16", "10.1.0.0/16")} for v in VPCS},
        "InternetGateway": {"i": {"vpc": one(*VPCS)} if draw(st.booleans()) else {}},
        "ElasticIp": {nat: {} for nat in NATS},
        "Subnet": {
            s: {"vpc": one(*VPCS), "cidrBlock": f"10.0.{one(n, n + 5)}.0/24", "availabilityZone": one("1a", "1b")}
            for n, s in enumerate(SUBNETS)
        },
        "NatGateway": nats,
        "RouteTable": {
            t: {
                "vpc": one(*VPCS),
                "subnets": [s for s, home in homes.items() if home == t],
                "routes": [{"destination": ANYWHERE, **one(*targets)}] if draw(st.booleans()) else [],
            }
            for t in TABLES
        },
        "SecurityGroup": {
            g: {
                "vpc": one(*VPCS),
                "description": one("x", "y"),
                "ingress": [{**rule, "group": peer} for peer in some(GROUPS)],
            }
            for g in GROUPS
        },
        "VpcEndpoint": {
            e: {
                "vpc": one(*VPCS),
                "serviceName": one("com.amazonaws.us-east-1.ec2", "com.amazonaws.us-east-1.ssm"),
                "vpcEndpointType": "Interface",
                "subnets": some(SUBNETS),
                "securityGroups": some(GROUPS),
            }
            for e in some(("e",))
        },
    }


@settings(deadline=None)
@given(documents(), documents(), st.sets(st.integers(0, 40), max_size=6), st.sets(st.integers(0, 40), max_size=3))
def test_every_plan_can_be_carried_out(
    was: dict[str, Any], becomes: dict[str, Any], lost: set[int], leaving: set[int]
) -> None:
    """From whatever is live to whatever is wanted, no call ever waits for itself, by way of any others."""
    account, stack = Account(stack_of(was)), stack_of(becomes)
    names = sorted(account.lives)
    for number in leaving:
        if number < len(names):
            account.phase(names[number], Phase.LEAVING)
    account.lose(*(names[number] for number in lost if number < len(names)))
    gone = [live for live in account.lives.values() if live.phase is Phase.LEAVING]
    for plan in (account.plan(stack), account.destroy_plan(stack), Account().plan(stack)):
        found = tasks_of(plan, stack, CATALOG, gone)
        assert len(ordered(found)) == sum(len(s.calls) + len(s.removal) for s in plan.acting())


def test_every_reference_of_a_document_is_an_edge(stack: Stack) -> None:
    """The picture of the graph shows who refers to whom, each pair once, itself left out."""
    found = edges_of(stack.nodes)
    assert (at("NatGateway/a"), at("Subnet/public")) in found
    assert (at("SecurityGroup/app"), Address("SecurityGroup", "door")) in found
    assert len(found) == len(set(found))
    assert all(one != other for one, other in found)
