"""What left the document and is still live is found, whatever kind it is of: an orphan that nobody sees is a bill."""

from dataclasses import replace
from pathlib import Path

import pytest

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.wire import input_shape, written_name
from controller.core.model.facts import Facts
from controller.core.model.naming import OpenName
from controller.core.model.node import Node
from controller.core.model.reference import Address, placeholders_in
from controller.core.model.stack import Stack
from controller.core.planning.step import Action, State
from tests.kinds.backends import Backend
from tests.kinds.cases import ORPHANS, known_differences
from tests.kinds.fixtures import Sample, kinds, samples
from tests.kinds.kit import created


def leaving_with(stack: Stack, gone: Address) -> set[Address]:
    """A node, and all that cannot stay in the document without it: what refers to it, and what refers to that."""
    leaving, fresh = set[Address](), {gone}
    names = {a: {each.address for each in placeholders_in(node.fields)} for a, node in stack.nodes.items()}
    while fresh:
        leaving |= fresh
        fresh = {address for address, named in names.items() if named & leaving} - leaving
    return leaving


def told_by(kind: Facts, node: Node) -> str:
    """What tells that a thing is ours when no node of the document is it any more.

    Its `tags` (or a text that carries them), or a `name` that the document left open. Nothing in AWS tells it of what
    takes no tags and whose name the document fixed, or that has none: there is `memory` alone.
    """
    if kind.tagged:
        return "tags"
    return "name" if any(isinstance(value, OpenName) for value in node.fields.values()) else "memory"


@pytest.mark.parametrize(("sample", "start", "backend"), ORPHANS, indirect=["backend"])
def test_what_left_the_document_is_an_orphan(sample: Sample, start: str, backend: Backend, tmp_path: Path) -> None:
    """What no node names any more is told by its address and id, and stays while `allow` has no Delete; whether
    anything is remembered or not, but for what only memory can tell of. All other nodes stand as they stood."""
    differs = known_differences(sample, backend, "orphans")
    trial, _ = created(sample, backend, tmp_path)
    leaving = leaving_with(trial.stack, sample.it)
    stays = {address: node for address, node in trial.stack.nodes.items() if address not in leaving}
    by = {address: told_by(trial.catalog[address.kind], trial.stack.nodes[address]) for address in leaving}
    program = trial.program if start == "remembered" else trial.start()
    turn = program.turn(replace(trial.stack, nodes=stays))
    found = {step.address: step for step in turn.plan.steps if step.address in leaving}
    expected = {address for address in leaving if by[address] != "memory" or start == "remembered"}
    assert {address: trial.live[address].id for address in expected} == {a: step.id for a, step in found.items()}
    for address, step in found.items():
        assert (State.ORPHANED, Action.DELETE) == (step.state, step.action), step.note
        assert step.blocked is not None
        assert ("ownership" if by[address] == "memory" else "allow") == step.blocked.by
    assert () == turn.writes
    assert turn.plan.in_sync == (not found and not differs)
    assert differs.keys() == {s.address for s in turn.plan.steps if s.address not in leaving and not s.settled}


def test_what_is_to_stand_in_another_parent_is_still_the_node(moto: Backend, tmp_path: Path) -> None:
    """Where the document names another balancer that is not ours, the listener in the first one is to be replaced: it
    is neither missing, nor left there when another is made."""
    (sample,) = (each for each in samples() if str(each) == "Listener-redirect")
    trial, _ = created(sample, moto, tmp_path)
    subnets = {"Subnets": ["${a}", "${b}"]}
    save = {"other": "LoadBalancers[0].LoadBalancerArn"}
    trial.raw({"operation": "CreateLoadBalancer", "parameters": {"Name": "two", **subnets}, "save": save})
    turn = trial.start().turn(trial.changed({"loadBalancer": {"id": trial.saved["other"]}}))
    step = turn.step(sample.it)
    assert (State.DRIFTED, Action.REPLACE, trial.it.id) == (step.state, step.action, step.id)
    assert () == turn.writes


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in kinds() if kind.tagged])
def test_marks_that_no_listing_shows_can_be_searched_for(kind: AwsKind) -> None:
    """Where the listing leaves out the tags, or has only what stands in a known parent, AWS's tagging API tells of
    what is ours; in the latter case by an ARN, that is the id, with which a thing is read and deleted."""
    if kind.listing.parent or kind.tagging.unlisted:
        assert isinstance(kind.tagging, ServiceTags)
        assert kind.tagging.search
    if kind.listing.parent:
        assert "id" == kind.tagging.of
        assert kind.id_field.endswith("Arn")
        parent = written_name(kind.shape.fields[kind.parent])
        assert parent not in input_shape(kind.service, kind.deletion).members
