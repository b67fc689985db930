"""Every kind in another region than its stack: made there, held there, found there when it left the document."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.aws.catalog import catalog
from controller.aws.client.secrets import STORE, SecretsManager
from controller.core.model.live import Live
from controller.core.model.reference import Address
from controller.core.model.stack import Allow, Stack
from controller.core.planning.step import Action, State
from controller.engine.loop import allowing
from controller.engine.record import recall, record_of
from controller.engine.secrets import local_secrets
from tests.kinds.backends import REGION, Moto, all_there_is
from tests.kinds.cases import backends, known_differences
from tests.kinds.fixtures import Drift, Sample, moto_defects, samples
from tests.kinds.kit import Trial
from tests.stacks.world import Passed, World

HOME = "eu-west-1"
"""The stack's own region; the documents of the kinds are written for `REGION`."""
CATALOG = catalog()


def serves(sample: Sample, promise: str) -> bool:
    """Whether moto can show a promise of a kind."""
    return all(defect.differs is not None for defect in moto_defects(sample, promise))


def chosen() -> Iterator[Sample]:
    """The first document that moto serves of each kind that is in a region."""
    seen = set[str]()
    for sample in sorted(samples(), key=lambda each: each.name != "document"):
        fit = not sample.kind.worldwide and "moto" in backends(sample) and serves(sample, "read back")
        if fit and sample.kind.name not in seen:
            seen.add(sample.kind.name)
            yield elsewhere(sample)


def elsewhere(sample: Sample) -> Sample:
    """The same document for a stack of another region, in which the nodes say where they are."""
    tree = json.loads(json.dumps(sample.tree))
    tree["spec"]["region"] = HOME
    for kind, nodes in tree["spec"]["resources"].items():
        for node in nodes.values() if not CATALOG[kind].worldwide else ():
            node["region"] = REGION
    return replace(sample, text=json.dumps(tree))


SAMPLES = [pytest.param(sample, id=sample.kind.name) for sample in chosen()]


class Elsewhere:
    """A document of a kind, made by a program that looks after it."""

    def __init__(self, sample: Sample, moto: Moto, folder: Path) -> None:
        self.sample, self.moto = sample, moto
        self.trial = Trial(sample, moto, folder)
        self.stack = self.trial.stack
        self.world = World(moto.clock, kinds=sample.kinds, region=HOME)
        self.world.controller.secrets = {
            **local_secrets(),
            STORE: SecretsManager(lambda region: moto.cloud, lambda text: None),
        }
        self.made = self.world.converge(self.stack, fresh=True)
        self.trial.live = {step.address: step.live for step in self.made[-1].plan.steps if step.live}

    def check(self, passed: Passed, promise: str, drift: Drift | None = None) -> None:
        """All is as the document says, but for what moto is known to have otherwise."""
        wrong = {s.address: {change.path for change in s.changes} for s in passed.plan.steps if not s.settled}
        assert known_differences(self.sample, self.moto, promise, drift) == wrong, passed.told

    def left(self) -> list[Live]:
        """What is live of the kinds in the region, whosever it is."""
        return [live for live in all_there_is(self.moto.cloud, self.trial.catalog) if live.owner]


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_kind_in_another_region(sample: Sample, moto: Moto, tmp_path: Path) -> None:
    """Made where its nodes say; a new start finds all of it and writes nothing; what changes there is corrected. Once
    nothing of the document names the region, memory leads to what is left there; a destroy leaves nothing."""
    place = Elsewhere(sample, moto, tmp_path)
    place.check(place.made[-1], "read back")
    regions = {step.address.kind: step.region for step in place.made[-1].plan.steps}
    assert {kind: "" if CATALOG[kind].worldwide else REGION for kind in regions} == regions
    again = World(moto.clock, kinds=sample.kinds, region=HOME).turn(place.stack, write=False, fresh=True)
    place.check(again, "read back")
    if serves(sample, "drift") and not known_differences(sample, moto, "read back"):
        for drift in sample.drifts[:1]:
            check_corrected(place, drift)
    check_left(place)


def check_corrected(place: Elsewhere, drift: Drift) -> None:
    """What somebody changes is drift there, and is corrected."""
    place.trial.outside(drift.calls)
    paths = {place.trial.filled(path) for path in drift.paths}
    turns = place.world.converge(place.stack, fresh=True)
    it = turns[0].step(place.sample.it)
    assert (State.DRIFTED, Action.UPDATE) == (it.state, it.action), turns[0].told
    assert paths <= {change.path for change in it.drift}
    place.check(turns[-1], "drift", drift)


def check_left(place: Elsewhere) -> None:
    """What left the document is an orphan there, and a destroy leaves nothing."""
    sample, moto = place.sample, place.moto
    record = record_of(place.world.controller.memory_of(place.stack), 0.0)
    after = World(moto.clock, kinds=sample.kinds, region=HOME)
    recall(after.controller.memory_of(place.stack), record, CATALOG, 0.0)
    nothing: Stack = replace(place.stack, nodes={})
    seen = after.turn(nothing, write=False, fresh=True)
    found = {step.address for step in seen.plan.steps if step.state is State.ORPHANED and step.region == REGION}
    tagged = {a for a in place.stack.nodes if CATALOG[a.kind].tagged and not CATALOG[a.kind].worldwide}
    aliases = {address for address, node in place.stack.nodes.items() if node.alias}
    assert tagged - aliases <= found, seen.told
    if serves(sample, "destroy") and not known_differences(sample, moto, "destroy"):
        gone = place.world.converge(allowing(place.stack, Allow.DELETE, Allow.UPDATE), fresh=True, destroy=True)
        assert () == gone[-1].plan.steps, gone[-1].told
        assert [] == place.left()


def test_every_kind_is_here() -> None:
    """But for those that AWS has in no region, and those that moto does not know."""
    shown = {sample.kind.name for sample in chosen()}
    left = {name for name, kind in CATALOG.items() if not kind.worldwide} - shown
    assert set[str]() == left, left
    assert Address("Vpc", "it").kind in shown
