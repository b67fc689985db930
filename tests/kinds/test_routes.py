"""What the fixtures cannot show of routes: the local route is AWS's own, and only its target can be another."""

from pathlib import Path

import pytest

from controller.core.model.stack import Stack
from tests.kinds.backends import Strict
from tests.kinds.fixtures import Sample, kinds, samples_of
from tests.kinds.kit import PassResult, Trial, created

OWN = "10.0.0.0/16"
"""The range of the VPC."""
(SAMPLE,) = (
    sample
    for kind in kinds()
    if kind.name == "RouteTable"
    for sample in samples_of(kind)
    if sample.name == "document"
)


def with_own_range(trial: Trial, sample: Sample) -> Stack:
    """The document with a route for the VPC's own range."""
    routes = sample.tree["spec"]["resources"]["RouteTable"]["it"]["routes"]
    return trial.changed({"routes": [*routes, {"destination": OWN, "natGateway": "private"}]})


def asked(turns: list[PassResult]) -> list[tuple[str, bool]]:
    """The calls about the VPC's own range, with whether they put back its target."""
    writes = [write.call for turn in turns for write in turn.writes]
    mine = [call for call in writes if call.parameters.get("DestinationCidrBlock") == OWN]
    return [(call.operation, "LocalTarget" in call.parameters) for call in mine]


@pytest.fixture
def trial(strict: Strict, tmp_path: Path) -> Trial:
    """A route table as its document has made it."""
    made, _ = created(SAMPLE, strict, tmp_path)
    return made


def test_the_local_route_is_pointed_elsewhere_and_put_back(trial: Trial) -> None:
    """A route for the VPC's own range replaces the target of the local one; without it that is `local` again."""
    pointed = trial.program.converge(with_own_range(trial, SAMPLE))
    assert [("ReplaceRoute", False)] == asked(pointed)
    assert pointed[-1].step(SAMPLE.it).settled
    back = trial.program.converge(trial.stack)
    assert [("ReplaceRoute", True)] == asked(back)
    assert back[-1].step(SAMPLE.it).settled


def test_a_new_table_gets_it_in_the_second_pass(strict: Strict, tmp_path: Path) -> None:
    """Nobody knows the range of a VPC that is not there: AWS refuses the new route, and the next pass replaces."""
    trial = Trial(SAMPLE, strict, tmp_path)
    turns = trial.program.converge(with_own_range(trial, SAMPLE))
    assert [("CreateRoute", False), ("ReplaceRoute", False)] == asked(turns)
    assert turns[-1].step(SAMPLE.it).settled
