"""The loop: many stacks, one inventory; time well spent; and nothing that keeps the others from theirs."""

from collections.abc import Mapping
from typing import Any

import pytest

from controller.aws.declaration.delays import DELAYS
from controller.core.model.stack import Allow, Stack
from controller.engine.apply import Outcome
from controller.engine.loop import PAUSES, SEARCH_SECONDS, STUCK_SECONDS, Controller, Patience, allowing
from controller.engine.reconcile import Intent, Pass
from emulators.ec2.store import Fault
from tests.clock import Clock, Patient
from tests.core.account import changed, network
from tests.engine.harness import Account

PASS = Intent()


def many(account: Account, count: int) -> list[Stack]:
    """So many stacks in one region."""
    return [account.stack(network(), f"web-{number}") for number in range(count)]


def settle(account: Account, stacks: list[Stack]) -> Controller:
    """A program that has brought all of them in sync."""
    controller = account.starts()
    for stack in stacks:
        account.settled(stack, controller)
    list(controller.passes(stacks, PASS))
    return controller


def test_ten_stacks_of_one_region_cost_as_many_listings_as_one(account: Account) -> None:
    """They share one inventory; each is matched with it on its own."""
    stacks = many(account, 10)
    controller = settle(account, stacks)
    since = account.mark()
    list(controller.passes(stacks[:1], PASS))
    one = account.reads(since)
    since = account.mark()
    results = list(controller.passes(stacks, PASS))
    assert account.reads(since) == one
    assert all(result.done and result.done.plan.in_sync for result in results)


def test_an_old_inventory_is_not_shared(account: Account, clock: Clock) -> None:
    """A stack whose turn comes late looks for itself."""
    stacks = many(account, 3)
    controller = settle(account, stacks)
    since = account.mark()
    for _ in controller.passes(stacks, PASS):
        clock.time += 11
    assert account.reads(since)["DescribeVpcs"] == 3


def test_one_stacks_error_does_not_keep_the_others_from_theirs(account: Account) -> None:
    """A document for another account is reported, first or last, and the rest goes on."""
    wrong = account.stack(network(), "alien", accountId="999999999999")
    stacks = [wrong, *many(account, 2)]
    controller = account.starts()
    results = {result.stack.name: result for result in controller.passes(stacks, PASS)}
    assert results["alien"].done is None
    assert "999999999999" in str(results["alien"].error)
    assert [results[f"web-{n}"].error for n in (0, 1)] == [None, None]
    assert dict(account.diary.passes)["alien"] == str(results["alien"].error)


