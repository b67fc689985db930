"""Whole stories on the strict stand-in for EC2: drift, loss and replacement, from the first pass to the last."""

from collections.abc import Callable
from math import ceil
from typing import Any

import pytest

from controller.core.model.stack import Stack
from controller.core.planning.step import Action, State
from controller.engine.reconcile import Intent
from emulators.ec2.store import ZONES
from tests.clock import Clock
from tests.core.account import ANYWHERE, changed, network, without
from tests.engine.harness import CATALOG, Account, acting, made, resolved, step, unsettled

PREFIXES = {
    "Vpc": "vpc",
    "Subnet": "subnet",
    "InternetGateway": "igw",
    "ElasticIp": "eipalloc",
    "NatGateway": "nat",
    "RouteTable": "rtb",
    "SecurityGroup": "sg",
    "NetworkAcl": "acl",
    "VpcEndpoint": "vpce",
}


@pytest.fixture
def stack(account: Account) -> Stack:
    return account.stack(network())


# --- what a pass costs ---


def formula(account: Account, stack: Stack) -> dict[str, int]:
    """Σ⌈n/page⌉ over the kinds of the document."""
    found = {}
    for name in {address.kind for address in stack.nodes}:
        listing: Any = CATALOG[name].listing  # type: ignore[attr-defined]
        number = len(account.server.world.things[PREFIXES[name]])
        found[listing.operation] = ceil(number / listing.page) if listing.page else 1
    return found


@pytest.mark.parametrize("networks", [1, 10, 25])
def test_a_pass_in_sync_costs_what_the_formula_says(account: Account, clock: Clock, networks: int) -> None:
    """One bulk listing a kind, details only every ten minutes, and not a read more; no write at all."""
    stack = account.stack(account.server.populate(21 * networks, "web")["spec"]["resources"])
    assert len(stack.nodes) == 21 * networks
    controller = account.starts()
    assert account.turn(stack, controller).plan.in_sync
    since = account.mark()
    assert account.turn(stack, controller).plan.in_sync
    assert account.reads(since) == formula(account, stack)
    clock.time += 599
    controller.searched["us-east-1"] = clock.time
    clock.time += 2
    since = account.mark()
    assert account.turn(stack, controller).plan.in_sync
    assert account.reads(since) == {**formula(account, stack), "DescribeVpcAttribute": 2 * networks}
    assert account.writes() == []


def test_ten_times_the_nodes_within_a_page_add_no_call(account: Account) -> None:
    """The cost follows pages, not nodes."""
    small = account.stack(account.server.populate(21, "small")["spec"]["resources"], "small")
    before = formula(account, small)
    large = account.stack(account.server.populate(210, "large")["spec"]["resources"], "large")
    controller = account.starts()
    account.turn(large, controller)
    since = account.mark()
    assert account.turn(large, controller).plan.in_sync
    assert account.reads(since) == before


# --- the plan is what is done ---


