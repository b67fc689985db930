"""A stack in several regions: made, held, moved and destroyed as one, and what is in two regions never mixed up."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from controller.core.document.loader import load
from controller.core.model.reference import Address
from controller.core.model.stack import Allow, Stack
from controller.engine.loop import allowing
from controller.sources.files import LocalFiles
from tests.clock import Clock
from tests.emulated import empty
from tests.stacks.world import CATALOG, World, writes_of

HOME, OTHER = "us-east-1", "eu-west-1"
EVERYTHING = ["Create", "Update", "Replace", "Delete"]
CERTIFICATE, LOGS, SITE = Address("Certificate", "site"), Address("LogGroup", "web"), Address("Distribution", "site")
ORIGIN = {"id": "o", "domainName": "o.example.com", "customOriginConfig": {"originProtocolPolicy": "https-only"}}
BEHAVIOR = {
    "targetOrigin": "o",
    "viewerProtocolPolicy": "https-only",
    "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
}
EDGE = {
    "Certificate": {"site": {"region": HOME, "domainName": "www.example.com"}},
    "Distribution": {
        "site": {
            "origins": [ORIGIN],
            "defaultCacheBehavior": BEHAVIOR,
            "viewerCertificate": {"certificate": "site"},
        }
    },
}


@pytest.fixture
def url(emulator_url: str) -> Iterator[str]:
    """An empty account."""
    empty()
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("AWS_ENDPOINT_URL", emulator_url)
        yield emulator_url


@pytest.fixture
def world(url: str) -> World:
    """The program of a stack in eu-west-1."""
    return World(Clock(), region=OTHER)


def stack_of(folder: Path, resources: Mapping[str, Any], region: str = OTHER) -> Stack:
    """A stack with these resources."""
    spec = {"region": region, "allow": EVERYTHING, "resources": resources}
    document = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "web"}, "spec": spec}
    path = folder / "web.yaml"
    path.write_text(json.dumps(document))
    (stack,) = load(LocalFiles([path]), CATALOG)
    return stack


def groups(world: World, region: str) -> list[str]:
    """The log groups of a region, whosever they are."""
    listed = world.cloud.at(region).call("logs", "DescribeLogGroups", {}).body["logGroups"]
    return [group["logGroupName"] for group in listed]


def test_a_certificate_of_another_region(world: World, tmp_path: Path) -> None:
    """It is made where it says, before the distribution that uses it; nothing is written when all is in sync; a
    destroy leaves nothing in either region."""
    stack = stack_of(tmp_path, EDGE)
    made = world.converge(stack)
    assert {"ok"} == {write.outcome for write in writes_of(made)}, made[-1].told
    assert made[-1].plan.in_sync, made[-1].told
    assert [(CERTIFICATE, HOME), (SITE, "")] == [
        (w.address, w.call.region or "") for w in writes_of(made) if w.call.makes
    ]
    assert f":acm:{HOME}:" in made[-1].step(CERTIFICATE).id
    again = World(Clock(), region=OTHER).turn(stack, fresh=True)
    assert ([], True) == (again.wrote, again.plan.in_sync)
    gone = world.converge(allowing(stack, Allow.DELETE), destroy=True)
    assert {"ok"} == {write.outcome for write in writes_of(gone)}, gone[-1].told
    assert () == gone[-1].plan.steps
    listed = world.cloud.at(HOME).call("acm", "ListCertificates", {}).body
    assert [] == listed["CertificateSummaryList"]
