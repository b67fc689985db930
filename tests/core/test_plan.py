"""The plan: what is to be done to every node, why, and by which calls."""

from dataclasses import replace
from typing import Any

import pytest

from controller.core.model.call import Change
from controller.core.model.live import Live, Phase
from controller.core.model.node import Lifecycle
from controller.core.model.ownership import OWNER_REPLACED
from controller.core.model.reference import Placeholder, placeholders_in
from controller.core.model.stack import Allow, Stack
from controller.core.planning.guard import REPEAT_LIMIT, fingerprint_of
from controller.core.planning.step import Action, Plan, State
from tests.core.account import (
    ANYWHERE,
    CATALOG,
    Account,
    acting,
    at,
    changed,
    network,
    operations,
    stack_of,
    step,
    without,
)
from tests.core.library import book, library, plan_of, shelf, thing, title

CREATES_OF_A_NETWORK = [
    ("AllocateAddress", "ElasticIp/nat", []),
    ("AssociateRouteTable", "RouteTable/private", ["RouteTable/private", "Subnet/private"]),
    ("AssociateRouteTable", "RouteTable/public", ["RouteTable/public", "Subnet/public"]),
    ("AttachInternetGateway", "InternetGateway/main", ["InternetGateway/main", "Vpc/main"]),
    ("AuthorizeSecurityGroupIngress", "SecurityGroup/app", ["SecurityGroup/app", "SecurityGroup/door"]),
    ("AuthorizeSecurityGroupIngress", "SecurityGroup/door", ["SecurityGroup/door"]),
    ("CreateInternetGateway", "InternetGateway/main", []),
    ("CreateNatGateway", "NatGateway/a", ["ElasticIp/nat", "Subnet/public"]),
    ("CreateRoute", "RouteTable/private", ["NatGateway/a", "RouteTable/private"]),
    ("CreateRoute", "RouteTable/public", ["InternetGateway/main", "RouteTable/public"]),
    ("CreateRouteTable", "RouteTable/private", ["Vpc/main"]),
    ("CreateRouteTable", "RouteTable/public", ["Vpc/main"]),
    ("CreateSecurityGroup", "SecurityGroup/app", ["Vpc/main"]),
    ("CreateSecurityGroup", "SecurityGroup/door", ["Vpc/main"]),
    ("CreateSubnet", "Subnet/private", ["Vpc/main"]),
    ("CreateSubnet", "Subnet/public", ["Vpc/main"]),
    ("CreateVpc", "Vpc/main", []),
    ("ModifyVpcAttribute", "Vpc/main", ["Vpc/main"]),
]


def calls(plan: Plan) -> list[tuple[str, str, list[str]]]:
    """Operation, node, and the nodes its placeholders name, of every call that makes or changes."""
    return [
        (call.operation, str(each.address), sorted({str(p.address) for p in placeholders_in(call.parameters)}))
        for each in plan.steps
        for call in each.calls
    ]


# --- from nothing ---


def test_an_empty_account_is_planned_to_the_end(stack: Stack) -> None:
    """One plan has every call that is ever needed, with placeholders for what only AWS can say."""
    plan = Account().plan(stack)
    assert plan.summary()["create"] == len(stack.nodes)
    assert plan.summary()["blocked"] == 0
    assert sorted(calls(plan)) == CREATES_OF_A_NETWORK


def test_every_planned_call_fits_awss_own_model(stack: Stack) -> None:
    """The parameters of a plan are right before anything is sent, placeholders standing in."""
    for each in Account().plan(stack).steps:
        for call in each.calls:
            assert CATALOG[each.address.kind].problems(call) == []


def test_parents_come_before_their_children(stack: Stack) -> None:
    """The plan reads in the order in which things can be made."""
    order = [str(each.address) for each in Account().plan(stack).steps]
    for child, parent in (("Subnet/public", "Vpc/main"), ("NatGateway/a", "Subnet/public")):
        assert order.index(parent) < order.index(child)


def test_what_the_document_says_is_in_sync(stack: Stack, account: Account) -> None:
    """A settled account asks for nothing."""
    plan = account.plan(stack)
    assert plan.in_sync
    assert plan.empty
    assert operations(plan) == []