def detach(account: Account) -> None:
    gateway, vpc = account.ids("igw")[0], account.ids("vpc")[0]
    account.by_hand("DetachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)


def delete_nat(account: Account) -> None:
    account.by_hand("DeleteNatGateway", NatGatewayId=account.ids("nat")[0])


def open_door(account: Account) -> None:
    group = next(g for g in account.server.world.things["sg"].values() if g["GroupName"] == "web-door")
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    account.by_hand("AuthorizeSecurityGroupIngress", GroupId=group.id, IpPermissions=[permission])


def turn_names_off(account: Account) -> None:
    account.by_hand("ModifyVpcAttribute", VpcId=account.ids("vpc")[0], EnableDnsHostnames={"Value": False})


def lose_route(account: Account) -> None:
    table = next(t for t in account.server.world.things["rtb"].values() if t.tags.get("Name") == "web-public")
    account.by_hand("DeleteRoute", RouteTableId=table.id, DestinationCidrBlock=ANYWHERE)


def lose_association(account: Account) -> None:
    tables = account.server.world.things["rtb"].values()
    table = next(t for t in tables if t.tags.get("Name") == "web-private")
    account.by_hand("DisassociateRouteTable", AssociationId=table["Associations"][0]["RouteTableAssociationId"])


def rename(account: Account) -> None:
    tags = [{"Key": "Name", "Value": "mine"}]
    account.by_hand("CreateTags", Resources=[account.ids("subnet")[0], account.ids("nat")[0]], Tags=tags)


DRIFTS: list[Callable[[Account], None]] = [
    turn_names_off,
    open_door,
    lose_route,
    lose_association,
    rename,
    delete_nat,
]


def test_an_empty_account_is_filled_in_one_pass(account: Account, stack: Stack) -> None:
    """Invariants 1 and 2: the plan's calls are those that are made, and the second pass makes none."""
    plan = account.plan(stack)
    assert account.writes() == []
    done = account.turn(stack)
    assert (done.outcome.failed, done.outcome.deferred) == ({}, {})
    requests = account.writes()
    later = account.turn(stack).plan
    assert later.in_sync, unsettled(later)
    assert made(requests) == resolved(plan, later)
    assert account.writes() == requests


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_drift_is_corrected_by_the_planned_calls(
    account: Account, stack: Stack, drift: Callable[[Account], None]
) -> None:
    """Invariants 1 and 2 for each kind of drift: seen, planned, done as planned, then quiet."""
    controller = account.starts()
    account.settled(stack, controller)
    account.clock.time += 60
    drift(account)
    plan = account.plan(stack)
    assert not plan.in_sync
    since = account.mark()
    account.turn(stack, controller, fresh=True)
    requests = account.writes(since)
    later = account.turn(stack).plan
    assert later.in_sync, unsettled(later)
    assert made(requests) == resolved(plan, later)
    assert account.writes(since) == requests


def test_observe_mode_writes_nothing(account: Account, stack: Stack) -> None:
    """It detects and reports, however much there is to be done."""
    account.settled(stack)
    for drift in DRIFTS:
        drift(account)
    since = account.mark()
    done = account.turn(account.stack(network(), mode="Observe"))
    assert done.plan.summary()["blocked"] > 0
    assert account.writes(since) == []


def test_another_account_is_neither_read_nor_written(account: Account) -> None:
    """The document names its account: with other credentials nothing but their account is asked for."""
    stack = account.stack(network(), accountId="999999999999")
    (result,) = account.starts().passes([stack], Intent(fresh=True))
    assert "999999999999" in str(result.error)
    assert [each.operation for each in account.requests()] == ["GetCallerIdentity"]


# --- identity ---


def test_stripped_owner_tags_are_put_back_and_nothing_else(account: Account, stack: Stack) -> None:
    """A program without memory knows the VPC by what stands in it: one tag call, no child is touched."""
    account.settled(stack)
    (vpc,) = account.ids("vpc")
    keys = [{"Key": key} for key in ("holdfast.dev/stack", "holdfast.dev/name")]
    account.by_hand("DeleteTags", Resources=[vpc], Tags=keys)
    plan = account.plan(stack)
    assert acting(plan) == {"Vpc/main": "update"}
    assert [call.operation for call in step(plan, "Vpc/main").calls] == ["CreateTags"]
    since = account.mark()
    account.settled(stack)
    assert account.operations(since) == ["CreateTags"]
    assert account.ids("vpc") == [vpc]


def test_orphans_are_shown_and_deleted_only_where_allowed(account: Account, stack: Stack) -> None:
    """In every plan; kept without Delete in `allow`, kept where retained by tag, else deleted."""
    account.settled(account.stack(changed(network(), "SecurityGroup/door", lifecycle={"retain": True})))
    resources = without(network(), "SecurityGroup/app", "SecurityGroup/door")
    since = account.mark()
    timid = account.turn(account.stack(resources, allow=["Create", "Update"]))
    assert step(timid.plan, "SecurityGroup/app").state is State.ORPHANED
    assert account.writes(since) == []
    done = account.converge(account.stack(resources)).done
    assert done is not None
    assert [str(each.address) for each in done.plan.steps if each.state is State.ORPHANED] == ["SecurityGroup/door"]
    assert account.operations(since) == ["DeleteSecurityGroup"]


# --- loss and replacement ---


def test_a_lost_gateway_is_made_once_and_its_routes_follow(slow: Account) -> None:
    """The routes are consequences, not drift; while AWS works nothing blocks, and no pass is wasted."""
    stack, controller = slow.stack(network()), slow.starts()
    slow.settled(stack, controller)
    slow.by_hand("DeleteNatGateway", NatGatewayId=slow.ids("nat")[0])
    slow.clock.time += 31
    plan = slow.plan(stack)
    assert acting(plan) == {"NatGateway/a": "create", "RouteTable/private": "update"}
    assert step(plan, "RouteTable/private").drift == ()
    since = slow.mark()
    slow.settled(stack, controller)
    assert slow.operations(since) == ["CreateNatGateway", "ReplaceRoute"]


def test_a_slow_gateway_costs_no_more_than_two_passes(slow: Account) -> None:
    """All but its route, and what comes after that, is made at once; one pass after it is there, all is done."""
    stack, controller = slow.stack(network()), slow.starts()
    first = slow.turn(stack, controller)
    assert set(map(str, first.outcome.deferred)) == {"RouteTable/private"}
    idle = slow.turn(stack, controller)
    assert idle.outcome.done == 0
    assert step(idle.plan, "NatGateway/a").state is State.PENDING
    slow.clock.time += 61
    assert slow.turn(stack, controller).outcome.done == 2
    assert slow.turn(stack, controller).plan.in_sync


def test_a_gateway_that_is_leaving_is_waited_for(slow: Account) -> None:
    """Its address is still held: no call is made in vain, and one create once it is gone."""
    stack, controller = slow.stack(network()), slow.starts()
    slow.settled(stack, controller)
    slow.by_hand("DeleteNatGateway", NatGatewayId=slow.ids("nat")[0])
    since = slow.mark()
    slow.turn(stack, controller)
    assert slow.operations(since) == []
    slow.settled(stack, controller)
    assert slow.operations(since) == ["CreateNatGateway", "ReplaceRoute"]


def test_a_new_range_is_a_new_subnet_before_the_old_one_goes(account: Account, stack: Stack) -> None:
    """What must be unique differs: make, move, delete; the table is never without a subnet."""
    account.settled(stack)
    since = account.mark()
    account.settled(account.stack(changed(network(), "Subnet/private", cidrBlock="10.0.9.0/24")))
    assert account.operations(since) == [
        "CreateTags",  # what says that the old one is left over, should this be cut short
        "CreateSubnet",
        "AssociateRouteTable",
        "DisassociateRouteTable",
        "DeleteSubnet",
    ]


def test_a_kept_range_goes_first_with_all_that_stands_in_it(slow: Account) -> None:
    """Another zone, the same range: the gateway goes, then the subnet, then both come again."""
    slow.settled(slow.stack(network()))
    since = slow.mark()
    moved = slow.stack(changed(network(), "Subnet/public", availabilityZone=ZONES[1]))
    slow.settled(moved)
    operations = slow.operations(since)
    assert [each for each in operations if each.startswith(("Create", "Delete"))] == [
        "DeleteNatGateway",
        "DeleteSubnet",
        "CreateSubnet",
        "CreateNatGateway",
    ]
    # The association went with the old subnet, so it is not there any more to be taken away.
    assert {each.operation for each in slow.writes(since) if each.error} <= {"DisassociateRouteTable"}
    assert len(slow.ids("eipalloc")) == 1


def test_a_whole_network_is_replaced(slow: Account) -> None:
    """Another VPC: everything moves, nothing is left over, nothing waits for itself."""
    slow.settled(slow.stack(network()))
    slow.settled(slow.stack(changed(network(), "Vpc/main", instanceTenancy="dedicated")))
    assert {prefix: len(slow.ids(prefix)) for prefix in ("vpc", "subnet", "nat", "igw", "eipalloc")} == {
        "vpc": 1,
        "subnet": 2,
        "nat": 1,
        "igw": 1,
        "eipalloc": 1,
    }


def test_a_whole_network_is_destroyed_in_order(slow: Account) -> None:
    """No call is refused on the way, and nothing that the stack made is left."""
    stack = slow.stack(network())
    slow.settled(stack)
    since = slow.mark()
    done = slow.converge(stack, destroy=True).done
    assert done is not None
    assert done.plan.steps == ()
    assert [each for each in slow.writes(since) if each.error] == []
    assert {prefix: slow.ids(prefix) for prefix in PREFIXES.values()} == {prefix: [] for prefix in PREFIXES.values()}


# --- groups ---


def naming_each_other() -> dict[str, Any]:
    """Two groups whose rules name each other."""
    rule = {"protocol": "tcp", "fromPort": 1, "toPort": 1}
    groups = {"a": "b", "b": "a"}
    return {
        "Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}},
        "SecurityGroup": {g: {"vpc": "main", "ingress": [{**rule, "group": peer}]} for g, peer in groups.items()},
    }


def test_groups_that_name_each_other_come_and_go(account: Account) -> None:
    """One pass makes them, one pass deletes them, and AWS refuses nothing on the way."""
    stack = account.stack(naming_each_other())
    account.turn(stack)
    assert account.turn(stack).plan.in_sync
    account.turn(stack, destroy=True)
    assert account.ids("vpc") == account.ids("sg") == []
    assert all(each.error is None for each in account.writes())


def rule(port: int, **more: Any) -> dict[str, Any]:
    """A rule that lets everybody in."""
    return {"protocol": "tcp", "fromPort": port, "toPort": port, "cidr": ANYWHERE, **more}


def ports(request: Any) -> set[int]:
    """The ports that a request is about."""
    return {permission["FromPort"] for permission in request.parameters["IpPermissions"]}


def test_an_unchanged_rule_is_never_revoked(account: Account) -> None:
    """Only the difference, and what comes comes before what goes: no moment without either."""
    before = changed(network(), "SecurityGroup/door", ingress=[rule(80), rule(443), rule(8443)])
    account.settled(account.stack(before))
    since = account.mark()
    after = changed(network(), "SecurityGroup/door", ingress=[rule(9443), rule(443, description="x"), rule(80)])
    account.settled(account.stack(after))
    added, described, revoked = account.writes(since)
    assert (added.operation, ports(added)) == ("AuthorizeSecurityGroupIngress", {9443})
    assert described.operation == "UpdateSecurityGroupRuleDescriptionsIngress"
    assert (revoked.operation, ports(revoked)) == ("RevokeSecurityGroupIngress", {8443})


def test_a_route_is_replaced_in_place(account: Account, stack: Stack) -> None:
    """Between two targets there is no moment without a route."""
    account.settled(stack)
    since = account.mark()
    route = {"destination": ANYWHERE, "internetGateway": "main"}
    account.settled(account.stack(changed(network(), "RouteTable/private", routes=[route])))
    assert account.operations(since) == ["ReplaceRoute"]


def test_a_subnet_moves_between_tables_by_one_call(account: Account, stack: Stack) -> None:
    """One list's addition is the other's removal, and never a moment on the main table."""
    account.settled(stack)
    resources = changed(network(), "RouteTable/public", subnets=["public", "private"])
    since = account.mark()
    account.settled(account.stack(changed(resources, "RouteTable/private", subnets=[])))
    assert account.operations(since) == ["ReplaceRouteTableAssociation"]


def test_a_plan_for_a_group_that_must_be_made_anew_can_be_carried_out(account: Account, stack: Stack) -> None:
    """Its description cannot be changed, its name is unique within the VPC: the new one has a name of its own."""
    account.settled(stack)
    other = account.stack(changed(network(), "SecurityGroup/app", description="Another purpose"))
    assert step(account.plan(other), "SecurityGroup/app").action is Action.REPLACE
    account.settled(other)
