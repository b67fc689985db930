"""What no listing shows: read for what matched a node, believed for a while, and told with its age."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from controller.core.model.cloud import Cloud, Meaning, Refused
from controller.core.model.live import Live, Phase, Placed
from controller.core.model.reader import TagsByTarget
from controller.core.model.reference import Address
from controller.core.model.spec import Spec
from controller.core.model.stack import Stack
from controller.core.planning.step import Believed
from controller.engine.details import DETAIL_SECONDS, GUARD_SECONDS, OLD_SECONDS, Details, TagCache
from tests.clock import Clock
from tests.core.account import Account, at, changed, network, stack_of
from tests.core.kinds import Fake
from tests.engine.harness import ScriptedCloud, pool_of

Tree = dict[str, Any]
DENIED = Refused("ec2", "DescribeThings", "UnauthorizedOperation", Meaning.DENIED, "no")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with pool_of() as pool:
        yield pool


# --- tags that no listing shows ---


class Reader:
    """Reads tags, and remembers for which things it was asked."""

    def __init__(self, *gone: str) -> None:
        self.gone = gone
        self.asked: list[list[str]] = []

    def __call__(self, targets: Sequence[str]) -> TagsByTarget:
        self.asked.append([*targets])
        return {target: {"Name": target} for target in targets if target not in self.gone}


def test_tags_are_remembered() -> None:
    """As long as details are; then they are read anew."""
    clock, reader = Clock(), Reader()
    cache = TagCache(clock)
    assert {"a": {"Name": "a"}} == cache.recall("Shelf", ["a"], reader)
    clock.time += DETAIL_SECONDS / 2
    cache.recall("Shelf", ["a"], reader)
    assert [["a"]] == reader.asked
    clock.time += DETAIL_SECONDS / 2 + 1
    cache.recall("Shelf", ["a"], reader)
    assert [["a"], ["a"]] == reader.asked


def test_tags_are_read_whatever_is_remembered() -> None:
    """Where somebody wants them anew; what is gone meanwhile is not remembered, and the rest is from then on."""
    clock, reader = Clock(), Reader()
    cache = TagCache(clock)
    cache.recall("Shelf", ["a", "b"], reader)
    reader.gone = ("b",)
    clock.time += 5
    assert {"a": {"Name": "a"}} == cache.anew("Shelf", ["a", "b"], reader)
    assert (0, float("inf")) == (cache.age("Shelf", "a"), cache.age("Shelf", "b"))
    cache.recall("Shelf", ["a"], reader)
    assert [["a", "b"], ["a", "b"]] == reader.asked


def test_only_new_things_are_read() -> None:
    """In one read with all that are; things of another kind are others."""
    reader = Reader()
    cache = TagCache(Clock())
    cache.recall("Shelf", ["a"], reader)
    assert {"a", "b", "c"} == {*cache.recall("Shelf", ["a", "b", "c"], reader)}
    cache.recall("Sign", ["a"], reader)
    assert [["a"], ["b", "c"], ["a"]] == reader.asked


def test_tags_of_what_was_written_to_are_forgotten() -> None:
    """What may have changed is read anew, the rest is not."""
    reader = Reader()
    cache = TagCache(Clock())
    for kind in ("Shelf", "Sign"):
        cache.recall(kind, ["a"], reader)
    cache.drop("Shelf", "a")
    for kind in ("Shelf", "Sign"):
        cache.recall(kind, ["a"], reader)
    assert [["a"], ["a"], ["a"]] == reader.asked
    assert 0 == cache.age("Sign", "a")
    assert float("inf") == cache.age("Sign", "b")


def test_what_is_gone_has_no_tags() -> None:
    """It is left out, asked for again, and nothing is remembered of it."""
    reader = Reader("b")
    cache = TagCache(Clock())
    assert {"a": {"Name": "a"}} == cache.recall("Shelf", ["a", "b"], reader)
    cache.recall("Shelf", ["a", "b"], reader)
    assert [["a", "b"], ["b"]] == reader.asked


# --- details ---

VPC = at("Vpc/main")


class Shop:
    """Details of one stack, and how often each was read."""

    def __init__(self, stack: Stack, pool: ThreadPoolExecutor) -> None:
        self.stack, self.pool, self.clock = stack, pool, Clock()
        self.account, self.cloud = Account(stack), ScriptedCloud(self.reply)
        self.details = Details({"Vpc": _Vpc(self.cloud), **_OTHERS}, self.clock)
        self.value: object = True
        self.error: Refused | None = None
        self.believed: dict[Address, Believed] = {}
        """What the last pass believed."""

    def reply(self, operation: str, parameters: object) -> Tree:
        if self.error:
            raise self.error
        return {"value": self.value}

    def fill(self, *fresh: Address) -> Tree:
        """The fields of the VPC after a pass; why it could not be read instead."""
        match = self.account.match(self.stack)
        unread, self.believed = self.details.fill(self.cloud, self.stack, match, self.pool, fresh)
        return dict(match.live[VPC].fields) if VPC not in unread else {"unread": unread[VPC]}

    @property
    def reads(self) -> Counter[str]:
        """How often each detail was read."""
        return Counter(operation for operation, _ in self.cloud.asked)


class _Vpc(Fake):
    """A VPC of which DNS is a detail."""

    name, spec = "Vpc", Spec
    exports = {"mainRouteTable": "…", "cidr": "…"}  # noqa: RUF012  # as a kind declares it

    def __init__(self, cloud: ScriptedCloud) -> None:
        self.cloud = cloud

    def detailed(self, fields: Iterable[str]) -> frozenset[str]:
        return frozenset(fields) & {"enableDnsHostnames", "enableDnsSupport"}

    def details(self, cloud: Cloud, live: Live, fields: Iterable[str]) -> Tree:
        return {name: cloud.call("ec2", f"Read {name}", {}).body["value"] for name in fields}

    def attribute(self, cloud: Cloud, live: Live, attribute: str) -> object:
        return cloud.call("ec2", f"Read {attribute}", {}).body["value"]

    def unlisted(self, attributes: Iterable[str]) -> frozenset[str]:
        return frozenset(attributes) & {"mainRouteTable"}

    def guards(self, detail: str) -> bool:
        return detail == "enableDnsSupport"


class _Plain(Fake):
    """A kind without details."""

    name, spec = "Plain", Spec


_OTHERS = dict.fromkeys(
    ("Subnet", "InternetGateway", "ElasticIp", "NatGateway", "RouteTable", "SecurityGroup"), _Plain()
)


@pytest.fixture
def shop(pool: ThreadPoolExecutor) -> Shop:
    return Shop(stack_of(network()), pool)


def test_only_what_the_document_sets_is_read(shop: Shop) -> None:
    """One read for the one detail that is managed, none for the others, none for what is not a node."""
    shop.account.lives["stranger"] = Live("Vpc", "vpc-x", {}, {})
    assert shop.fill()["enableDnsHostnames"] is True
    assert shop.reads == {"Read enableDnsHostnames": 1}


def test_a_detail_is_kept_for_five_to_ten_minutes(shop: Shop) -> None:
    """Then it is read anew; until then its value stays what it was. Not all are read again at one time."""
    shop.fill()
    shop.value = False
    shop.clock.time += DETAIL_SECONDS / 2
    assert shop.fill()["enableDnsHostnames"] is True
    shop.clock.time += DETAIL_SECONDS / 2
    assert shop.fill()["enableDnsHostnames"] is False
    assert DETAIL_SECONDS == 600
    assert shop.reads == {"Read enableDnsHostnames": 2}


def test_a_node_that_is_to_be_written_is_read_anew(shop: Shop) -> None:
    """A write is never planned from a kept read; others are not read for it."""
    shop.fill()
    shop.value = False
    assert shop.fill(at("Subnet/public"))["enableDnsHostnames"] is True
    assert shop.fill(VPC)["enableDnsHostnames"] is False


def test_a_detail_that_cannot_be_read_is_forgotten(shop: Shop) -> None:
    """The node is unknown, even though an older value was kept; the next read that works mends it."""
    shop.fill()
    shop.error = DENIED
    assert shop.fill(VPC) == {"unread": str(DENIED)}
    assert shop.fill() == {"unread": str(DENIED)}
    shop.error = None
    assert shop.fill()["enableDnsHostnames"] is True


INTERVAL = 30.0


@pytest.fixture
def guarded(pool: ThreadPoolExecutor) -> Shop:
    """Of two details of its VPC, one guards it."""
    return Shop(stack_of(changed(network(), "Vpc/main", enableDnsSupport=True)), pool)


def test_what_guards_a_thing_is_read_by_the_second_pass(guarded: Shop) -> None:
    """Whatever is changed right after it was read, and whatever its id: two intervals later it is read anew."""
    vpc = guarded.account["Vpc/main"]
    for number in range(50):
        guarded.account.lives["Vpc/main"] = replace(vpc, id=f"vpc-{number}")
        guarded.value = True
        guarded.fill()
        guarded.value = False
        guarded.clock.time += INTERVAL
        guarded.fill()
        guarded.clock.time += INTERVAL
        found = guarded.fill()
        assert (False, True) == (found["enableDnsSupport"], found["enableDnsHostnames"])
    assert GUARD_SECONDS == 2 * INTERVAL


def test_what_guards_a_thing_is_not_read_in_every_pass(guarded: Shop) -> None:
    """One that follows at once believes it."""
    guarded.fill()
    guarded.clock.time += GUARD_SECONDS / 2
    guarded.fill()
    assert guarded.reads == {"Read enableDnsHostnames": 1, "Read enableDnsSupport": 1}


@pytest.mark.parametrize(
    "hint",
    [
        {"stamp": "changed at noon"},
        {"phase": Phase.PENDING},
        {"attributes": {"arn": "another"}},
        {"members": {"cidrBlocks": {"10.0.0.0/16": "assoc-2"}}},
        {"fields": {"cidrBlock": "10.0.0.0/16", "instanceTenancy": "dedicated"}},
    ],
    ids=lambda hint: next(iter(hint)),
)
def test_what_the_listing_shows_otherwise_is_read_anew(shop: Shop, hint: Tree) -> None:
    """Whoever changed what it shows may have changed what it does not show: nothing of it is believed any more."""
    shop.fill()
    shop.value = False
    assert shop.fill()["enableDnsHostnames"] is True
    shop.account.lives["Vpc/main"] = replace(shop.account["Vpc/main"], **hint)
    assert shop.fill()["enableDnsHostnames"] is False
    shop.fill()
    assert shop.reads == {"Read enableDnsHostnames": 2}


def test_filling_in_twice_is_no_hint(shop: Shop) -> None:
    """A pass that looks again at what it is about to write finds the rest as it left it."""
    match = shop.account.match(shop.stack)
    for _ in range(2):
        shop.details.fill(shop.cloud, shop.stack, match, shop.pool, [at("Subnet/public")])
    assert shop.reads == {"Read enableDnsHostnames": 1}


def test_what_was_written_to_is_read_anew(shop: Shop) -> None:
    """What was read before a write says nothing of the time after it."""
    shop.fill()
    shop.value = False
    shop.details.drop([shop.account["Vpc/main"]], ())
    assert shop.fill()["enableDnsHostnames"] is False


def test_what_is_believed_is_told_with_its_age(guarded: Shop) -> None:
    """The oldest first; what was read for this pass, or a moment ago, is not only believed."""
    guarded.fill()
    assert {} == guarded.believed
    guarded.clock.time += OLD_SECONDS
    guarded.fill()
    assert {} == guarded.believed
    guarded.clock.time += 5
    guarded.fill()
    assert {VPC: Believed(15.0, ("enableDnsHostnames", "enableDnsSupport"))} == guarded.believed
    guarded.clock.time += GUARD_SECONDS
    guarded.fill()
    assert {VPC: Believed(75.0, ("enableDnsHostnames",))} == guarded.believed
    guarded.fill(VPC)
    assert {} == guarded.believed


def test_a_detail_is_as_old_as_the_question(shop: Shop) -> None:
    """What is changed while the answer is on its way may not be in it."""

    def slowly(operation: str, parameters: object) -> Tree:
        shop.clock.time += 40
        return {"value": True}

    shop.cloud.reply = slowly
    shop.fill()
    shop.fill()
    assert {VPC: Believed(40.0, ("enableDnsHostnames",))} == shop.believed


def test_remembered_tags_are_believed_too(pool: ThreadPoolExecutor) -> None:
    """Of a kind whose listing leaves them out."""

    class Tagged(_Plain):
        name, tags_unlisted = "Subnet", True

    shop = Shop(stack_of(network()), pool)
    shop.details.catalog = {**shop.details.catalog, "Subnet": Tagged()}
    (subnet,) = [live.id for live in shop.account.lives.values() if live.kind == "Subnet"][:1]
    shop.details.tag_cache.recall("Subnet", [subnet], Reader())
    shop.clock.time += 90
    shop.fill()
    assert [Believed(90.0, ("tags",))] == list(shop.believed.values())
    tagged = [live for live in shop.account.lives.values() if live.id == subnet]
    assert {Placed("Subnet")} == shop.details.unsure(tagged)
    shop.details.drop(tagged, shop.details.bearers(tagged))
    shop.fill()
    assert {} == shop.believed


def test_another_thing_has_other_details(shop: Shop) -> None:
    """What was kept belongs to the id, not to the name: a new VPC is read."""
    shop.fill()
    old = shop.account["Vpc/main"]
    shop.account.lives["Vpc/main"] = Live("Vpc", "vpc-new", old.fields, old.tags)
    shop.value = False
    assert shop.fill()["enableDnsHostnames"] is False


def test_an_attribute_that_others_speak_of_is_a_detail_too(pool: ThreadPoolExecutor) -> None:
    """Read once, kept, and shown as an attribute of the thing."""
    subnet = {"from": "Vpc/main", "attribute": "mainRouteTable"}
    resources = changed(network(), "RouteTable/public", subnets=[subnet])
    shop = Shop(stack_of(resources), pool)
    shop.value = "rtb-1"
    match = shop.account.match(shop.stack)
    shop.details.fill(shop.cloud, shop.stack, match, pool)
    assert match.live[VPC].attributes["mainRouteTable"] == "rtb-1"
    assert shop.reads == {"Read enableDnsHostnames": 1, "Read mainRouteTable": 1}


def test_tags_of_several_kinds_are_read_at_once() -> None:
    """What is read for one kind while that of another is under way takes nothing from it."""
    cache = TagCache(Clock())
    sign = Reader()

    def shelf(targets: Sequence[str]) -> TagsByTarget:
        cache.recall("Sign", ["b"], sign)
        return {"a": {"Name": "a"}}

    assert {"a": {"Name": "a"}} == cache.recall("Shelf", ["a"], shelf)
    assert {"b": {"Name": "b"}} == cache.recall("Sign", ["b"], sign)
    assert [["b"]] == sign.asked


def test_what_nobody_asks_for_is_let_go() -> None:
    """Tags that were read long ago do not pile up."""
    clock = Clock()
    cache = TagCache(clock)
    cache.recall("Shelf", ["a"], Reader())
    clock.time += 2 * DETAIL_SECONDS + 1
    cache.recall("Shelf", ["b"], Reader())
    assert {("Shelf", "b")} == {*cache.kept}