# --- a lost node ---


def test_a_lost_gateway_is_one_create_and_consequences(stack: Stack, account: Account) -> None:
    """The routes that led to it are no drift of their tables: they are consequences of its creation."""
    account.lose("NatGateway/a")
    plan = account.plan(stack)
    assert acting(plan) == {"NatGateway/a": "create", "RouteTable/private": "update"}
    assert sorted(operations(plan)) == ["CreateNatGateway", "ReplaceRoute"]
    table = step(plan, "RouteTable/private")
    assert table.state is State.IN_SYNC
    assert table.drift == ()
    assert [str(change.because) for change in table.changes] == ["NatGateway/a"]


@pytest.mark.parametrize("parent", ["Vpc/main", "Subnet/public", "ElasticIp/nat"])
def test_a_missing_parent_replaces_nothing(stack: Stack, account: Account, parent: str) -> None:
    """Invariant 9: whatever is missing, its children stay as they are."""
    account.lose(parent)
    actions = {str(step.address): step.action for step in account.plan(stack).steps}
    assert set(actions.values()) <= {Action.NONE, Action.CREATE, Action.UPDATE}
    assert [address for address, action in actions.items() if action is Action.CREATE] in ([], [parent])


@pytest.mark.parametrize("kind", sorted(CATALOG))
def test_an_unknown_kind_changes_nothing(stack: Stack, account: Account, kind: str) -> None:
    """Invariant 4: a listing that fails leads to no call at all, and nothing is shown as in sync that is not."""
    account.failed[kind] = "denied"
    plan = account.plan(stack)
    assert operations(plan) == []
    assert plan.incomplete == (f"{kind}: denied",)
    states = {step.state for step in plan.steps if step.address.kind == kind}
    assert states <= {State.UNKNOWN}
    assert plan.in_sync is (states == set())


def test_what_is_not_compared_is_said(stack: Stack, account: Account) -> None:
    """Invariant 7: a reference to something unknown is named with the reason."""
    account.failed["NatGateway"] = "denied"
    table = step(account.plan(stack), "RouteTable/private")
    assert table.uncompared == (f"routes[{ANYWHERE}].natGateway: NatGateway/a is unknown: denied",)


def test_a_detail_that_could_not_be_read_makes_its_node_unknown(stack: Stack, account: Account) -> None:
    """The node is not written; others may still refer to it."""
    account.set("Vpc/main", enableDnsHostnames=False)
    account.lose("SecurityGroup/app")
    plan = account.plan(stack, unread={at("Vpc/main"): "denied"})
    assert step(plan, "Vpc/main").state is State.UNKNOWN
    assert acting(plan) == {"SecurityGroup/app": "create"}


def test_what_is_not_all_there_is_makes_its_node_unknown(stack: Stack, account: Account) -> None:
    """A thing of which a part could not be read is neither compared nor replaced."""
    account.set("Vpc/main", cidrBlock="10.9.0.0/16", enableDnsHostnames=False)
    account.lives["Vpc/main"] = replace(account["Vpc/main"], unread="cut")
    plan = account.plan(stack)
    assert (State.UNKNOWN, "cut") == (step(plan, "Vpc/main").state, step(plan, "Vpc/main").note)
    assert acting(plan) == {}


def test_a_detail_that_could_not_be_read_replaces_no_children(stack: Stack, account: Account) -> None:
    """Even if the rest of the node asks for a replacement: it is not made, so its children stay."""
    account.set("Vpc/main", cidrBlock="10.9.0.0/16")
    plan = account.plan(stack, unread={at("Vpc/main"): "denied"})
    assert acting(plan) == {}


def test_what_was_made_a_moment_ago_is_not_made_again(stack: Stack, account: Account) -> None:
    """A listing may lag behind a create call: until it shows the thing, the node is pending."""
    account.lose("NatGateway/a")
    plan = account.plan(stack, settling={at("NatGateway/a"): "nat-new"})
    assert step(plan, "NatGateway/a").state is State.PENDING
    assert operations(plan) == []


