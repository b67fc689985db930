"""The auditor who counts: it finds each class of failure in a bad program, and nothing in a good one."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

import pytest

from controller.aws.client.cloud import AwsCloud
from controller.engine.reconcile import Intent
from tests.clock import Clock
from tests.direct import direct
from tests.engine.harness import REGION
from tests.slow import wire
from tests.torture import lies
from tests.torture.account import account, apart
from tests.torture.audit import Condemned, Failure
from tests.torture.coarse import Counting
from tests.torture.faults import Weather
from tests.torture.layer import URL, Layer
from tests.torture.programs import Before, Program, at_once
from tests.torture.reference import BUCKET, ReferenceScene
from tests.unlimited import Unlimited

STANDING = 2
"""A seed whose account has the stack from the start."""


class Court:
    """The static edge in sync, a good program, and a client for a bad one."""

    def __init__(self) -> None:
        clock = Clock()
        self.scene = ReferenceScene("static-edge", clock, Random(STANDING), [])
        self.auditor = Counting(self.scene)
        self.layer = Layer(self.scene.answering, clock, Weather(Random(1), []), Random(1))
        self.layer.watch = self.auditor
        self.program = Program("good", self.scene.catalog, clock, self.auditor, Before())
        self.layer.sender = self.program
        self.cloud = AwsCloud(REGION, limits=Unlimited())
        self.auditor.begin(self.scene.stack())

    def good(self) -> None:
        """A program that finds nothing to do."""
        self.program.round(self.scene.stack(), Intent())
        self.auditor.settle()

    def foreign(self) -> None:
        """A rule for a group of somebody else."""
        rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
        asked = {"GroupId": self.scene.others.group, "IpPermissions": [rule]}
        self.cloud.call("ec2", "AuthorizeSecurityGroupIngress", asked)

    def unseen(self) -> None:
        """Something of somebody else is changed by a request that does not name it."""
        self.scene.by_hand("s3", "put_object", {"Bucket": f"{self.scene.others.prefix}-assets", "Key": "x"})
        self.auditor.settle()

    def needless(self) -> None:
        """A write for what is as wanted."""
        self.cloud.call("s3", "DeleteBucketPolicy", BUCKET)

    def twice(self) -> None:
        """Another volume, in a chapter in which it was to be corrected."""
        self.auditor.may = frozenset({"Volume/document-root"})
        self.cloud.call("ec2", "CreateVolume", {"AvailabilityZone": "us-east-1a", "Size": 1})

    def false(self) -> None:
        """In sync is said, and a guard of access is gone."""
        self.scene.by_hand("s3", "delete_public_access_block", BUCKET)
        self.auditor.settle()

    def left(self) -> None:
        """All is to be gone, and is not."""
        self.scene.tree["spec"]["resources"] = {}
        self.auditor.settle()


def judged(deed: Callable[[Court], None]) -> Failure | None:
    """What the auditor calls it."""
    court = Court()
    with direct(URL, court.layer.answer), at_once(court.layer.clock, 1), suppress(Condemned):
        deed(court)
    verdict = court.auditor.verdict
    return verdict.failure if verdict else None


def all_judged() -> Mapping[str, Failure | None]:
    """Each deed in an account of its own."""
    account()  # once, before it is copied
    deeds = (Court.good, Court.foreign, Court.unseen, Court.needless, Court.twice, Court.false, Court.left)
    return {deed.__name__: apart(partial(judged, deed)) for deed in deeds}


def pages_of_distributions() -> tuple[list[Any], list[Any]]:
    """A listing whose list stands in a structure, halved and emptied."""
    court = Court()
    asked: list[Any] = []
    forward = court.layer._forward

    def listening(exchange: Any) -> wire.Reply:
        reply = forward(exchange)
        asked.append((exchange.asked, reply))
        return reply

    court.layer._forward = listening  # type: ignore[method-assign]
    with direct(URL, court.layer.answer), at_once(court.layer.clock, 1):
        court.cloud.call("cloudfront", "ListDistributions", {})
    ((listing, reply),) = asked
    answer = wire.parse(listing, reply)
    answer["DistributionList"]["Items"] *= 2
    halves = lies.halves(listing, wire.write(listing, answer), "second")
    assert halves is not None
    empty = lies.emptied(listing, reply)
    assert empty is not None
    shown = [wire.parse(listing, page)["DistributionList"] for page in (*halves, empty)]
    return [len(page.get("Items", ())) for page in shown], [page.get("NextMarker") for page in shown]


@pytest.fixture(scope="module")
def verdicts() -> Mapping[str, Failure | None]:
    return apart(all_judged)


@pytest.mark.parametrize(
    ("deed", "failure"),
    [
        ("good", None),
        ("foreign", Failure.FOREIGN),
        ("unseen", Failure.FOREIGN),
        ("needless", Failure.UNDONE),
        ("twice", Failure.TWICE),
        ("false", Failure.FALSE),
        ("left", Failure.LEAKED),
    ],
)
def test_each_deed_is_called_what_it_is(
    verdicts: Mapping[str, Failure | None], deed: str, failure: Failure | None
) -> None:
    """A bad program is condemned for what it did, and a good one for nothing."""
    assert failure == verdicts[deed]


def test_lists_within_structures_are_paged_and_emptied() -> None:
    """CloudFront's listings lie like all others."""
    assert ([1, 1, 0], ["second", None, None]) == apart(pages_of_distributions)
