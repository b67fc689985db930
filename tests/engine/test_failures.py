"""Stories in which AWS, or the program, fails: whatever happens, nothing is duplicated, leaked or taken away."""

from collections.abc import Mapping
from typing import Any

import pytest

from controller.core.model.cloud import Answer
from controller.core.model.stack import Stack
from controller.core.planning.step import State
from controller.engine.loop import Controller
from controller.engine.reconcile import Intent
from emulators.ec2.server import DropConnection
from emulators.ec2.store import BY_OPERATION, Fault
from tests.clock import Clock, Patient
from tests.core.account import changed, network, without
from tests.engine.harness import CATALOG, LISTINGS, Account, acting, step, unsettled


@pytest.fixture
def stack(account: Account) -> Stack:
    return account.stack(network())


class Hook:
    """What is done to the requests of one operation, from the first on, `times` times."""

    def __init__(self, operation: str, error: Exception, moment: str = "before", times: int = 1000) -> None:
        self.operation, self.error, self.moment, self.times = operation, error, moment, times

    def __call__(self, operation: str, asked: Mapping[str, Any], moment: str) -> None:
        if operation == self.operation and moment == self.moment and self.times:
            self.times -= 1
            raise self.error


def denied(operation: str) -> Hook:
    """No permission for this operation."""
    return Hook(operation, Fault("UnauthorizedOperation", 403, "You are not authorized."))


