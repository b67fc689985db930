"""What goes is emptied only where nothing else helps: a group in use is never robbed of its rules."""

from dataclasses import replace

from controller.core.model.live import Thing
from controller.core.model.node import Lifecycle
from controller.core.model.stack import Stack
from controller.core.planning.graph import tasks_of
from controller.core.planning.step import Action
from tests.core.account import CATALOG, Account, at, stack_of, step

VPC = {"main": {"cidrBlock": "10.0.0.0/16"}}


def groups(**peers: str) -> Stack:
    """Groups that each let in the members of another."""
    rule = {"protocol": "tcp", "fromPort": 80, "toPort": 80}
    specs = {name: {"vpc": "main", "ingress": [{**rule, "group": peer}]} for name, peer in peers.items()}
    return stack_of({"Vpc": VPC, "SecurityGroup": specs})


def removal(stack: Stack, address: str) -> list[str]:
    """The operations that delete a node when all is destroyed."""
    return [call.operation for call in step(Account(stack).destroy_plan(stack), address).removal]


def test_groups_in_a_chain_are_deleted_with_their_rules() -> None:
    """Who refers goes first, so no rule has to be taken from a group that something may still carry."""
    stack = groups(a="b", b="b")
    assert removal(stack, "SecurityGroup/a") == ["DeleteSecurityGroup"]


def test_groups_in_a_circle_are_emptied_of_what_binds_them() -> None:
    """Neither could go first: the rules that name each other go, then the groups."""
    stack = groups(a="b", b="c", c="a", d="a")
    for name in ("a", "b", "c"):
        assert removal(stack, f"SecurityGroup/{name}") == ["RevokeSecurityGroupIngress", "DeleteSecurityGroup"]
    assert removal(stack, "SecurityGroup/d") == ["DeleteSecurityGroup"]


def test_what_stays_and_refers_keeps_a_replaced_thing_whole() -> None:
    """The old group waits, rules and all, for a group that is held and goes on naming it."""
    before = groups(a="b", b="a")
    changed = groups(a="b", b="a")
    old = changed.nodes[at("SecurityGroup/a")]
    hold = Lifecycle(hold_until="2999-01-01T00:00:00+00:00")
    nodes = {
        **changed.nodes,
        old.address: replace(old, fields={**old.fields, "description": "new"}),
        at("SecurityGroup/b"): replace(changed.nodes[at("SecurityGroup/b")], lifecycle=hold),
    }
    account, stack = Account(before), replace(changed, nodes=nodes)
    plan = account.plan(stack)
    replaced = step(plan, "SecurityGroup/a")
    assert (Action.REPLACE, None) == (replaced.action, replaced.blocked)
    assert [call.operation for call in replaced.removal] == ["DeleteSecurityGroup"]
    (deletion,) = [task for task in tasks_of(plan, stack, CATALOG) if task.removes]
    assert deletion.gone == {Thing("SecurityGroup", "sg-b")}
