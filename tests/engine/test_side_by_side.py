"""Many passes at once: the same as one after the other, with what they want of a region asked for once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from controller.core.model.cloud import Meaning, Refused
from controller.core.model.stack import Stack
from controller.engine.details import OLD_SECONDS
from controller.engine.loop import SEARCH_SECONDS, Controller, Result
from controller.engine.reconcile import Intent
from emulators.ec2.server import StrictEc2
from tests.clock import Clock
from tests.core.account import network
from tests.diary import Diary
from tests.engine.crowd import HANDS, PASS, VPC, at_once, done, live, many, one_by_one, side_by_side
from tests.engine.harness import CATALOG, REGION, Account, ScriptedCloud, refusing, step


@pytest.fixture
def other(clock: Clock, tmp_path: Path) -> Iterator[Callable[[pytest.MonkeyPatch], Account]]:
    """A second account, empty, for the comparison."""
    made: list[tuple[StrictEc2, Account]] = []

    def make(monkeypatch: pytest.MonkeyPatch) -> Account:
        server = StrictEc2(clock=clock).__enter__()
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        account = Account(server, clock, tmp_path)
        made.append((server, account))
        return account

    yield make
    for server, account in made:
        account.close()
        server.__exit__(None, None, None)


# --- the same result ---


def test_side_by_side_is_as_one_after_the_other(
    account: Account, other: Callable[[pytest.MonkeyPatch], Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same things, made by the same calls; and then nothing more, in either way."""
    stacks = many(account, HANDS)
    controller = account.starts()
    side_by_side(account, stacks, controller)
    second = other(monkeypatch)
    one_by_one(second, stacks, second.starts())
    assert live(second) == live(account)
    assert Counter(second.operations()) == Counter(account.operations())
    assert max(Counter(account.operations()).values()) >= HANDS
    since = account.mark()
    assert all(done(result).plan.in_sync for result in at_once(controller, stacks))
    assert all(done(result).plan.in_sync for result in controller.passes(stacks, PASS))
    assert [] == account.operations(since)


def test_drift_of_many_is_corrected_once_each(account: Account) -> None:
    """Each in its own stack, whoever looked for whom; nobody corrects what is corrected already."""
    stacks = many(account, HANDS)
    controller = account.starts()
    side_by_side(account, stacks, controller)
    for id in account.ids("vpc"):
        account.by_hand("CreateTags", Resources=[id], Tags=[{"Key": "Name", "Value": "by hand"}])
    since = account.mark()
    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(lambda stack: [controller.one_pass(stack, stacks, PASS) for _ in range(5)], stacks))
    assert {"CreateTags": HANDS} == Counter(account.operations(since))


def test_a_destroy_beside_the_others(account: Account) -> None:
    """One stack goes, and nothing of the others is touched."""
    stacks = many(account, 4)
    controller = account.starts()
    side_by_side(account, stacks, controller)
    leaving, staying = stacks[0], stacks[1:]
    going = threading.Thread(target=controller.converge, args=(leaving, Intent(destroy=True, believe=True), 3600.0))
    going.start()
    while going.is_alive():
        assert all(done(result).plan.in_sync for result in at_once(controller, staying))
    assert {"web-1", "web-2", "web-3"} == {stack for _, stack, _ in live(account) if stack}


def test_one_without_its_account_keeps_nobody_from_theirs(account: Account) -> None:
    """Each has its own error, or none."""
    wrong = account.stack(VPC, "alien", accountId="999999999999")
    results = at_once(account.starts(), [wrong, *many(account, HANDS)])
    assert [True] + [False] * HANDS == [result.error is not None for result in results]


# --- what is shared ---


def test_what_all_want_at_once_is_asked_for_once(account: Account) -> None:
    """However many come at the same moment: one round of listings, as for one of them."""
    stacks = many(account, HANDS)
    controller = account.starts()
    side_by_side(account, stacks, controller)
    since = account.mark()
    done(controller.one_pass(stacks[0], stacks, PASS))
    one = account.reads(since)
    since = account.mark()
    at_once(controller, stacks)
    assert one == account.reads(since)
    assert 0 < sum(one.values()) < 20


def test_the_account_is_asked_for_once() -> None:
    """In the life of the program, however many want to know it."""
    cloud = Counting()
    controller = Controller(CATALOG, lambda region: cloud, Diary())
    with ThreadPoolExecutor(HANDS) as hands:
        accounts = set(hands.map(lambda _: controller.account(REGION), range(50)))
    controller.close()
    assert ({"123456789012"}, 1) == (accounts, cloud.counted)