def test_a_pending_node_is_neither_drifted_nor_in_sync(stack: Stack, account: Account) -> None:
    """Others compare with it as soon as it has an id; it is only not ready."""
    account.phase("NatGateway/a", Phase.PENDING)
    plan = account.plan(stack)
    assert step(plan, "NatGateway/a").state is State.PENDING
    assert plan.empty
    assert not plan.in_sync


# --- what nobody will make ---


def test_what_needs_a_blocked_node_is_blocked_with_it(account: Account) -> None:
    """A call that names what nobody will make is not planned as if it could be made."""
    stack = stack_of(network(), allow=frozenset({Allow.UPDATE}))
    account.lose("NatGateway/a")
    plan = account.plan(stack)
    nat, table = step(plan, "NatGateway/a"), step(plan, "RouteTable/private")
    assert nat.blocked is not None
    assert nat.blocked.by == "allow"
    assert acting(plan) == {}
    assert table.uncompared != ()


def test_a_node_that_cannot_be_made_is_withheld_from_all_others(stack: Stack, account: Account) -> None:
    """A NAT gateway whose subnet is in conflict is not made; so no route is planned to lead to it."""
    account.lose("NatGateway/a")
    account.unmark("Subnet/public")
    account.set("RouteTable/public", subnets=[])
    plan = account.plan(stack)
    nat, table = step(plan, "NatGateway/a"), step(plan, "RouteTable/private")
    assert step(plan, "Subnet/public").state is State.CONFLICT
    assert nat.blocked is not None
    assert nat.blocked.by == "reference"
    assert not table.acts
    assert table.uncompared != ()


def test_a_node_is_made_without_what_cannot_be_made_yet(stack: Stack) -> None:
    """One route in conflict does not keep its table from being made; no subnet gets one that is not whole."""
    account = Account(stack)
    account.lose("RouteTable/private")
    account.unmark("NatGateway/a")
    plan = account.plan(stack)
    table = step(plan, "RouteTable/private")
    assert step(plan, "NatGateway/a").state is State.CONFLICT
    assert [call.operation for call in table.calls] == ["CreateRouteTable"]
    assert table.acts
    assert table.uncompared == (
        f"routes[{ANYWHERE}]: NatGateway/a is in conflict with nat-a",
        f"subnets[private]: it waits until routes[{ANYWHERE}] is known",
    )


def test_a_creation_that_is_not_repeated_is_withheld(stack: Stack, account: Account) -> None:
    """A node that is blocked for any reason of the guard is one that nobody can refer to."""
    account.lose("NatGateway/a")
    made = step(account.plan(stack), "NatGateway/a")
    repeats = {made.address: (fingerprint_of(made), REPEAT_LIMIT)}
    plan = account.plan(stack, repeats=repeats)
    assert acting(plan) == {}
    assert step(plan, "RouteTable/private").calls == ()


# --- replacement ---


def test_a_replacement_makes_the_new_one_first(account: Account) -> None:
    """Another range of addresses is a new subnet; its route table follows by one call, in place."""
    stack = stack_of(changed(network(), "Subnet/private", cidrBlock="10.0.9.0/24"))
    plan = account.plan(stack)
    subnet, table = step(plan, "Subnet/private"), step(plan, "RouteTable/private")
    assert acting(plan) == {"Subnet/private": "replace", "RouteTable/private": "update"}
    assert not subnet.deletes_first
    assert [call.operation for call in subnet.calls] == ["CreateTags", "CreateSubnet"]
    assert subnet.calls[0].parameters == {
        "Resources": ["subnet-private"],
        "Tags": [{"Key": OWNER_REPLACED, "Value": "subnet-private"}],
    }
    assert [call.operation for call in subnet.removal] == ["DeleteSubnet"]
    assert table.drift == ()


def test_a_value_that_must_be_unique_makes_the_old_one_go_first(account: Account) -> None:
    """Another zone with the same range: AWS takes the new subnet only when the old one is gone."""
    stack = stack_of(changed(network(), "Subnet/private", availabilityZone="us-east-1b"))
    assert step(account.plan(stack), "Subnet/private").deletes_first