def test_a_region_that_cannot_be_reached_is_said_for_each_stack(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pass, no plan, no write; and the program lives on."""
    stacks = many(account, 2)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    from controller.aws.client.cloud import AwsCloud  # noqa: PLC0415  # made after the variables are set

    account.cloud = AwsCloud("us-east-1")
    results = list(account.starts().passes(stacks, PASS))
    assert [result.done for result in results] == [None, None]
    assert all(result.error for result in results)


def test_orphans_are_searched_for_in_all_kinds_as_a_slower_duty(account: Account, clock: Clock) -> None:
    """Kinds that no document names are listed every ten minutes; those with orphans, until they are gone."""
    settle(account, [account.stack(network())])
    small = account.stack({"Vpc": network()["Vpc"]}, allow=["Create", "Update"])
    controller = account.starts()
    (result,) = controller.passes([small], PASS)
    assert result.done is not None
    orphans = {step.address.kind for step in result.done.plan.steps if step.state == "orphaned"}
    assert orphans == {"Subnet", "InternetGateway", "ElasticIp", "NatGateway", "RouteTable", "SecurityGroup"}
    since = account.mark()
    list(controller.passes([small], PASS))
    assert "DescribeNatGateways" in account.reads(since)
    assert "DescribeNetworkAcls" not in account.reads(since)
    clock.time += SEARCH_SECONDS + 1
    since = account.mark()
    list(controller.passes([small], PASS))
    assert account.reads(since)["DescribeNetworkAcls"] == 1


def test_a_search_that_failed_is_not_taken_for_one(account: Account, clock: Clock) -> None:
    """Orphans that were known before are not forgotten because their listing failed once."""
    settle(account, [account.stack(network())])
    small = account.stack({"Vpc": network()["Vpc"]}, allow=["Create", "Update"])
    controller = account.starts()

    def refuse(operation: str, asked: Mapping[str, Any], moment: str) -> None:
        raise Fault("UnauthorizedOperation", 403, "You are not authorized.")

    list(controller.passes([small], PASS))
    clock.time += SEARCH_SECONDS + 1
    account.server.before_reply = refuse
    list(controller.passes([small], PASS))
    account.server.before_reply = None
    (result,) = controller.passes([small], PASS)
    assert result.done is not None
    assert {step.state for step in result.done.plan.steps if step.address.kind == "NatGateway"} == {"orphaned"}


def test_a_stop_begins_no_further_stack(account: Account) -> None:
    """The pass under way ends, then there is silence."""
    stacks = many(account, 3)
    controller = account.starts()
    done = []
    for result in controller.passes(stacks, PASS):
        done.append(result.stack.name)
        controller.stop.set()
    assert done == ["web-0"]


# --- time ---


def test_patience_grows_while_nothing_happens() -> None:
    """Soon after a call succeeded, then ever later, never longer than the last pause."""
    idle, busy = Pass(None), Pass(None, Outcome(done=1))  # type: ignore[arg-type]  # the plan does not matter
    patience = Patience()
    assert [patience.pause(idle) for _ in range(8)] == [*PAUSES[1:], *PAUSES[-1:] * 3]
    assert patience.pause(busy) == PAUSES[0]
    assert patience.pause(idle) == PAUSES[1]


def test_the_loop_looks_again_soon_while_aws_is_at_work(slow: Account) -> None:
    """And keeps its interval when all is quiet."""
    stop = Patient(slow.clock, after=12)
    controller = slow.starts(stop)
    stack = slow.stack(network())
    controller.run(lambda: [stack], 300.0, PASS)
    quiet = stop.waits.index(300.0)
    assert stop.waits[0] == PAUSES[0]
    assert 60 <= sum(stop.waits[:quiet]) < 60 + 2 * PAUSES[-1]
    assert set(stop.waits[quiet:]) == {300.0}


def test_documents_may_change_between_rounds(account: Account) -> None:
    """The loop asks for them every time."""
    stop = Patient(account.clock, after=5)
    versions = iter([network(), *[changed(network(), "SecurityGroup/third", vpc="main")] * 9])
    controller = account.starts(stop)
    controller.run(lambda: [account.stack(next(versions))], 30.0, PASS)
    assert len(account.ids("sg")) == 4


def test_converging_ends_when_all_is_ready(slow: Account) -> None:
    """Not before the slow things are there, and without a look too many."""
    result = slow.converge(slow.stack(network()))
    assert result.done is not None
    assert result.done.plan.in_sync
    assert not result.done.waits


def test_converging_ends_with_its_time(slow: Account) -> None:
    """What is not ready by then is said by the last plan."""
    stack = slow.stack(network())
    started = slow.clock.time
    result = slow.starts().converge(stack, Intent(fresh=True), 20)
    assert result.done is not None
    assert not result.done.plan.in_sync
    assert slow.clock.time - started == pytest.approx(20)


def test_converging_ends_where_waiting_does_not_help(account: Account) -> None:
    """A denied write is met again by every try: the answer is given at once."""

    def deny(operation: str, asked: Mapping[str, Any], moment: str) -> None:
        if operation == "AllocateAddress":
            raise Fault("UnauthorizedOperation", 403, "You are not authorized.")

    account.server.before_reply = deny
    started = account.clock.time
    result = account.converge(account.stack(network()))
    assert result.done is not None
    assert not result.done.plan.in_sync
    assert account.clock.time - started < 60


def test_converging_tries_again_what_may_pass(account: Account) -> None:
    """A conflict that lasts for a while: AWS's doing, and not the end of it."""
    refusals = iter(range(6))

    def busy(operation: str, asked: Mapping[str, Any], moment: str) -> None:
        if operation == "AttachInternetGateway" and next(refusals, None) is not None:
            raise Fault("DependencyViolation", 400, "Another change is under way.")

    account.server.before_reply = busy
    account.settled(account.stack(network()))


@pytest.mark.parametrize(
    ("code", "settled"),
    [("InvalidParameterValue", True), ("UnauthorizedOperation", False)],
    ids=["invalid", "denied"],
)
def test_a_first_invalid_is_not_the_last_word_on_what_is_new(account: Account, code: str, settled: bool) -> None:
    """A service may not know yet what was made a moment ago, and has no other word for it; a denial stays one."""
    refusals = iter(range(3))

    def ignorant(operation: str, asked: Mapping[str, Any], moment: str) -> None:
        if operation == "CreateNatGateway" and moment == "before" and next(refusals, None) is not None:
            raise Fault(code, 400, "The allocation is not known.")

    account.server.before_reply = ignorant
    result = account.converge(account.stack(network()))
    assert result.done is not None
    assert settled is result.done.plan.in_sync


def test_what_is_invalid_of_old_things_ends_the_work(account: Account) -> None:
    """A wrong value is told at once where all that it refers to has been there for long."""
    account.settled(account.stack(network()))
    account.clock.time += DELAYS["ec2"].known + 1
    more = {**network(), "SecurityGroup": {"late": {"vpc": "main", "description": "x"}}}

    def strict(operation: str, asked: Mapping[str, Any], moment: str) -> None:
        if operation == "CreateSecurityGroup":
            raise Fault("InvalidParameterValue", 400, "Value (x) is invalid.")

    account.server.before_reply = strict
    began = account.clock.time
    result = account.converge(account.stack(more))
    assert result.done is not None
    assert not result.done.plan.in_sync
    assert account.clock.time - began < 30


def test_a_silent_loop_is_stuck(account: Account, clock: Clock) -> None:
    """No pass has ended for five minutes, or for three intervals where these are longer."""
    controller = account.starts()
    clock.time += STUCK_SECONDS
    assert controller.stuck(30) is None
    clock.time += 1
    assert controller.stuck(30) is not None
    assert controller.stuck(200) is None
    list(controller.passes([account.stack(network())], PASS))
    assert controller.stuck(30) is None


def test_a_command_adds_to_what_is_allowed(account: Account) -> None:
    """Only for itself: the document's stack stays as it is."""
    stack = account.stack(network(), allow=["Create"])
    assert allowing(stack, Allow.DELETE).allow == {Allow.CREATE, Allow.DELETE}
    assert stack.allow == {Allow.CREATE}


def test_a_fault_that_passes_does_not_end_the_work(account: Account) -> None:
    """A listing that fails once, with nothing else to do, is looked at again before the verdict."""
    stack = account.stack(network())
    account.settled(stack)
    failing = {"DescribeSubnets"}

    def fail(operation: str, parameters: Mapping[str, Any], when: str) -> None:
        if when == "before" and operation in failing:
            failing.remove(operation)
            raise Fault("UnauthorizedOperation", 403)

    account.server.before_reply = fail
    result = account.starts().converge(stack, Intent(fresh=True), 600)
    assert not failing
    assert result.done is not None
    assert result.done.plan.in_sync