class Counting(ScriptedCloud):
    """Counts how often it is asked for its account."""

    counted = 0

    def account(self) -> str:
        """Always the same."""
        self.counted += 1
        return super().account()


def test_an_error_of_the_region_is_each_stack_s_own(account: Account) -> None:
    """All are told of it, nothing is written, and the next pass asks again."""
    stacks = many(account, HANDS, VPC)
    cloud = ScriptedCloud(refusing(Refused("ec2", "DescribeVpcs", "UnauthorizedOperation", Meaning.DENIED, "no")))
    controller = Controller(CATALOG, lambda region: cloud, Diary())
    results = at_once(controller, stacks)
    assert {"unknown"} == {str(step(done(result).plan, "Vpc/main").state) for result in results}
    asked = len(cloud.asked)
    at_once(controller, stacks)
    controller.close()
    assert len(cloud.asked) > asked
    assert not [operation for operation, _ in cloud.asked if operation.startswith("Create")]


# --- never too old ---


def test_no_look_is_older_than_the_stack_s_own_last_pass(account: Account) -> None:
    """Though the clock stands still, and another one's look is brand new: its own writes have to be in it."""
    one, two = many(account, 2)
    controller = account.starts()
    side_by_side(account, [one, two], controller)
    looks = []
    for stack in (one, one, two, two, one):
        since = account.mark()
        controller.one_pass(stack, [one, two], PASS)
        looks.append(account.reads(since)["DescribeVpcs"])
    assert [1, 1, 0, 1, 0] == looks


def test_a_pass_that_ends_during_a_look_does_not_take_it(account: Account) -> None:
    """The look was begun before the pass wrote, so it may not show that."""
    one, two = many(account, 2, VPC)
    controller = account.starts()
    side_by_side(account, [one, two], controller)
    account.by_hand("ModifyVpcAttribute", VpcId=account.ids("vpc")[0], EnableDnsSupport={"Value": False})
    late, seen = threading.Event(), threading.Event()

    def slow(operation: str, asked: Mapping[str, Any], moment: str) -> None:
        if operation == "DescribeVpcs" and threading.current_thread() is not threading.main_thread():
            seen.set()
            late.wait(10)

    account.clock.time += OLD_SECONDS + 1
    account.server.before_reply = slow
    looking = threading.Thread(target=controller.one_pass, args=(two, [one, two], PASS))
    looking.start()
    assert seen.wait(10)
    order = next(controller.order)
    controller.last_pass[one.name] = order  # as when its pass, begun earlier, ends now
    account.server.before_reply = None
    late.set()
    looking.join(10)
    since = account.mark()
    controller.one_pass(one, [one, two], PASS)
    assert 1 <= account.reads(since)["DescribeVpcs"]


def test_an_old_look_is_not_shared(account: Account, clock: Clock) -> None:
    """Whoever comes later looks for himself."""
    stacks = many(account, 3, VPC)
    controller = account.starts()
    side_by_side(account, stacks, controller)
    since = account.mark()
    for stack in stacks:
        controller.one_pass(stack, stacks, PASS)
        clock.time += OLD_SECONDS + 0.1
    assert 3 == account.reads(since)["DescribeVpcs"]


def test_another_document_takes_no_look_that_was_made_for_the_old_one(account: Account) -> None:
    """What it wants may not have been looked for."""
    old, neighbour = many(account, 2, VPC)
    controller = account.starts()
    side_by_side(account, [old, neighbour], controller)
    controller.one_pass(neighbour, [old, neighbour], PASS)
    new = account.stack(network(), old.name)
    result = done(controller.one_pass(new, [new, neighbour], PASS))
    assert not result.plan.incomplete
    assert result.outcome.born
    side_by_side(account, [new, neighbour], controller)


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (Intent(), Intent(), True),
        (Intent(), Intent(destroy=True, write=False), False),
        (Intent(destroy=True, write=False), Intent(), True),
        (Intent(), Intent(fresh=True), False),
        (Intent(fresh=True), Intent(destroy=True, write=False), True),
        (Intent(destroy=True, write=False), Intent(fresh=True), False),
    ],
)
def test_a_look_is_shared_where_it_is_thorough_enough(
    account: Account, first: Intent, second: Intent, shared: bool
) -> None:
    """One for a deletion has every kind, a fresh one has nothing remembered."""
    one, two = many(account, 2, VPC)
    controller = account.starts()
    side_by_side(account, [one, two], controller)
    controller.one_pass(one, [one, two], first)
    since = account.mark()
    controller.one_pass(two, [one, two], second)
    assert shared == (account.reads(since)["DescribeVpcs"] == 0)