def test_a_replacement_replaces_its_children(account: Account) -> None:
    """What cannot be re-pointed is replaced with its parent, as a consequence of it."""
    stack = stack_of(changed(network(), "Subnet/public", cidrBlock="10.0.9.0/24"))
    plan = account.plan(stack)
    nat = step(plan, "NatGateway/a")
    assert nat.action is Action.REPLACE
    assert nat.state is State.IN_SYNC
    assert [str(change.because) for change in nat.changes] == ["Subnet/public"]
    assert nat.deletes_first, "it keeps its Elastic IP"


def test_to_go_first_is_handed_down(account: Account) -> None:
    """What stands on a thing that goes first has to go before it."""
    resources = changed(network(), "NatGateway/a", elasticIp=None, connectivityType="private")
    account = Account(stack_of(resources))
    stack = stack_of(changed(resources, "Subnet/public", availabilityZone="us-east-1b"))
    plan = account.plan(stack)
    assert step(plan, "Subnet/public").deletes_first
    assert step(plan, "NatGateway/a").deletes_first


def test_a_value_is_unique_only_where_it_stands(account: Account) -> None:
    """A subnet that keeps its range in a new VPC meets nobody there: the new one comes first."""
    plan = account.plan(stack_of(changed(network(), "Vpc/main", instanceTenancy="dedicated")))
    subnet = step(plan, "Subnet/private")
    assert subnet.action is Action.REPLACE
    assert not subnet.deletes_first


@pytest.mark.parametrize(
    ("lifecycle", "allow"),
    [
        (Lifecycle(), frozenset({Allow.CREATE, Allow.UPDATE})),
        (Lifecycle(retain=True), frozenset(Allow)),
        (Lifecycle(hold_until="2100-01-01T00:00:00+00:00"), frozenset(Allow)),
    ],
)
def test_a_blocked_replacement_leaves_the_others_in_peace(lifecycle: Lifecycle, allow: frozenset[Allow]) -> None:
    """Others go on referring to what is live: a replacement that will not happen has no consequences."""
    marked = changed(network(), "Subnet/public", lifecycle=lifecycle)
    account = Account(stack_of(marked))
    stack = stack_of(changed(marked, "Subnet/public", cidrBlock="10.0.9.0/24"), allow=allow)
    plan = account.plan(stack)
    assert step(plan, "Subnet/public").action is Action.REPLACE
    assert step(plan, "Subnet/public").blocked is not None
    assert acting(plan) == {}
    assert all(each.settled for each in plan.steps if str(each.address) != "Subnet/public")


def test_a_replacement_that_lacks_a_parent_has_no_consequences(account: Account) -> None:
    """It needs a group that is in conflict, so it is blocked, and whoever refers to it keeps the old one."""
    endpoint: dict[str, Any] = {
        "vpc": "main",
        "serviceName": "com.amazonaws.us-east-1.ssm",
        "vpcEndpointType": "Interface",
        "subnets": ["private"],
        "securityGroups": ["door"],
    }
    resources = network(VpcEndpoint={"e": endpoint})
    account = Account(stack_of(resources))
    account.unmark("SecurityGroup/door")
    account.set("VpcEndpoint/e", securityGroups=[])
    account.set("SecurityGroup/app", ingress=[])
    plan = account.plan(stack_of(changed(resources, "VpcEndpoint/e", serviceName="com.amazonaws.us-east-1.ec2")))
    found = step(plan, "VpcEndpoint/e")
    assert step(plan, "SecurityGroup/door").state is State.CONFLICT
    assert found.action is Action.REPLACE
    assert found.blocked is not None
    assert found.blocked.by == "reference"


def test_a_new_one_waits_for_the_old_one_that_is_leaving(stack: Stack, account: Account) -> None:
    """A NAT gateway on the same Elastic IP cannot come before AWS has let the old one go."""
    account.phase("NatGateway/a", Phase.LEAVING)
    nat = step(account.plan(stack), "NatGateway/a")
    assert nat.state is State.LEAVING
    assert nat.action is Action.CREATE
    assert nat.deletes_first


