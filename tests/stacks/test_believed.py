"""What no listing shows is believed for a while: who may reach a bucket for a minute, and nothing when asked for."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from benchmarks.steady import guarded
from controller.core.model.kind import Kind
from controller.core.model.ownership import OWNER_STACK
from controller.core.model.reference import Address
from controller.core.planning.step import State
from controller.engine.details import DETAIL_SECONDS, GUARD_SECONDS
from controller.engine.observe import kinds_of
from tests.clock import Clock
from tests.emulated import empty
from tests.engine.harness import REGION
from tests.stacks.documents import reference
from tests.stacks.world import CATALOG, Passed, Recording, World

STACK = reference("static-edge")
BUCKET = Address("Bucket", "static")
CDN = Address("Distribution", "edge")
INDEX = Address("Object", "index")
INTERVAL = 30.0


class Edge:
    """The static edge in sync, kept by a program that passes over it once an interval and corrects nothing."""

    def __init__(self) -> None:
        self.clock, self.cloud = Clock(), Recording()
        self.world = World(self.clock, self.cloud, {kind for kind, _ in kinds_of([STACK])})
        self.world.converge(STACK, fresh=True)
        self.bucket = self.world.log.passes[-1].step(BUCKET).id

    def later(self, seconds: float = INTERVAL, write: bool = False, **intent: bool) -> Passed:
        """A pass so much later; the search for orphans is not due in it."""
        self.clock.time += seconds
        self.world.controller.searched[REGION] = self.clock.time
        self.cloud.calls.clear()
        return self.world.turn(STACK, write=write, **intent)

    def open(self) -> None:
        """Somebody takes away what keeps the bucket from the public."""
        client: Any = boto3.client("s3", region_name=REGION)
        client.delete_public_access_block(Bucket=self.bucket)

    @contextmanager
    def given_away(self) -> Iterator[None]:
        """Somebody marks the bucket as another stack's, and puts something else into it."""
        client: Any = boto3.client("s3", region_name=REGION)
        ours = client.get_bucket_tagging(Bucket=self.bucket)["TagSet"]
        theirs = [{**tag, "Value": "other"} if tag["Key"] == OWNER_STACK else tag for tag in ours]
        client.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": theirs})
        client.put_object(Bucket=self.bucket, Key="index.html", Body=b"theirs")
        yield
        client.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": ours})

    def switch_off(self) -> None:
        """Somebody takes the distribution out of service."""
        client: Any = boto3.client("cloudfront", region_name=REGION)
        id = self.world.log.passes[-1].step(CDN).id
        found = client.get_distribution_config(Id=id)
        config = {**found["DistributionConfig"], "Enabled": False}
        client.update_distribution(Id=id, IfMatch=found["ETag"], DistributionConfig=config)

    def close(self) -> None:
        """The program mends whatever was done."""
        self.world.converge(STACK, fresh=True)


@pytest.fixture(scope="module")
def made(emulator_url: str) -> Iterator[Edge]:
    """Made once for all tests here."""
    empty()
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("AWS_ENDPOINT_URL", emulator_url)
        yield Edge()


@pytest.fixture
def edge(made: Edge) -> Iterator[Edge]:
    """In sync, before and after."""
    yield made
    made.close()


def test_a_bucket_that_was_opened_is_seen_by_the_second_pass(edge: Edge) -> None:
    """However freshly it was read before; the first one that cannot know yet says how old its knowledge is."""
    edge.later(GUARD_SECONDS)
    edge.open()
    first = edge.later()
    assert State.IN_SYNC is first.step(BUCKET).state
    assert "publicAccessBlock" in first.plan.believed[BUCKET].what
    assert INTERVAL <= first.plan.believed[BUCKET].seconds
    second = edge.later()
    assert State.DRIFTED is second.step(BUCKET).state
    assert {"publicAccessBlock"} == {change.field for change in second.step(BUCKET).changes}


def test_a_bucket_that_was_opened_is_seen_at_once_by_a_forced_pass(edge: Edge) -> None:
    """Nothing at all is believed by it."""
    edge.later(GUARD_SECONDS)
    edge.open()
    forced = edge.later(1, fresh=True, alone=True)
    assert State.DRIFTED is forced.step(BUCKET).state
    assert {} == forced.plan.believed
    assert forced.plan.oldest_read is None


def test_what_a_listing_shows_is_seen_at_once(edge: Edge) -> None:
    """Also where the thing is read whole beside it: what is remembered of that hides no change."""
    edge.later(DETAIL_SECONDS)
    edge.switch_off()
    assert State.DRIFTED is edge.later(1).step(CDN).state


def test_no_write_rests_on_old_tags(edge: Edge) -> None:
    """What a node refers to is asked whose it is, before anything is written there for it."""
    edge.later(DETAIL_SECONDS)
    with edge.given_away():
        passed = edge.later(GUARD_SECONDS + 1, write=True)
    assert [] == [write for write in passed.wrote if write.startswith(("Object", "Bucket"))]
    assert passed.step(INDEX).blocked


def test_a_minute_costs_what_the_formula_says(edge: Edge) -> None:
    """A pass that follows at once reads no detail; one a minute later reads what guards, and nothing else more."""
    edge.later(DETAIL_SECONDS)
    edge.later(1)
    at_once = Counter(operation for _, operation in edge.cloud.calls)
    edge.later(GUARD_SECONDS)
    more = Counter(operation for _, operation in edge.cloud.calls) - at_once
    assert {
        "GetBucketEncryption": 1,
        "GetBucketPolicy": 1,
        "GetPublicAccessBlock": 1,
        "GetDistributionConfig": 1,
        "GetOriginAccessControl": 1,
    } == more
    assert guarded(STACK, CATALOG) == more.total()


def test_what_is_believed_grows_old_and_is_told(edge: Edge) -> None:
    """From pass to pass, until it is read anew; what is told is the oldest of all."""
    edge.later(DETAIL_SECONDS)
    ages = []
    for _ in range(4):
        found = edge.later().plan.oldest_read
        assert found
        ages.append(found[1].seconds)
    assert [30, 60, 90, 120] == ages


def test_what_guards_is_never_believed_for_long(edge: Edge) -> None:
    """Of no node, in any pass, whatever else is remembered."""
    edge.later(DETAIL_SECONDS)
    for _ in range(12):
        plan = edge.later(17).plan
        kinds: dict[Address, Kind] = {address: CATALOG[address.kind] for address in plan.believed}
        old = {address: each for address, each in plan.believed.items() if each.seconds >= GUARD_SECONDS}
        assert [] == [(a, each.what[0]) for a, each in old.items() if kinds[a].guards(each.what[0])]