# --- an end ahead of time ---


def test_one_that_is_stopped_begins_nothing(account: Account) -> None:
    """And the others are not stopped by it."""
    one, two = many(account, 2, VPC)
    controller, stop = account.starts(), threading.Event()
    stop.set()
    result = done(controller.one_pass(one, [one, two], PASS, stop))
    assert ([], 0) == (account.operations(), result.outcome.done)
    assert done(controller.one_pass(two, [one, two], PASS)).outcome.done


def test_one_that_is_stopped_in_the_midst_begins_nothing_more(account: Account) -> None:
    """The calls in flight end and are told of; the next pass goes on where it was."""
    one = account.stack(network())
    controller, stop = account.starts(), threading.Event()

    def halt(operation: str, asked: Mapping[str, Any], moment: str) -> None:
        if operation == "CreateVpc" and moment == "after":
            stop.set()

    account.server.before_reply = halt
    result = done(controller.one_pass(one, [one], PASS, stop))
    assert "CreateVpc" in account.operations()
    assert not {"CreateSubnet", "CreateNatGateway"} & set(account.operations())
    assert result.outcome.deferred
    account.server.before_reply = None
    side_by_side(account, [one], controller)
    assert 1 == account.operations().count("CreateVpc")


# --- orphans of kinds that no document names ---

LEFT_OVER = {"SecurityGroup": {"old": {"vpc": "main"}}, **VPC}


def orphans(result: Result) -> list[str]:
    """What is left over."""
    return [str(each.address) for each in done(result).plan.steps if each.state == "orphaned"]


@pytest.fixture
def leaving(account: Account) -> list[Stack]:
    """Two stacks; something that the first had in its document is left over."""
    account.settled(account.stack(LEFT_OVER, "web-0"))
    stacks = [account.stack(VPC, f"web-{number}", allow=["Create", "Update"]) for number in range(2)]
    account.settled(stacks[1])
    return stacks


def test_an_orphan_is_seen_from_the_first_pass_on(account: Account, leaving: list[Stack], clock: Clock) -> None:
    """And in each pass after that, as long as it is there."""
    controller = account.starts()
    assert ["SecurityGroup/old"] == orphans(at_once(controller, leaving)[0])
    for _ in range(5):
        clock.time += 30
        assert ["SecurityGroup/old"] == orphans(controller.one_pass(leaving[0], leaving, PASS))


@pytest.mark.parametrize("apart", [0.0, OLD_SECONDS + 5])
def test_an_orphan_is_seen_whoever_searches(
    account: Account, leaving: list[Stack], clock: Clock, apart: float
) -> None:
    """Every search is another stack's, and the turns of the two are far apart: it is in each plan all the same."""
    controller = account.starts()
    controller.one_pass(leaving[1], leaving, PASS)
    for _ in range(4):
        clock.time += apart
        assert ["SecurityGroup/old"] == orphans(controller.one_pass(leaving[0], leaving, PASS))
        clock.time += SEARCH_SECONDS + 1
        controller.one_pass(leaving[1], leaving, PASS)


def test_an_orphan_that_is_seen_during_a_search_stays_seen(
    account: Account, leaving: list[Stack], clock: Clock
) -> None:
    """A pass that notes it while another stack's search is under way is not undone by the end of that."""
    controller = account.starts()
    at_once(controller, leaving)
    clock.time += SEARCH_SECONDS + 1
    seen, late = threading.Event(), threading.Event()

    def slow(operation: str, asked: Mapping[str, Any], moment: str) -> None:
        if operation == "DescribeNetworkAcls":
            seen.set()
            late.wait(10)

    account.server.before_reply = slow
    searching = threading.Thread(target=controller.one_pass, args=(leaving[1], leaving, PASS))
    searching.start()
    assert seen.wait(10)
    controller.last_pass[leaving[0].name] = next(controller.order)  # its pass, begun earlier, ends now
    account.server.before_reply = None
    late.set()
    searching.join(10)
    assert ["SecurityGroup/old"] == orphans(controller.one_pass(leaving[0], leaving, PASS))
