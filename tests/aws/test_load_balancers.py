"""Load balancers: rules that change places, and lists that AWS takes as a whole."""

from dataclasses import replace
from typing import Any

import pytest

from controller.aws.autoscaling.auto_scaling_group import AutoScalingGroup
from controller.aws.elbv2.listener import Listener
from controller.aws.elbv2.listener_rule import ListenerRule
from controller.aws.elbv2.load_balancer import LoadBalancer
from controller.core.model.call import Change
from controller.core.model.live import Live
from controller.core.model.node import Lifecycle, Node
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK
from controller.core.model.reference import Address, Placeholder
from controller.core.model.stack import Stack
from controller.core.model.writer import WriteContext
from controller.core.planning.plan import make_plan
from tests.core.account import Account, stack_of, step

RULE, BALANCER, SUBNET = Address("ListenerRule", "it"), Address("LoadBalancer", "it"), Address("Subnet", "a")
ACTION = {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "404"}}


def rule(name: str, priority: int, listener: str = "web", stack: str = "kit") -> Live:
    """A live rule of a stack."""
    fields = {"listener": listener, "priority": priority, "conditions": [], "actions": [ACTION]}
    return Live("ListenerRule", name, fields, {OWNER_STACK: stack, OWNER_NAME: name})


def moved(*others: Live) -> list[dict[str, Any]]:
    """What the call sets that brings a rule from place 20 to place 10, beside these others."""
    it = rule("it", 20)
    node = Node(RULE, {**it.fields, "priority": 10}, {})
    around = WriteContext(known=lambda value: value, alike=lambda: (it, *others))
    (call,) = ListenerRule().update(node, [Change("priority", "change", 10, 20)], it, around)
    assert "SetRulePriorities" == call.operation
    return list(call.parameters["RulePriorities"])


def test_a_rule_moves_to_a_free_place() -> None:
    """It alone is moved, whatever is at that place of another listener."""
    assert [{"RuleArn": Placeholder(RULE), "Priority": 10}] == moved(rule("near", 11), rule("far", 10, "other"))


def test_rules_of_one_stack_change_places() -> None:
    """Both go in one call: AWS lets neither go where the other still is."""
    assert [{"RuleArn": Placeholder(RULE), "Priority": 10}, {"RuleArn": "there", "Priority": 20}] == moved(
        rule("there", 10)
    )


def test_rules_that_go_round_move_at_once() -> None:
    """Three that take each other's places go in one call: else requests would meet an order that nobody wanted."""
    it, second, third, still = rule("it", 20), rule("second", 10), rule("third", 30), rule("still", 40)
    node = Node(RULE, {**it.fields, "priority": 10}, {})
    goals = {"it": 10, "second": 30, "third": 20, "still": 40}
    around = WriteContext(
        known=lambda value: value, alike=lambda: (it, second, third, still), wanted=lambda field: goals
    )
    (call,) = ListenerRule().update(node, [Change("priority", "change", 10, 20)], it, around)
    assert [
        {"RuleArn": Placeholder(RULE), "Priority": 10},
        {"RuleArn": "second", "Priority": 30},
        {"RuleArn": "third", "Priority": 20},
    ] == call.parameters["RulePriorities"]


def test_a_plan_moves_only_rules_that_may_move() -> None:
    """One that is held stays where it is, in the calls of the others too, and so does one whose place is ignored."""
    lifecycles = {"c": Lifecycle(hold_until="2099-01-01T00:00:00Z"), "d": Lifecycle(ignore=("priority",))}

    def stack_with(**priorities: int) -> Stack:
        condition = {"field": "path-pattern", "values": ["/x"]}
        rest = {"listener": {"id": "arn:web"}, "conditions": [condition], "actions": [ACTION]}
        return stack_of(
            {
                "ListenerRule": {
                    name: {**rest, "priority": priority, "lifecycle": lifecycles.get(name, Lifecycle())}
                    for name, priority in priorities.items()
                }
            }
        )

    account, stack = Account(stack_with(a=1, b=2, c=3, d=4)), stack_with(a=2, b=1, c=7, d=8)
    remembered = {address: account[str(address)].id for address in stack.nodes}
    plan = make_plan(replace(account.world(stack), match=account.match(stack, remembered)))
    (call,) = step(plan, "ListenerRule/a").calls
    assert [2, 1] == [each["Priority"] for each in call.parameters["RulePriorities"]]


def test_a_rule_of_others_keeps_its_place() -> None:
    """It is not ours to move; AWS says that the place is taken."""
    assert [{"RuleArn": Placeholder(RULE), "Priority": 10}] == moved(rule("theirs", 10, stack="other"))


def test_subnets_of_others_stay_where_the_document_lets_them() -> None:
    """AWS takes all subnets at once: those of others go along, and the document's own go once."""
    live = Live("LoadBalancer", "arn", {"subnets": ["subnet-a", "subnet-theirs"]}, {})
    wanted = [Placeholder(SUBNET), "subnet-b"]
    node = Node(BALANCER, {"subnets": wanted}, {}, Lifecycle(additive=frozenset({"subnets"})))
    around = WriteContext(known=lambda value: "subnet-a" if value == Placeholder(SUBNET) else value)
    (call,) = LoadBalancer().update(node, [Change("subnets[b]", "add", "subnet-b", None)], live, around)
    assert [*wanted, "subnet-theirs"] == call.parameters["Subnets"]


@pytest.mark.parametrize("side", ["desired", "observed"])
def test_certificates_go_one_by_one(side: str) -> None:
    """AWS takes one in a call, adding and removing."""
    arns = ["arn:one", "arn:two"]
    changes = [
        Change(f"additionalCertificates[{arn}]", "add", arn, None)
        if side == "desired"
        else Change(f"additionalCertificates[{arn}]", "remove", None, arn)
        for arn in arns
    ]
    live = Live("Listener", "web", {"additionalCertificates": arns if side == "observed" else []}, {})
    node = Node(Address("Listener", "web"), {"additionalCertificates": arns if side == "desired" else []}, {})
    calls = Listener().update(node, changes, live, WriteContext(known=lambda value: value))
    assert [[{"CertificateArn": arn}] for arn in arns] == [call.parameters["Certificates"] for call in calls]
    assert [(change.path,) for change in changes] == [call.fields for call in calls]


def test_a_group_takes_ten_target_groups_in_a_call() -> None:
    """The rest goes in a call of its own."""
    arns = [f"arn:{number}" for number in range(12)]
    changes = [Change(f"targetGroups[{arn}]", "add", arn, None) for arn in arns]
    live = Live("AutoScalingGroup", "web", {"targetGroups": []}, {})
    node = Node(Address("AutoScalingGroup", "web"), {"targetGroups": arns}, {})
    calls = AutoScalingGroup().update(node, changes, live, WriteContext(known=lambda value: value))
    assert [arns[:10], arns[10:]] == [call.parameters["TargetGroupARNs"] for call in calls]