# --- moves and strangers ---


def test_a_subnet_that_moves_between_tables_is_one_call(stack: Stack, account: Account) -> None:
    """One table's addition is the other's removal: one replaced association, and never a subnet without table."""
    resources = changed(network(), "RouteTable/public", subnets=["public", "private"])
    plan = account.plan(stack_of(changed(resources, "RouteTable/private", subnets=[])))
    assert operations(plan) == ["ReplaceRouteTableAssociation"]
    taken, left = step(plan, "RouteTable/public"), step(plan, "RouteTable/private")
    assert [(c.path, c.op, c.because) for c in taken.changes] == [("subnets[private]", "add", None)]
    assert [(c.path, c.op, c.because) for c in left.changes] == [("subnets[subnet-private]", "remove", taken.address)]
    assert left.calls == ()
    (call,) = taken.calls
    assert call.parameters["AssociationId"] == "assoc-of-subnet-private"


def test_two_subnets_that_change_places_are_two_calls(account: Account) -> None:
    """Each table takes what the other had; nothing is disassociated."""
    resources = changed(network(), "RouteTable/public", subnets=["private"])
    plan = account.plan(stack_of(changed(resources, "RouteTable/private", subnets=["public"])))
    assert operations(plan) == ["ReplaceRouteTableAssociation"] * 2


def test_an_unmanaged_thing_is_never_in_a_plan(stack: Stack, account: Account) -> None:
    """Invariant 3: what carries no mark of ours and is in nobody's place is not even mentioned."""
    account.lives["stranger"] = replace(account["Subnet/private"], id="subnet-x", tags={"Name": "theirs"})
    account.set("stranger", cidrBlock="10.0.200.0/24")
    assert account.plan(stack).in_sync


def test_orphans_are_shown_and_deleted_only_where_allowed(account: Account) -> None:
    """In every plan; deleted with Delete in `allow`; kept, and said so, without."""
    resources = without(network(), "SecurityGroup/app")
    assert acting(account.plan(stack_of(resources))) == {"SecurityGroup/app": "delete"}
    kept = account.plan(stack_of(resources, allow=frozenset({Allow.CREATE, Allow.UPDATE})))
    orphan = step(kept, "SecurityGroup/app")
    assert (orphan.state, orphan.action) == (State.ORPHANED, Action.DELETE)
    assert acting(kept) == {}


def test_what_is_kept_keeps_what_it_refers_to(account: Account) -> None:
    """A retained gateway needs its subnet and its VPC, so these are not deleted from under it."""
    retained = changed(network(), "NatGateway/a", lifecycle=Lifecycle(retain=True))
    account = Account(stack_of(retained))
    plan = account.destroy_plan(stack_of(retained), partial=True)
    kept = {str(each.address) for each in plan.steps if each.blocked}
    assert kept == {"NatGateway/a", "Subnet/public", "ElasticIp/nat", "Vpc/main"}
    assert "RouteTable/private" in acting(plan)


def test_nothing_is_begun_where_something_cannot_go() -> None:
    """A stack is not taken apart around what stays, unless somebody says so; who stays is said at every step."""
    retained = changed(network(), "NatGateway/a", lifecycle=Lifecycle(retain=True))
    plan = Account(stack_of(retained)).destroy_plan(stack_of(retained))
    assert acting(plan) == {}
    verdict = step(plan, "RouteTable/private").blocked
    assert verdict is not None
    assert verdict.by == "partial"
    assert "NatGateway/a is kept (retain" in verdict.why
    assert "--partial" in verdict.why


def test_what_was_only_to_be_adopted_is_not_destroyed(account: Account) -> None:
    """It never carried our marks: a destroy of a document that was never applied has nothing to do with it."""
    adopted = stack_of(changed(network(), "SecurityGroup/app", lifecycle=Lifecycle(adopt="sg-app")))
    account.unmark(*account.lives)
    plan = account.destroy_plan(adopted)
    assert acting(plan) == {}
    assert "SecurityGroup/app" not in {str(each.address) for each in plan.steps}


