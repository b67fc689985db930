"""A stack in several regions: made, held, moved and destroyed as one, and what is in two regions never mixed up."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.core.document.loader import load
from controller.core.model.cloud import Answer, Meaning, Refused
from controller.core.model.reference import Address
from controller.core.model.stack import Allow, Stack
from controller.core.planning.step import Action, State
from controller.engine.loop import allowing
from controller.engine.record import recall, record_of
from controller.sources.files import LocalFiles
from tests.clock import Clock
from tests.emulated import empty
from tests.kinds.kit import Killed
from tests.stacks.world import CATALOG, Recording, World, writes_of

HOME, OTHER = "us-east-1", "eu-west-1"
EVERYTHING = ["Create", "Update", "Replace", "Delete"]
CERTIFICATE, LOGS, SITE = Address("Certificate", "site"), Address("LogGroup", "web"), Address("Distribution", "site")
ORIGIN = {"id": "o", "domainName": "o.example.com", "customOriginConfig": {"originProtocolPolicy": "https-only"}}
BEHAVIOR = {
    "targetOrigin": "o",
    "viewerProtocolPolicy": "https-only",
    "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
}
EDGE: dict[str, Any] = {
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


def test_equal_names_in_two_regions(world: World, tmp_path: Path) -> None:
    """Each is its own node: one that is deleted by hand is missing where it was, and the other is left alone."""
    twins = {"web": {"logGroupName": "/web"}, "far": {"logGroupName": "/web", "region": HOME}}
    stack = stack_of(tmp_path, {"LogGroup": twins})
    made = world.converge(stack)
    assert made[-1].plan.in_sync, made[-1].told
    assert [["/web"], ["/web"]] == [groups(world, region) for region in (HOME, OTHER)]
    world.cloud.at(HOME).call("logs", "DeleteLogGroup", {"logGroupName": "/web"})
    world.clock.time += 600
    seen = world.turn(stack, write=False, fresh=True)
    assert (State.IN_SYNC, State.MISSING) == (seen.step(LOGS).state, seen.step(Address("LogGroup", "far")).state)
    again = world.converge(stack)
    assert ["LogGroup/far CreateLogGroup"] == [line for each in again for line in each.wrote], again[-1].told
    assert again[-1].plan.in_sync, again[-1].told


def test_somebody_elses_name_in_the_other_region(world: World, tmp_path: Path) -> None:
    """Only what has the name in the region of the node is a conflict."""
    world.cloud.at(HOME).call("logs", "CreateLogGroup", {"logGroupName": "/web"})
    here = world.converge(stack_of(tmp_path, {"LogGroup": {"web": {"logGroupName": "/web"}}}))
    assert here[-1].plan.in_sync, here[-1].told
    there = stack_of(tmp_path, {"LogGroup": {"far": {"logGroupName": "/web", "region": HOME}}})
    seen = World(Clock(), region=OTHER).turn(there, write=False)
    assert State.CONFLICT is seen.step(Address("LogGroup", "far")).state, seen.told


def test_a_node_that_moves(world: World, tmp_path: Path) -> None:
    """It is a replacement, which `allow` has to name: made where it is to be, deleted where it was."""
    world.converge(stack_of(tmp_path, {"LogGroup": {"web": {"region": HOME, "retentionInDays": 7}}}))
    moved = stack_of(tmp_path, {"LogGroup": {"web": {"retentionInDays": 7}}})
    held = World(Clock(), region=OTHER)
    held.controller.memories = world.controller.memories
    careful = replace(moved, allow=frozenset({Allow.CREATE, Allow.UPDATE}))
    step = held.turn(careful).step(LOGS)
    assert (Action.REPLACE, "allow") == (step.action, step.blocked and step.blocked.by)
    assert [("region", OTHER, HOME)] == [(change.path, change.desired, change.observed) for change in step.changes]
    assert [] == groups(world, OTHER)
    passes = world.converge(moved)
    assert {"ok"} == {write.outcome for write in writes_of(passes)}, passes[-1].told
    assert passes[-1].plan.in_sync, passes[-1].told
    assert [[], ["web-web"]] == [groups(world, region) for region in (HOME, OTHER)]


@pytest.mark.parametrize("killed", ["CreateLogGroup", "DeleteLogGroup"])
def test_a_move_that_is_cut_short(world: World, tmp_path: Path, killed: str) -> None:
    """What it has left over is found and deleted by the next start that remembers where the stack has been."""
    far = {"LogGroup": {"web": {"region": HOME}}}
    world.converge(stack_of(tmp_path, far))
    cloud = world.cloud
    call = cloud.at(HOME if killed == "DeleteLogGroup" else OTHER)

    def cut(service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        if operation == killed:
            raise Killed
        return type(call).call(call, service, operation, parameters)

    moved = stack_of(tmp_path, {"LogGroup": {"web": {}}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(call, "call", cut)
        with pytest.raises(Killed):
            world.converge(moved)
    record = record_of(world.controller.memory_of(moved), 0.0)
    again = World(Clock(), region=OTHER)
    recall(again.controller.memory_of(moved), record, CATALOG, 0.0)
    passes = again.converge(moved)
    assert passes[-1].plan.in_sync, passes[-1].told
    assert [[], ["web-web"]] == [groups(again, region) for region in (HOME, OTHER)]


RANGES = {"main": {"cidrBlock": "10.0.0.0/16"}, "far": {"cidrBlock": "10.1.0.0/16", "region": HOME}}
MAIN = Address("Vpc", "main")


def copied(world: World, stack: Stack) -> tuple[str, str]:
    """The id of a VPC of the stack, and of another one elsewhere that somebody has given all its tags."""
    made = world.converge(stack)
    main, there = made[-1].step(MAIN), world.cloud.at(HOME)
    assert main.live
    other = there.call("ec2", "CreateVpc", {"CidrBlock": "10.9.0.0/16"}).body["Vpc"]["VpcId"]
    tags = [{"Key": key, "Value": value} for key, value in main.live.tags.items()]
    there.call("ec2", "CreateTags", {"Resources": [other], "Tags": tags})
    return main.id, other


@pytest.mark.parametrize("remembered", [True, False])
def test_a_copy_in_another_region_is_no_orphan(world: World, tmp_path: Path, remembered: bool) -> None:
    """Ours left the document and is deleted where memory knows which of the two it is, once the copy is no sign of
    another writer any more; else neither is."""
    ours, other = copied(world, stack_of(tmp_path, {"Vpc": RANGES}))
    less = stack_of(tmp_path, {"Vpc": {"far": RANGES["far"]}})
    world.clock.time += 600
    program = world if remembered else World(world.clock, region=OTHER)
    program.converge(less, fresh=True)
    world.clock.time += 600
    turns = program.converge(less, fresh=True)
    there = [vpc["VpcId"] for vpc in world.cloud.at(HOME).call("ec2", "DescribeVpcs", {}).body["Vpcs"]]
    here = [vpc["VpcId"] for vpc in world.cloud.at(OTHER).call("ec2", "DescribeVpcs", {}).body["Vpcs"]]
    assert other in there, turns[-1].told
    assert (ours in here) is not remembered, turns[-1].told


def test_a_copy_in_another_region_is_not_the_node(world: World, tmp_path: Path) -> None:
    """Ours was deleted by hand, and something elsewhere has its tags: memory knows that it is another thing. Nothing
    is done to it, and the node is in conflict until somebody has decided."""
    stack = stack_of(tmp_path, {"Vpc": RANGES})
    ours, other = copied(world, stack)
    world.cloud.at(OTHER).call("ec2", "DeleteVpc", {"VpcId": ours})
    world.clock.time += 600
    turns = world.converge(stack, fresh=True)
    assert [] == [line for each in turns for line in each.wrote], turns[-1].told
    assert State.CONFLICT is turns[-1].step(MAIN).state
    assert other in turns[-1].told


def test_a_region_that_cannot_be_read(world: World, tmp_path: Path) -> None:
    """What is in it is unknown, and nothing of it is made elsewhere; the rest of the stack is looked after."""
    resources = {"LogGroup": {"web": {"region": HOME}, "here": {}}}
    world.converge(stack_of(tmp_path, resources))
    moved = stack_of(tmp_path, {"LogGroup": {"web": {}, "here": {"retentionInDays": 7}}})
    far = world.cloud.at(HOME)

    def denied(service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        raise Refused(service, operation, "AccessDenied", Meaning.DENIED, "no")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(far, "pages", denied)
        seen = world.turn(moved)
    assert State.UNKNOWN is seen.step(LOGS).state, seen.told
    assert "us-east-1" in seen.step(LOGS).note
    assert ["LogGroup/here PutRetentionPolicy"] == seen.wrote


def test_an_orphan_in_another_region(world: World, tmp_path: Path) -> None:
    """Memory tells where the stack has been: what is left there is found, and deleted if allowed."""
    both = {"LogGroup": {"web": {}, "far": {"region": HOME}}, "Topic": {"far": {"region": HOME}}}
    stack = stack_of(tmp_path, both)
    world.converge(stack)
    record = record_of(world.controller.memory_of(stack), 0.0)
    less = stack_of(tmp_path, {"LogGroup": {"web": {}}})
    again = World(Clock(), region=OTHER)
    recall(again.controller.memory_of(less), record, CATALOG, 0.0)
    careful = replace(less, allow=frozenset({Allow.CREATE, Allow.UPDATE}))
    seen = again.turn(careful, fresh=True)
    orphans = {step.address: step.region for step in seen.plan.steps if step.state is State.ORPHANED}
    assert {Address("LogGroup", "far"): HOME, Address("Topic", "far"): HOME} == orphans, seen.told
    passes = again.converge(less, fresh=True)
    assert passes[-1].plan.in_sync, passes[-1].told
    assert [] == groups(again, HOME)
    again.turn(less, fresh=True)
    assert set() == again.controller.memory_of(less).places.regions


def test_references_between_regions(world: World, tmp_path: Path) -> None:
    """A subscription of a topic in one region to something in another is matched again, though it takes no tags."""
    arn = {"from": "Topic/far", "attribute": "arn"}
    subscription = {"topic": "news", "protocol": "lambda", "endpoint": arn}
    topics = {"news": {}, "far": {"region": HOME}}
    stack = stack_of(tmp_path, {"Topic": topics, "Subscription": {"far": subscription}})
    made = world.converge(stack)
    assert made[-1].plan.in_sync, made[-1].told
    again = World(Clock(), region=OTHER).turn(stack, fresh=True)
    assert ([], True) == (again.wrote, again.plan.in_sync), again.told


def test_what_is_looked_for_in_another_region(world: World, tmp_path: Path) -> None:
    """A look-up looks where its node is, or where AWS wants the target, or in the region that it names."""
    world.cloud.at(HOME).call("acm", "RequestCertificate", {"DomainName": "www.example.com"})
    looked_up: dict[str, Any] = copy.deepcopy(EDGE["Distribution"])
    looked_up["site"]["viewerCertificate"]["certificate"] = {"find": {"domainName": "www.example.com"}}
    made = world.converge(stack_of(tmp_path, {"Distribution": looked_up}))
    assert made[-1].plan.in_sync, made[-1].told


def test_a_stack_in_one_region_makes_no_call_elsewhere(world: World, tmp_path: Path) -> None:
    """In sync, a pass lists its kind once, in its own region."""
    stack = stack_of(tmp_path, {"LogGroup": {"web": {}}})
    world.converge(stack)
    world.turn(stack)
    assert isinstance(world.cloud, Recording)
    world.cloud.calls.clear()
    world.turn(stack)
    assert [("logs", "DescribeLogGroups")] == world.cloud.calls
    far = stack_of(tmp_path, {"LogGroup": {"web": {}, "far": {"region": HOME}}})
    world.converge(far)
    world.cloud.calls.clear()
    world.turn(far)
    assert [("logs", "DescribeLogGroups")] * 2 == world.cloud.calls
