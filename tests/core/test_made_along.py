"""What a parent must not work without is part of the call that makes it: a group has its hooks before instances."""

from dataclasses import replace
from typing import Any

from controller.core.model.call import Call
from controller.core.model.reference import Placeholder
from controller.core.model.stack import Stack
from controller.core.planning.graph import tasks_of
from controller.core.planning.step import Action, Plan
from tests.core.account import CATALOG, Account, at, stack_of, step

GROUP, TOPIC = "AutoScalingGroup/web", "Topic/news"
HOOK = {
    "autoScalingGroup": "web",
    "lifecycleHookName": "warm",
    "lifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
    "heartbeatTimeout": 300,
    "notificationTarget": "news",
}


def documented(**group: Any) -> Stack:
    """A group at its size, with a hook that tells a topic."""
    size = {"minSize": 2, "maxSize": 4, "availabilityZones": ["us-east-1a"]}
    launch = {"launchTemplate": {"id": "lt-1"}, "launchTemplateVersion": "1"}
    return stack_of(
        {
            "Topic": {"news": {}},
            "AutoScalingGroup": {"web": {**size, **launch, **group}},
            "LifecycleHook": {"warm": HOOK},
        }
    )


def made(plan: Plan, address: str = GROUP) -> Call:
    """The call that makes a node."""
    (call,) = [call for call in step(plan, address).calls if call.makes]
    return call


def test_a_group_is_made_with_its_hooks() -> None:
    """At its size at once, it launches instances before a call of their own could bring them."""
    stack = documented()
    plan = Account().plan(stack)
    call = made(plan)
    expected = {
        "LifecycleHookName": "warm",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "HeartbeatTimeout": 300,
        "NotificationTargetARN": Placeholder(at(TOPIC), "arn"),
    }
    assert [expected] == call.parameters["LifecycleHookSpecificationList"]
    assert [] == CATALOG["AutoScalingGroup"].problems(call)
    assert "PutLifecycleHook" == made(plan, "LifecycleHook/warm").operation
    tasks = {task.call.operation: task for task in tasks_of(plan, stack, CATALOG)}
    assert tasks["CreateTopic"] in tasks["CreateAutoScalingGroup"].after


def test_a_group_that_is_replaced_is_made_with_them_again() -> None:
    """The new one launches as the first one did."""
    account = Account(stack := documented())
    fields = {**stack.nodes[at(GROUP)].fields, "autoScalingGroupName": "elsewhere"}
    changed = replace(stack, nodes={**stack.nodes, at(GROUP): replace(stack.nodes[at(GROUP)], fields=fields)})
    plan = account.plan(changed)
    assert Action.REPLACE is step(plan, GROUP).action
    assert 1 == len(made(plan).parameters["LifecycleHookSpecificationList"])


def test_a_hook_that_shall_not_be_made_is_not_made_along() -> None:
    """What blocks the hook's own step blocks it here."""
    stack = documented()
    hook = stack.nodes[at("LifecycleHook/warm")]
    lifecycle = replace(hook.lifecycle, hold_until="2999-01-01T00:00:00+00:00")
    held = replace(stack, nodes={**stack.nodes, hook.address: replace(hook, lifecycle=lifecycle)})
    assert "LifecycleHookSpecificationList" not in made(Account().plan(held)).parameters


def test_a_hook_whose_target_stands_on_the_group_comes_after_it() -> None:
    """Neither could come first: the hook is put as soon as both are there."""
    stack = documented()
    topic = stack.nodes[at(TOPIC)]
    policy = {"Statement": [{"Resource": Placeholder(at(GROUP), "arn")}]}
    circle = replace(
        stack, nodes={**stack.nodes, topic.address: replace(topic, fields={**topic.fields, "policy": policy})}
    )
    assert "LifecycleHookSpecificationList" not in made(Account().plan(circle)).parameters


def test_a_group_that_is_there_is_not_asked_for_its_hooks() -> None:
    """A hook that is missing later is put by its own call."""
    account = Account(stack := documented())
    account.lose("LifecycleHook/warm")
    plan = account.plan(stack)
    assert Action.NONE is step(plan, GROUP).action
    assert "PutLifecycleHook" == made(plan, "LifecycleHook/warm").operation