def test_what_lost_its_marks_is_not_deleted(stack: Stack, account: Account) -> None:
    """A VPC is ours by its subnets, and its marks are restored; deleted is only what carries them."""
    account.unmark("Vpc/main")
    assert acting(account.plan(stack)) == {"Vpc/main": "update"}
    verdict = step(account.destroy_plan(stack), "Vpc/main").blocked
    assert verdict is not None
    assert verdict.by == "ownership"


def test_placeholders_that_have_a_value_are_said(stack: Stack, account: Account) -> None:
    """A report prints the value; the call keeps the placeholder, and with it the gate on its target."""
    account.lose("NatGateway/a")
    plan = account.plan(stack)
    assert plan.known[Placeholder(at("ElasticIp/nat"))] == "eipalloc-nat"
    assert Placeholder(at("NatGateway/a")) not in plan.known


def test_a_plan_reads_from_cause_to_consequence(account: Account, stack: Stack) -> None:
    """A NAT gateway that is made stands before the route that it changes."""
    account.lose("NatGateway/a")
    addresses = [str(step.address) for step in account.plan(stack).steps]
    assert addresses.index("NatGateway/a") < addresses.index("RouteTable/private")


# --- what a step of the same plan makes of a reference ---

SHELVED: dict[str, dict[str, Any]] = {
    "Shelf/main": {"least": 2},
    "Book/b": {"shelf": "main", "edition": "main"},
}


def shelved(**fields: Any) -> list[Live]:
    """A shelf with a book that was made for its first edition."""
    return [shelf("main", **fields), book("b-1", "web-main", title("b"), edition="web-main:1")]


def test_a_renewed_attribute_is_a_consequence() -> None:
    """What the target's own step renews is followed in the same plan, and is no drift of its own."""
    plan = plan_of(library(SHELVED), *shelved(least=1))
    edition = Placeholder(at("Shelf/main"), "edition")
    (change,) = step(plan, "Book/b").changes
    assert Change("edition", "change", edition, "web-main:1", at("Shelf/main")) == change
    assert (State.DRIFTED, State.IN_SYNC) == (step(plan, "Shelf/main").state, step(plan, "Book/b").state)
    assert [{"edition": edition}] == [call.parameters for call in step(plan, "Book/b").calls]


def test_what_is_not_renewed_is_compared() -> None:
    """Without a step of the target its attribute is what AWS shows: nothing to do, or drift."""
    assert acting(plan_of(library(SHELVED), *shelved(least=2))) == {}
    lives = [shelf("main", least=2), book("b-1", "web-main", title("b"), edition="web-main:0")]
    plan = plan_of(library(SHELVED), *lives)
    assert acting(plan) == {"Book/b": "update"}
    assert step(plan, "Book/b").state is State.DRIFTED


def test_a_step_that_is_blocked_renews_nothing() -> None:
    """What will not be done has no consequences."""
    plan = plan_of(library(SHELVED, allow=frozenset({Allow.CREATE})), *shelved(least=1))
    assert step(plan, "Shelf/main").blocked is not None
    assert step(plan, "Book/b").changes == ()


def test_an_id_that_is_a_field_is_foreseen() -> None:
    """Where the name is the id, what refers to a missing thing compares by it and is not touched."""
    stack = library({"Shelf/main": {}, "Label/a": {"shelf": "main"}})
    plan = plan_of(stack, thing("Label/a", "l-1", "web", shelf="web-main"))
    assert acting(plan) == {"Shelf/main": "create"}
    plan = plan_of(stack, thing("Label/a", "l-1", "web", shelf="another"))
    (change,) = step(plan, "Label/a").changes
    assert ("shelf", None) == (change.path, change.because)


def test_an_id_that_aws_gives_is_not_foreseen() -> None:
    """Where AWS makes the id, what refers to it follows when the target is there."""
    stack = library({"Sign/main": {}, "Label/a": {"sign": "main"}})
    plan = plan_of(stack, thing("Label/a", "l-1", "web", sign="s-1"))
    (change,) = step(plan, "Label/a").changes
    assert ("sign", at("Sign/main")) == (change.path, change.because)
