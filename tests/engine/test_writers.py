"""Two programs that keep one stack: whoever sees that it is not alone stops, and says so."""

from typing import Any

from controller.core.model.stack import Stack
from emulators.ec2.store import Members
from tests.core.account import network
from tests.engine.harness import Account


def stack_of(account: Account) -> Stack:
    """A network, of which nothing is made yet."""
    return account.stack(network())


def makes_the_same(account: Account, operation: str) -> None:
    """Somebody else makes what is being made, a moment before it is."""
    left = [1]

    def hook(asked: str, parameters: Members, moment: str) -> None:
        if asked == operation and moment == "before" and left[0]:
            left[0] = 0
            account.server.world.perform(asked, parameters)

    account.server.before_reply = hook


def blocked_by_writer(plan: Any) -> list[str]:
    """What is not done because somebody else writes."""
    return [step.blocked.why for step in plan.steps if step.blocked and step.blocked.by == "writer"]


def test_the_first_thing_that_is_made_tells_of_another_program(account: Account) -> None:
    """Both make a VPC, and each sees the other's before it makes anything more: there are no two whole networks."""
    stack, controller = stack_of(account), account.starts()
    makes_the_same(account, "CreateVpc")
    account.turn(stack, controller)
    assert account.operations() == ["CreateVpc"]
    plan = account.turn(stack, controller).plan
    assert account.operations() == ["CreateVpc"]
    assert "another process seems to be writing to this stack" in blocked_by_writer(plan)[0]


def test_alone_nothing_is_kept_back(account: Account) -> None:
    """One more listing, once in the life of a stack; the rest follows in the same pass."""
    stack = stack_of(account)
    account.turn(stack, account.starts())
    plan = account.plan(stack)
    assert plan.in_sync
    assert account.operations().count("CreateVpc") == 1


def test_what_appears_beside_what_was_made_stops_the_work(account: Account) -> None:
    """Later on as well: a second thing with the marks of one that was just made is somebody else's."""
    stack, controller = stack_of(account), account.starts()
    account.turn(stack, controller)
    (made,) = [each for each in account.requests() if each.operation == "AllocateAddress"]
    account.by_hand("AllocateAddress", Domain="vpc", TagSpecifications=made.parameters["TagSpecifications"])
    account.by_hand("DeleteRoute", **_a_route(account))
    since = account.mark()
    plan = account.turn(stack, controller).plan
    assert account.operations(since) == []
    assert "another process seems to be writing to this stack" in blocked_by_writer(plan)[0]
    account.clock.time += 301
    account.turn(stack, controller)
    assert account.operations(since) == ["CreateRoute"]


def _a_route(account: Account) -> dict[str, str]:
    """One of the routes of the network."""
    (made, *_) = [each for each in account.requests() if each.operation == "CreateRoute"]
    return {name: made.parameters[name] for name in ("RouteTableId", "DestinationCidrBlock")}
