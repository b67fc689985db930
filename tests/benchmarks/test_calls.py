"""How many calls a pass makes: no more than the declarations ask for, whatever the machine it runs on."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.convergence import bound, writes
from benchmarks.steady import details, listings
from controller.aws.catalog import catalog
from controller.aws.client.cloud import AwsCloud
from controller.aws.client.limits import Limits
from controller.core.document.loader import load
from controller.core.model.stack import Stack
from controller.core.planning.recorder import NullRecorder
from controller.engine.loop import Controller
from controller.engine.observe import kinds_of
from controller.engine.reconcile import Intent
from controller.sources.files import LocalFiles
from emulators.ec2.server import StrictEc2

KINDS = catalog()


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictEc2]:
    """An account whose buckets are enforced, where every AWS tool of this test looks for AWS."""
    with StrictEc2(buckets=True) as server:
        for name, value in {
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ACCESS_KEY_ID": "stand-in",
            "AWS_SECRET_ACCESS_KEY": "stand-in",
        }.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def controller() -> Iterator[Controller]:
    """The product with buckets of its own."""
    cloud = AwsCloud("us-east-1", limits=Limits())
    made = Controller(KINDS, lambda region: cloud, NullRecorder())
    yield made
    made.close()


def populated(ec2: StrictEc2, nodes: int, stack: str, folder: Path) -> Stack:
    """About so many nodes in sync, and the stack that they are in sync with."""
    file = folder / f"{stack}.yaml"
    file.write_text(json.dumps(ec2.populate(nodes, stack)))
    [loaded] = load(LocalFiles([file]), KINDS)
    return loaded


def one_pass(ec2: StrictEc2, controller: Controller, *stacks: Stack) -> Counter[str]:
    """The calls of one pass that finds all in sync."""
    ec2.reset_counts()
    for result in controller.passes(stacks, Intent()):
        assert result.error is None
        assert result.done is not None
        assert result.done.plan.in_sync
    del ec2.counts["GetCallerIdentity"]
    return ec2.counts


def test_a_pass_in_sync_makes_the_calls_of_the_formula(
    ec2: StrictEc2, controller: Controller, tmp_path: Path
) -> None:
    """First all kinds and all details, then Σ ⌈n / page⌉ of the document's kinds, and nothing is rejected."""
    stack = populated(ec2, 210, "net", tmp_path)
    first = one_pass(ec2, controller, stack)
    assert details(stack, KINDS) == first.pop("DescribeVpcAttribute")
    assert listings([stack], KINDS, KINDS, first=True) == first
    assert listings([stack], KINDS, {kind for kind, _ in kinds_of([stack])}) == one_pass(ec2, controller, stack)
    assert 0 == ec2.rejected


def test_a_listing_of_two_pages_is_two_calls(ec2: StrictEc2, controller: Controller, tmp_path: Path) -> None:
    """Route tables come a hundred a page: over a hundred of them, AWS's own included, are one call more."""
    stack = populated(ec2, 500, "net", tmp_path)
    one_pass(ec2, controller, stack)
    found = one_pass(ec2, controller, stack)
    assert (2, 1) == (found["DescribeRouteTables"], found["DescribeSubnets"])
    assert listings([stack], KINDS, {kind for kind, _ in kinds_of([stack])}) == found


def test_ten_stacks_share_their_listings(ec2: StrictEc2, controller: Controller, tmp_path: Path) -> None:
    """Ten stacks of one region cost as many listings as one."""
    stacks = [populated(ec2, 21, f"net-{number}", tmp_path) for number in range(10)]
    one_pass(ec2, controller, *stacks)
    together = one_pass(ec2, controller, *stacks)
    assert one_pass(ec2, controller, stacks[0]) == together
    assert listings(stacks, KINDS, {kind for kind, _ in kinds_of(stacks)}) == together


def test_an_empty_account_needs_the_planned_writes(tmp_path: Path) -> None:
    """The bound of convergence stands on the plan's own calls: here five in a row, and sixty NAT gateways."""
    with StrictEc2() as elsewhere:
        stack = populated(elsewhere, 420, "net", tmp_path)
    tasks = writes(stack, KINDS)
    found = bound(tasks, preferences=False)
    assert "CreateNatGateway" == found.api
    assert 50 < found.bucket < 51
    assert found.chain <= bound(tasks, preferences=True).chain