class Blind:
    """Listings that leave things out: nothing is there, or what was made a moment ago is not there yet."""

    def __init__(self, account: Account) -> None:
        self.account, self.hidden = account, frozenset[str]()
        self.pages, self.call = account.cloud.pages, account.cloud.call

    def hide(self, monkeypatch: pytest.MonkeyPatch, *ids: str) -> None:
        """From now on listings do not show these; no ids: they show everything."""
        self.hidden = frozenset(ids)
        monkeypatch.setattr(self.account.cloud, "pages", self.seen)

    def seen(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Any:
        for page in self.pages(service, operation, parameters):
            kind = BY_OPERATION.get(operation)
            if kind is None:
                yield page
                continue
            things = [item for item in page.get(kind.listing, ()) if item[kind.id_member] not in self.hidden]
            yield {**page, kind.listing: things}


# --- reads that fail, or lie ---


@pytest.mark.parametrize("operation", LISTINGS)
def test_a_denied_listing_leads_to_no_write(account: Account, stack: Stack, operation: str) -> None:
    """Its kind is unknown, never missing; nothing that depends on it is written, and nothing looks in sync.

    Who remembers nothing cannot tell what stands in that kind either.
    """
    account.settled(stack)
    since = account.mark()
    account.server.before_reply = denied(operation)
    unknown = []
    for controller in (account.controllers[0], account.starts()):
        plan = account.turn(stack, controller).plan
        unknown.append({each.address.kind for each in plan.steps if each.state is State.UNKNOWN})
        assert not plan.in_sync
    assert len(unknown[0]) == 1
    assert unknown[0] <= unknown[1]
    assert account.writes(since) == []
    account.server.before_reply = None
    assert account.turn(stack, account.controllers[0]).plan.in_sync


def test_a_denied_listing_on_an_empty_account_makes_nothing_that_needs_it(
    account: Account, stack: Stack, clock: Clock
) -> None:
    """What cannot be seen may be there: no subnet is made without its VPC known, and no gateway is attached.

    Nor is anything that could be made twice, until listings would show what an earlier program has made.
    """
    account.server.before_reply = denied("DescribeVpcs")
    controller = account.starts()
    account.turn(stack, controller)
    assert account.operations() == []
    clock.time += CATALOG["ElasticIp"].delays.listed + 1
    account.turn(stack, controller)
    assert sorted(account.operations()) == ["AllocateAddress", "CreateInternetGateway"]


def test_a_denied_detail_leads_to_no_write(account: Account, stack: Stack) -> None:
    """A VPC of which the DNS attributes cannot be read is unknown; the rest is in sync."""
    account.settled(stack)
    since = account.mark()
    account.server.before_reply = denied("DescribeVpcAttribute")
    plan = account.turn(account.stack(changed(network(), "Vpc/main", cidrBlock="10.0.0.0/15"))).plan
    assert step(plan, "Vpc/main").state is State.UNKNOWN
    assert acting(plan) == {}
    assert account.writes(since) == []


def test_an_empty_account_with_http_200_is_not_believed(
    account: Account, stack: Stack, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All at once is gone: nothing is written until it is seen again."""
    controller, blind = account.starts(), Blind(account)
    account.settled(stack, controller)
    clock.time += 60  # nothing is new any more
    since = account.mark()
    everything = [thing.id for things in account.server.world.things.values() for thing in things.values()]
    blind.hide(monkeypatch, *everything)
    for _ in range(3):
        plan = account.turn(stack, controller).plan
        assert {each.blocked.by for each in plan.steps if each.blocked} == {"mass-disappearance"}
    blind.hide(monkeypatch)
    assert account.turn(stack, controller).plan.in_sync
    assert account.writes(since) == []


def test_a_disappearance_that_the_operator_believes_is_mended(account: Account, stack: Stack, clock: Clock) -> None:
    """It was real: said so, everything is made again."""
    controller = account.starts()
    account.settled(stack, controller)
    account.converge(stack, account.starts(), destroy=True)
    since = account.mark()
    clock.time += 60
    account.turn(stack, controller)
    assert account.writes(since) == []
    account.turn(stack, controller, believe=True)
    assert account.turn(stack, controller).plan.in_sync


@pytest.mark.parametrize("prefix", ["vpc", "eipalloc"])
def test_a_parent_that_no_listing_shows_is_not_made_again(
    account: Account, stack: Stack, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    """A program that was just started remembers nothing; but what our things stand in must be there."""
    account.settled(stack)
    since = account.mark()
    Blind(account).hide(monkeypatch, *account.ids(prefix))
    plan = account.turn(stack).plan
    assert State.UNKNOWN in {each.state for each in plan.steps}
    assert account.writes(since) == []


@pytest.mark.parametrize(
    ("prefix", "operation"),
    [
        ("vpc", "CreateVpc"),
        ("subnet", "CreateSubnet"),
        ("nat", "CreateNatGateway"),
        ("sg", "CreateSecurityGroup"),
        ("eipalloc", "AllocateAddress"),
    ],
)
def test_a_listing_that_lags_behind_leads_to_no_duplicate(
    account: Account, stack: Stack, monkeypatch: pytest.MonkeyPatch, prefix: str, operation: str
) -> None:
    """What was made a moment ago and is not listed yet is pending; then it is the node, and it is one."""
    controller, blind = account.starts(), Blind(account)
    account.turn(stack, controller)
    made = account.operations().count(operation)
    blind.hide(monkeypatch, *account.ids(prefix))
    lagging = account.turn(stack, controller)
    assert lagging.waits
    assert lagging.outcome.done == 0
    assert State.PENDING in {each.state for each in lagging.plan.steps}
    blind.hide(monkeypatch)
    assert account.turn(stack, controller).plan.in_sync
    assert account.operations().count(operation) == made


@pytest.mark.parametrize(("address", "prefix"), [("InternetGateway/main", "igw"), ("ElasticIp/nat", "eipalloc")])
def test_who_remembers_nothing_waits_for_what_may_have_just_been_made(
    account: Account, monkeypatch: pytest.MonkeyPatch, clock: Clock, address: str, prefix: str
) -> None:
    """Killed and forgotten while a listing lags: however often a program starts anew, there is one of each.

    AWS keeps neither from being made twice. A dry run says what is to be made all the same.
    """
    kinds = ("InternetGateway", "Vpc", "ElasticIp")
    stack, blind = account.stack({kind: network()[kind] for kind in kinds}), Blind(account)
    account.settled(stack)
    since = account.mark()
    blind.hide(monkeypatch, *account.ids(prefix))
    for controller in [account.starts() for _ in range(3)]:
        account.turn(stack, controller)
        clock.time += CATALOG[address.partition("/")[0]].delays.listed / 2
        account.turn(stack, controller)
    assert step(account.plan(stack), address).state is State.MISSING
    blind.hide(monkeypatch)
    assert account.turn(stack, account.starts()).plan.in_sync
    assert account.writes(since) == []


# --- writes that fail ---


@pytest.mark.parametrize(
    "operation", ["CreateVpc", "CreateSubnet", "AllocateAddress", "CreateSecurityGroup", "AssociateRouteTable"]
)
def test_a_lost_answer_leads_to_no_duplicate(account: Account, stack: Stack, operation: str) -> None:
    """AWS has done it and the connection broke: the next pass finds it, by its tags, and goes on."""
    account.server.before_reply = Hook(operation, DropConnection(), "after", times=1)
    controller = account.starts()
    account.turn(stack, controller)
    account.settled(stack, controller)
    assert {prefix: len(account.ids(prefix)) for prefix in ("vpc", "subnet", "eipalloc", "nat", "igw")} == {
        "vpc": 1,
        "subnet": 2,
        "eipalloc": 1,
        "nat": 1,
        "igw": 1,
    }
    assert len(account.ids("sg")) == 3
    assert len(account.ids("rtb")) == 3


def test_a_denied_write_stops_only_what_depends_on_it(account: Account, stack: Stack) -> None:
    """Without permission for addresses there is no gateway and no route; all else is made."""
    account.server.before_reply = denied("AllocateAddress")
    done = account.turn(stack)
    assert set(map(str, done.outcome.failed)) == {"ElasticIp/nat"}
    made = {str(each.address) for each in done.outcome.corrected}
    assert made == {str(address) for address in stack.nodes} - {"ElasticIp/nat", "NatGateway/a", "RouteTable/private"}


def test_a_denied_write_backs_off(account: Account, stack: Stack, clock: Clock) -> None:
    """Asking again at once is of no use: the node waits, says so, and is tried later; others go on meanwhile, but no
    subnet gets a table whose route leads to what is not there."""
    controller = account.starts()
    account.server.before_reply = denied("AllocateAddress")
    account.turn(stack, controller)
    assert {"CreateSubnet", "CreateRouteTable"} <= {*account.operations(0)}
    since = account.mark()
    plan = account.turn(stack, controller).plan
    blocked = step(plan, "ElasticIp/nat").blocked
    assert blocked is not None
    assert blocked.by == "backoff"
    assert account.operations(since) == []
    clock.time += 6
    account.server.before_reply = None
    account.settled(stack, controller)


def test_no_subnet_is_moved_to_a_table_without_its_route(account: Account) -> None:
    """A table whose route AWS refuses is given to nobody: the subnet keeps the table that works."""
    controller = account.starts()
    resources = network()
    account.settled(account.stack(resources), controller)
    tables = resources["RouteTable"]
    private = {**tables["private"], "subnets": []}
    moved = {**resources, "RouteTable": {**tables, "private": private, "other": tables["private"]}}
    since = account.mark()
    account.server.before_reply = denied("CreateRoute")
    account.turn(account.stack(moved), controller)
    assert account.operations(since) == ["CreateRouteTable", "CreateRoute"]


def test_no_subnet_is_moved_to_a_table_whose_route_is_not_known(account: Account) -> None:
    """While what a route leads to cannot be read, the subnet keeps the table that works."""
    controller = account.starts()
    resources = network()
    account.settled(account.stack(resources), controller)
    tables = resources["RouteTable"]
    moved = {
        **resources,
        "RouteTable": {**tables, "private": {**tables["private"], "subnets": []}, "other": tables["private"]},
    }
    since = account.mark()
    account.server.before_reply = denied("DescribeNatGateways")
    for _ in range(3):
        account.turn(account.stack(moved), controller)
        account.clock.time += 601
    assert account.operations(since) == ["CreateRouteTable"]
    account.server.before_reply = None
    account.settled(account.stack(moved), controller)


def test_the_same_difference_is_corrected_three_times(account: Account, stack: Stack, clock: Clock) -> None:
    """Somebody else wants it otherwise: the fourth time it is reported and left alone."""
    controller = account.starts()
    account.settled(stack, controller)
    (vpc,) = account.ids("vpc")
    since = account.mark()
    for _ in range(5):
        clock.time += 601
        account.by_hand("ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": False})
        account.turn(stack, controller)
    assert account.operations(since) == ["ModifyVpcAttribute"] * 3
    blocked = step(account.diary.plans[-1], "Vpc/main").blocked
    assert blocked is not None
    assert blocked.by == "repeat"


# --- a program that ends ---


def killed(account: Account, stack: Stack, after: int) -> Controller:
    """A program that begins so many calls in its first pass and then no more."""
    stop = Patient(account.clock)
    controller = account.starts(stop)
    begun = 0
    call = account.cloud.call

    def counted(service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        nonlocal begun
        if not operation.startswith(("Describe", "Get")):
            begun += 1
            if begun >= after:
                stop.set()
        return call(service, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account.cloud, "call", counted)
        list(controller.passes([stack], Intent(fresh=True)))
    return controller


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_replacement_that_was_cut_in_half_is_ended(account: Account, stack: Stack, after: int) -> None:
    """The new subnet is there and the old one as well, both marked as the node: the fitting one is kept."""
    account.settled(stack)
    old = account.ids("subnet")
    moved = account.stack(changed(network(), "Subnet/private", cidrBlock="10.0.9.0/24"))
    killed(account, moved, after)
    account.settled(moved)
    blocks = {thing["CidrBlock"] for thing in account.server.world.things["subnet"].values()}
    assert blocks == {"10.0.0.0/24", "10.0.9.0/24"}
    assert len(account.ids("subnet")) == 2
    assert account.ids("subnet") != old


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_a_chain_that_was_cut_in_half_is_ended(slow: Account, after: int) -> None:
    """A subnet and the gateway in it, replaced together: wherever it stops, one of each is left in the end."""
    slow.settled(slow.stack(network()))
    moved = slow.stack(changed(network(), "Subnet/public", cidrBlock="10.0.9.0/24"))
    killed(slow, moved, after)
    slow.settled(moved)
    assert [len(slow.ids(prefix)) for prefix in ("subnet", "nat", "eipalloc")] == [2, 1, 1]


@pytest.mark.parametrize("after", range(1, 19, 3))
def test_a_creation_that_was_cut_anywhere_is_ended(account: Account, stack: Stack, after: int) -> None:
    """Invariant 5: the next start finds what was made, and makes the rest."""
    killed(account, stack, after)
    account.settled(stack)
    assert [len(account.ids(prefix)) for prefix in ("vpc", "subnet", "nat", "eipalloc", "sg")] == [1, 2, 1, 1, 3]


# --- what is not ours ---


def test_strangers_are_never_touched(account: Account, stack: Stack) -> None:
    """Invariant 3: other stacks, and what nobody marked, are as they were, whatever ours goes through."""
    other = account.stack(changed(network(), "Vpc/main", cidrBlock="10.0.0.0/16"), "other")
    account.settled(other)
    bare = account.by_hand("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    before = account.plan(other)
    account.settled(stack)
    account.settled(account.stack(without(network(), "NatGateway/a", "RouteTable/private")))
    account.converge(stack, destroy=True)
    after = account.plan(other)
    assert after.in_sync, unsettled(after)
    assert [each.id for each in after.steps] == [each.id for each in before.steps]
    assert bare in account.ids("vpc")
