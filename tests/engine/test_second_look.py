"""No single answer of AWS leads to a write: what it seems to show is looked for again, later and in another way."""

import pytest

from controller.core.model.stack import Stack
from controller.core.planning.step import State
from controller.engine.memory import SECOND_LOOK_SECONDS
from controller.engine.reconcile import Intent
from emulators.ec2.store import Fault, Members
from tests.core.account import network
from tests.engine.harness import LISTINGS, Account, step


@pytest.fixture
def stack(account: Account) -> Stack:
    """A network that is in sync."""
    made = account.stack(network())
    account.settled(made)
    return made


def lying(account: Account, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """The listing is empty once: well formed, and wrong."""
    left, truly = [1], account.server._perform

    def perform(asked: str, parameters: Members) -> Members:
        answer = truly(asked, parameters)
        if asked != operation or left[0] < 1:
            return answer
        left[0] -= 1
        return {name: [] for name, value in answer.items() if isinstance(value, list)}

    monkeypatch.setattr(account.server, "_perform", perform)


@pytest.mark.parametrize("operation", LISTINGS)
@pytest.mark.parametrize("remembers", [True, False])
def test_one_empty_listing_writes_nothing(
    account: Account, stack: Stack, monkeypatch: pytest.MonkeyPatch, operation: str, remembers: bool
) -> None:
    """Neither what is missing by it is made, nor is anything pointed elsewhere; a program without memory included."""
    controller = account.starts()
    if remembers:
        account.turn(stack, controller)
    since = account.mark()
    lying(account, monkeypatch, operation)
    account.turn(stack, controller)
    assert account.operations(since) == []


def delete_group(account: Account, stack: Stack) -> None:
    """Somebody deletes a group by hand."""
    account.by_hand("DeleteSecurityGroup", GroupId=step(account.plan(stack), "SecurityGroup/app").id)


def test_what_is_really_gone_is_made_again(account: Account, stack: Stack) -> None:
    """In the same pass, after the time that a second look asks for."""
    controller = account.starts()
    account.turn(stack, controller)
    delete_group(account, stack)
    before, since = account.clock.time, account.mark()
    account.turn(stack, controller)
    assert account.operations(since)[0] == "CreateSecurityGroup"
    assert account.clock.time - before == SECOND_LOOK_SECONDS
    assert account.reads(since)["DescribeSecurityGroups"] == 3  # the listing twice, and by its id


def test_what_an_earlier_look_saw_too_is_not_looked_for_again(account: Account, stack: Stack) -> None:
    """A command shows its plan first: that is the first look, and the pass that follows is the second."""
    controller = account.starts()
    account.turn(stack, controller, write=False)
    delete_group(account, stack)
    account.turn(stack, controller, write=False, fresh=True)
    account.clock.time += SECOND_LOOK_SECONDS
    before, since = account.clock.time, account.mark()
    account.turn(stack, controller, fresh=True)
    assert account.operations(since)[0] == "CreateSecurityGroup"
    assert account.reads(since)["DescribeSecurityGroups"] == 1
    assert account.clock.time == before


def test_a_pass_in_sync_looks_once(account: Account, stack: Stack) -> None:
    """A second look is for writes alone."""
    controller = account.starts()
    account.turn(stack, controller)
    since = account.mark()
    account.turn(stack, controller)
    assert set(account.reads(since).values()) == {1}


def test_an_empty_account_is_filled_without_a_wait(account: Account) -> None:
    """There is nothing to look for again but what nothing else keeps from being made twice."""
    before, since = account.clock.time, account.mark()
    account.turn(account.stack(network()))
    assert account.clock.time == before
    assert {"DescribeVpcs", "DescribeAddresses", "DescribeInternetGateways"} <= {
        name for name, times in account.reads(since).items() if times >= 2
    }


def test_what_is_left_of_a_creation_is_looked_for_once(slow: Account) -> None:
    """While the gateway is not there yet, and when its routes are made: the look before saw nothing at all."""
    stack = slow.stack(network())
    controller = slow.starts()
    slow.turn(stack, controller)
    for wait, writes in ((1, []), (60, ["CreateRoute", "AssociateRouteTable"])):
        slow.clock.time += wait
        before, since = slow.clock.time, slow.mark()
        slow.turn(stack, controller)
        assert slow.operations(since) == writes
        assert set(slow.reads(since).values()) == {1}
        assert slow.clock.time == before


def test_a_second_look_reads_each_detail_once(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what is read in every look, and also of the node that is written to."""
    stack = account.stack({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True}}})
    account.settled(stack)
    controller = account.starts()
    account.turn(stack, controller)
    monkeypatch.setattr(type(controller.catalog["Vpc"]), "momentary", lambda self, name: True)
    (vpc,) = account.ids("vpc")
    account.by_hand("CreateTags", Resources=[vpc], Tags=[{"Key": "Name", "Value": "by hand"}])
    since = account.mark()
    account.turn(stack, controller)
    assert account.operations(since) == ["CreateTags"]
    assert account.reads(since) == {"DescribeVpcs": 2, "DescribeVpcAttribute": 2}


def test_where_two_looks_agree_only_details_are_read_anew(account: Account) -> None:
    """What is remembered serves no write; what was listed a moment ago does."""
    stack = account.stack({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True}}})
    controller = account.starts()
    account.turn(stack, controller)
    (vpc,) = account.ids("vpc")
    account.by_hand("CreateTags", Resources=[vpc], Tags=[{"Key": "Name", "Value": "by hand"}])
    account.turn(stack, controller, write=False)
    since = account.mark()
    account.turn(stack, controller)
    assert account.operations(since) == ["CreateTags"]
    assert account.reads(since) == {"DescribeVpcs": 1, "DescribeVpcAttribute": 1}


def test_what_is_shown_by_its_id_is_not_gone(account: Account, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the listing leaves it out: the node is unknown, and says why."""
    controller = account.starts()
    account.turn(stack, controller)
    kind = type(controller.catalog["SecurityGroup"])
    monkeypatch.setattr(kind, "shows", lambda self, cloud, id: True)
    delete_group(account, stack)
    since = account.mark()
    plan = account.turn(stack, controller).plan
    assert account.operations(since) == []
    assert step(plan, "SecurityGroup/app").state is State.UNKNOWN
    assert "AWS does when it is requested by id" in step(plan, "SecurityGroup/app").note


@pytest.mark.parametrize("size", [1, 3])
def test_a_stack_that_lost_all_is_not_rebuilt(account: Account, size: int) -> None:
    """However small it is; an outage before does not make anybody forget what was there."""
    ranges = {f"v{number}": {"cidrBlock": f"10.{number}.0.0/16"} for number in range(size)}
    stack = account.stack({"Vpc": ranges})
    controller = account.starts()
    account.settled(stack, controller)
    account.server.before_reply = unreachable
    account.turn(stack, controller)
    account.server.before_reply = None
    for id in account.ids("vpc"):
        account.by_hand("DeleteVpc", VpcId=id)
    account.clock.time += 60
    since = account.mark()
    plan = account.turn(stack, controller).plan
    assert account.operations(since) == []
    assert {each.blocked.by for each in plan.steps if each.blocked} == {"mass-disappearance"}
    account.clock.time += 60
    account.turn(stack, controller, believe=True)
    assert account.operations(since) == ["CreateVpc"] * size


def test_where_others_stand_a_small_stack_may_be_gone(account: Account) -> None:
    """What another stack had is still there: it is the same account and region, and by its id AWS says it is gone."""
    stacks = [account.stack({"Vpc": {"v": {"cidrBlock": f"10.{at}.0.0/16"}}}, name=f"web{at}") for at in range(2)]
    controller = account.starts()
    for _ in range(2):
        list(controller.passes(stacks, Intent()))
    account.by_hand("DeleteVpc", VpcId=account.ids("vpc")[0])
    account.clock.time += 60
    since = account.mark()
    list(controller.passes(stacks, Intent()))
    assert account.operations(since) == ["CreateVpc"]


def unreachable(operation: str, parameters: Members, moment: str) -> None:
    """Every listing fails."""
    if operation.startswith("Describe"):
        raise Fault("Unavailable", 503, "The service is unavailable.")


def test_many_stacks_that_lose_something_at_once_are_not_believed(account: Account) -> None:
    """One node of each is gone: that is no accident of each."""
    stacks = [
        account.stack(
            {"Vpc": {n: {"cidrBlock": f"10.{at}.{n[1]}.0/24"} for n in ("v0", "v1", "v2")}}, name=f"web{at}"
        )
        for at in range(4)
    ]
    controller = account.starts()
    list(controller.passes(stacks, Intent()))
    list(controller.passes(stacks, Intent()))
    for vpc in [each for each in account.server.world.things["vpc"].values() if each["CidrBlock"].endswith("0.0/24")]:
        account.by_hand("DeleteVpc", VpcId=vpc.id)
    account.clock.time += 60
    since = account.mark()
    results = list(controller.passes(stacks, Intent()))
    assert account.operations(since) == []
    blocked = [each.blocked for result in results if result.done for each in result.done.plan.steps if each.blocked]
    assert {each.by for each in blocked} == {"mass-disappearance"}
    assert "4 of 4 stacks in the region lost something" in blocked[0].why
