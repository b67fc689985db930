"""A copy of a node's marks never becomes the node: not even when the node itself has gone, on purpose."""

import pytest

from controller.core.model.ownership import OWNER_NAME, OWNER_STACK
from controller.core.model.stack import Stack
from controller.core.planning.step import State
from emulators.ec2.store import Members
from tests.core.account import changed, network, without
from tests.engine.harness import Account


@pytest.fixture
def stack(account: Account) -> Stack:
    """A network that is in sync."""
    made = account.stack(network())
    account.settled(made)
    return made


def copied(account: Account, id: str, name: str) -> str:
    """Somebody's thing, with the marks of a node copied onto it."""
    marks: list[Members] = [{"Key": OWNER_STACK, "Value": "web"}, {"Key": OWNER_NAME, "Value": name}]
    account.by_hand("CreateTags", Resources=[id], Tags=marks)
    return id


def address_of_somebody(account: Account) -> str:
    """An address that carries the marks of ours."""
    return copied(account, account.by_hand("AllocateAddress", Domain="vpc")["AllocationId"], "nat")


def test_destroying_the_node_leaves_its_copy(account: Account, stack: Stack) -> None:
    """The passes after the one that deleted the node still know what was not it, and say that it is left."""
    controller = account.starts()
    account.turn(stack, controller)
    copy = address_of_somebody(account)
    done = account.converge(stack, controller, destroy=True).done
    assert account.ids("eipalloc") == [copy]
    assert done is not None
    (left,) = done.plan.steps
    assert left.blocked is not None
    assert f"{copy} carries the owner tags of ElasticIp/nat" in left.blocked.why


def test_deleting_an_orphan_leaves_its_copy(account: Account, stack: Stack) -> None:
    """The same where the node left the document."""
    controller = account.starts()
    account.turn(stack, controller)
    copy = address_of_somebody(account)
    smaller = without(network(), "ElasticIp/nat", "NatGateway/a")
    account.converge(account.stack(changed(smaller, "RouteTable/private", routes=[])), controller)
    assert account.ids("eipalloc") == [copy]


def test_a_node_that_comes_back_is_not_made_beside_its_copy(account: Account, stack: Stack) -> None:
    """Somebody may have made the copy the node meanwhile: it is in conflict, with the way to settle it."""
    controller = account.starts()
    account.turn(stack, controller)
    copy = address_of_somebody(account)
    account.converge(stack, controller, destroy=True)
    done = account.converge(stack, controller).done
    assert done is not None
    assert account.ids("eipalloc") == [copy]
    (blocked,) = [each.blocked for each in done.plan.steps if each.state is State.CONFLICT]
    assert blocked is not None
    assert "was only a copy when last seen; to adopt it, set lifecycle: {adopt: " in blocked.why
    adopting = account.stack(changed(network(), "ElasticIp/nat", lifecycle={"adopt": {"id": copy}}))
    account.settled(adopting, controller)
    assert account.ids("eipalloc") == [copy]


def test_what_a_copy_keeps_is_found_before_a_destroy_begins(account: Account, stack: Stack) -> None:
    """A copied subnet in our VPC stays, so the VPC does: nothing is begun, and it is said what stays and why."""
    controller = account.starts()
    account.turn(stack, controller)
    made = account.by_hand(
        "CreateSubnet", VpcId=account.ids("vpc")[0], CidrBlock="10.0.77.0/24", AvailabilityZone="us-east-1a"
    )
    copied(account, made["Subnet"]["SubnetId"], "private")
    since = account.mark()
    done = account.converge(stack, controller, destroy=True).done
    assert account.operations(since) == []
    assert done is not None
    (why,) = {each.blocked.why for each in done.plan.steps if each.blocked and each.blocked.by == "partial"}
    assert "Vpc/main is kept (reference: Subnet/private, which is kept, refers to vpc-" in why
