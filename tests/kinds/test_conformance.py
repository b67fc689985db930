"""What every kind promises on every document of its fixtures; there is no line for any kind in here."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from controller.aws.declaration.wire import written_name
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK
from controller.core.model.reference import Address
from controller.core.model.shape import Many, Record
from controller.core.model.spec import WriteOnly, WriteSetting
from controller.core.model.stack import Allow
from controller.core.planning.inventory import pointing
from controller.core.planning.step import Action, Plan, State
from controller.engine.incidents import FLAPPING_SECONDS
from controller.engine.loop import allowing
from tests.kinds.backends import Backend
from tests.kinds.cases import (
    AMBIGUOUS,
    DESTROYED,
    DOCUMENTS,
    GOING,
    IMMUTABLES,
    MARKED,
    REPLACEMENTS,
    STRANGERS,
    STRIPPED,
    WAITING,
    drifts,
    known_differences,
    served,
)
from tests.kinds.fixtures import Drift, Immutable, Sample
from tests.kinds.kit import PassResult, Trial, created, plan_for_nothing, problems_of

Differs = Mapping[Address, set[str]]
"""Paths that a backend with a known defect never gets right."""


def check_in_sync(turn: PassResult, differs: Differs | None = None) -> None:
    """Every node is as its document says, but for what is known to differ."""
    assert (differs or {}) == {
        step.address: {change.path for change in step.changes} for step in turn.plan.steps if not step.settled
    }, turn.told


def made(
    sample: Sample, backend: Backend, folder: Path, differs: Differs | None = None, slow: bool = False
) -> tuple[Trial, list[PassResult]]:
    """A trial whose program has made the document's nodes, and the passes that it took."""
    trial, made = created(sample, backend, folder, slow)
    check_in_sync(made.turns[-1], differs)
    return trial, made.turns


@pytest.mark.parametrize("sample", DOCUMENTS)
def test_planned_calls_are_valid(sample: Sample, tmp_path: Path) -> None:
    """Every call of the plan for an empty account is one that AWS's own model takes, placeholders standing in."""
    plan = plan_for_nothing(sample, sample.stack(tmp_path))
    assert {step.action for step in plan.steps} == {Action.CREATE}
    assert [] == problems_of(plan)


def hidden_in(
    record: Record, fields: Mapping[str, Any], word: type[WriteOnly] = WriteOnly, path: str = ""
) -> Iterator[str]:
    """The paths of what fields say and AWS never shows, settings of the writes included, at any depth."""
    for name, value in fields.items():
        part = record.fields[name]
        inner = part.shape.item if isinstance(part.shape, Many) else part.shape
        if isinstance(part.write_only, word):
            yield f"{path}{name}"
        elif isinstance(inner, Record) and isinstance(part.shape, Many):
            for number, element in enumerate(value):
                yield from hidden_in(inner, element, word, f"{path}{name}[{number}].")
        elif isinstance(inner, Record):
            yield from hidden_in(inner, value, word, f"{path}{name}.")


def is_empty(value: object) -> bool:
    """Whether a document says that there is nothing, or that it is off: AWS may leave that out."""
    return all(map(is_empty, value.values())) if isinstance(value, dict) else value in ("", 0, [])


@pytest.mark.parametrize(("sample", "backend"), served("read back"), indirect=["backend"])
def test_every_field_is_read_back(sample: Sample, backend: Backend, tmp_path: Path) -> None:
    """What was made shows every field that the document sets, as the document says it, to a new start."""
    differs = known_differences(sample, backend, "read back")
    trial, _ = made(sample, backend, tmp_path, differs)
    turn = trial.start().look(trial.stack)
    check_in_sync(turn, differs)
    for step in turn.plan.steps:
        node, shape = trial.stack.nodes[step.address], trial.catalog[step.address.kind].shape
        hidden = {*hidden_in(shape, node.fields)}
        assert step.live is not None
        settings = {*hidden_in(shape, node.fields, WriteSetting)}
        assert hidden - settings == {entry.split(":")[0] for entry in step.uncompared}
        # What the document says is empty may be left out by AWS; that it is in sync has been checked.
        said = {name for name, value in node.fields.items() if not is_empty(value)}
        unseen = {name for name in said if step.live.fields.get(name) is None}
        assert set() == unseen - hidden - differs.get(step.address, set())


@pytest.mark.parametrize(("sample", "backend"), served("one pass"), indirect=["backend"])
def test_one_pass_makes_everything(sample: Sample, backend: Backend, tmp_path: Path) -> None:
    """Where AWS is done at once, one pass suffices: it makes exactly the planned calls, none is refused, and the
    next one makes none."""
    differs = known_differences(sample, backend, "one pass")
    trial, (first, *rest) = made(sample, backend, tmp_path, differs)
    planned = calls_of(plan_for_nothing(sample, trial.stack))
    assert {"ok"} == {write.outcome for write in first.writes}, first.told
    assert planned == Counter((write.address, write.call.operation) for write in first.writes)
    if not differs:
        assert [()] == [turn.writes for turn in rest]


def calls_of(plan: Plan) -> Counter[tuple[Address, str]]:
    """The calls of a plan by node."""
    return Counter((step.address, call.operation) for step in plan.acting() for call in step.calls)


@pytest.mark.parametrize(("sample", "backend"), WAITING, indirect=["backend"])
def test_slow_things_are_waited_for(sample: Sample, backend: Backend, tmp_path: Path) -> None:
    """Where AWS takes its time, no call is refused, a few passes suffice, and the last makes no write."""
    _, turns = made(sample, backend, tmp_path, slow=True)
    assert {"ok"} == {write.outcome for turn in turns for write in turn.writes}
    assert () == turns[-1].writes
    assert len(turns) <= 4


@pytest.mark.parametrize(("sample", "drift", "backend"), drifts(), indirect=["backend"])
def test_drift_is_found_and_corrected(sample: Sample, drift: Drift, backend: Backend, tmp_path: Path) -> None:
    """A field changed from outside is the only drift there is; its calls alone are made, and all is as before.

    The plan that is judged is the one that is carried out.
    """
    differs = known_differences(sample, backend, "drift", drift)
    trial, _ = made(sample, backend, tmp_path, differs)
    trial.outside(drift.calls)
    paths = {trial.filled(path) for path in drift.paths}
    turns = trial.program.converge(trial.stack)
    it = turns[0].step(sample.it)
    assert (State.DRIFTED, Action.UPDATE) == (it.state, it.action), turns[0].told
    assert paths | differs.get(sample.it, set()) == {change.path for change in it.drift}
    assert [] == [s.address for s in turns[0].plan.steps if s.drift and s is not it and s.address not in differs]
    for write in turns[0].writes:
        assert (sample.it, "ok") == (write.address, write.outcome)
        assert all(_within(path, paths | differs.get(sample.it, set())) for path in write.call.fields)
    check_in_sync(turns[-1], differs)
    if not differs:
        assert [()] == [turn.writes for turn in turns[drift.passes :]]


def _within(path: str, paths: set[str]) -> bool:
    """Whether a call is for one of the paths."""
    return any(each == path or each.startswith((f"{path}[", f"{path}.")) for each in paths)


@pytest.mark.parametrize(("sample", "backend"), MARKED, indirect=["backend"])
def test_tags_are_kept(sample: Sample, backend: Backend, tmp_path: Path) -> None:
    """A tag of the document that is changed from outside is restored; a stranger's tag stays."""
    differs = known_differences(sample, backend, "tags")
    trial, _ = made(sample, backend, tmp_path, differs)
    kind, live = sample.kind, trial.it
    others = live.tags if kind.tagging.replaces else {}
    theirs = {**others, "Name": "theirs", "Stranger": "kept"}
    trial.perform(kind.tagging.later(kind.service, kind.target(live), theirs, ()))
    turns = trial.program.converge(trial.stack)
    found = {change.path for change in turns[0].step(sample.it).drift}
    assert {"tags[Name]"} | differs.get(sample.it, set()) == found
    check_in_sync(turns[-1], differs)
    assert {**live.tags, "Stranger": "kept"} == turns[-1].live()[sample.it].tags


@pytest.mark.parametrize(("sample", "backend"), GOING, indirect=["backend"])
def test_what_is_gone_is_made_again(sample: Sample, backend: Backend, tmp_path: Path) -> None:
    """What was deleted from outside is made again, and what referred to it refers to the new one."""
    differs = known_differences(sample, backend, "gone")
    trial, _ = made(sample, backend, tmp_path, differs)
    before, old = trial.picture(), trial.it
    trial.outside(sample.gone)
    backend.clock.time += FLAPPING_SECONDS + 1  # until then a listing might leave out what is new
    step = trial.program.look(trial.stack).step(sample.it)
    assert (State.MISSING, Action.CREATE) == (step.state, step.action)
    turns = trial.program.converge(trial.stack, believe=True)  # for some it is all that the stack has
    check_in_sync(turns[-1], differs)
    # What several values tell from others is told by the same ones again.
    recurs = sample.kind.id_recurs or "/" in sample.kind.id_field
    assert recurs is (turns[-1].live()[sample.it].id == old.id)
    assert before == trial.picture()


@pytest.mark.parametrize(("sample", "backend"), GOING, indirect=["backend"])
def test_a_thing_is_shown_by_its_id_until_it_is_gone(sample: Sample, backend: Backend, tmp_path: Path) -> None:
    """There is a second way to look at one thing, and it tells what is there from what is not."""
    trial, _ = made(sample, backend, tmp_path)
    assert sample.kind.shows(backend.cloud, trial.it.id) is True
    trial.outside(sample.gone)
    assert sample.kind.shows(backend.cloud, trial.it.id) is False


@pytest.mark.parametrize(("sample", "drift", "backend"), STRANGERS, indirect=["backend"])
def test_strangers_are_kept_where_the_document_says_so(
    sample: Sample, drift: Drift, backend: Backend, tmp_path: Path
) -> None:
    """With `lifecycle.exclusive: {field: false}` a stranger is told of, is no drift, and is left alone."""
    trial, _ = made(sample, backend, tmp_path)
    trial.outside(drift.calls)
    turn = trial.program.turn(trial.changed({"lifecycle": {"exclusive": {drift.field: False}}}))
    assert tuple(map(trial.filled, drift.paths)) == turn.step(sample.it).kept
    assert () == turn.writes
    assert turn.plan.in_sync


@pytest.mark.parametrize(("sample", "immutable", "backend"), IMMUTABLES, indirect=["backend"])
def test_nothing_is_replaced_unless_allowed(
    sample: Sample, immutable: Immutable, backend: Backend, tmp_path: Path
) -> None:
    """Another value of an immutable field is a replacement, which is shown, and blocked: nothing is written."""
    trial, _ = made(sample, backend, tmp_path)
    turn = trial.program.turn(trial.changed(immutable.set))
    step = turn.step(sample.it)
    assert (State.DRIFTED, Action.REPLACE) == (step.state, step.action), turn.told
    assert step.blocked is not None
    assert step.blocked.by == "allow"
    assert immutable.field in {change.field for change in step.drift}
    assert () == turn.writes


@pytest.mark.parametrize(("sample", "immutable", "speed", "backend"), REPLACEMENTS, indirect=["backend"])
def test_what_may_be_replaced_is_replaced(
    sample: Sample, immutable: Immutable, speed: str, backend: Backend, tmp_path: Path
) -> None:
    """An allowed replacement ends in the same account as if the document had said so from the beginning."""
    trial = Trial(sample, backend, tmp_path, slow=speed == "slow")
    wanted = allowing(trial.changed(immutable.set), Allow.REPLACE)
    check_in_sync(trial.program.converge(wanted)[-1])
    expected = trial.picture()
    trial, _ = made(sample, backend, tmp_path, slow=speed == "slow")
    wanted = allowing(trial.changed(immutable.set), Allow.REPLACE)  # what is there beforehand has other ids now
    turns = trial.program.converge(wanted)
    # What is taken off may have gone with what it was on.
    assert {"ok"} == {write.outcome for turn in turns for write in turn.writes} - {"not-found"}, turns[0].told
    check_in_sync(turns[-1])
    assert () == turns[-1].writes
    assert sample.kind.id_from or trial.it.id != turns[-1].live()[sample.it].id
    assert expected == trial.picture()


@pytest.mark.parametrize(("sample", "start", "backend"), STRIPPED, indirect=["backend"])
def test_stripped_marks_are_restored(sample: Sample, start: str, backend: Backend, tmp_path: Path) -> None:
    """What lost its owner tags is known by its remembered id, or to a new start by evidence; it is marked again,
    and nothing else is done."""
    trial, _ = made(sample, backend, tmp_path)
    program = trial.program if start == "remembered" else trial.start()
    before = trial.picture()
    strip(trial)
    backend.clock.time += FLAPPING_SECONDS + 1  # until then its tags might not be shown yet
    turn = program.turn(trial.stack)
    assert {f"tags[{OWNER_STACK}]", f"tags[{OWNER_NAME}]"} == {
        path for write in turn.writes for path in write.call.fields
    }
    assert {(sample.it, "ok")} == {(write.address, write.outcome) for write in turn.writes}
    after = trial.start().look(trial.stack)
    check_in_sync(after)
    assert trial.it.id == after.live()[sample.it].id
    assert before == trial.picture()


def strip(trial: Trial) -> None:
    """Take the owner tags off the thing under test."""
    kind, live = trial.sample.kind, trial.it
    within = kind.tagging.within
    if within:
        trial.rewrite({written_name(kind.shape.fields[within]): live.fields[within]})
        return
    trial.perform(kind.tagging.release(kind.service, kind.target(live), (OWNER_STACK, OWNER_NAME)))


@pytest.mark.parametrize(("sample", "backend"), AMBIGUOUS, indirect=["backend"])
def test_what_cannot_be_told_is_a_conflict(sample: Sample, backend: Backend, tmp_path: Path) -> None:
    """Without marks, memory and evidence, something with the node's natural key is neither taken nor doubled."""
    trial, _ = made(sample, backend, tmp_path)
    strip(trial)
    turn = trial.start().turn(trial.stack)
    assert State.CONFLICT == turn.step(sample.it).state
    assert () == turn.writes


@pytest.mark.parametrize(("sample", "speed", "backend"), DESTROYED, indirect=["backend"])
def test_destroy_leaves_nothing(sample: Sample, backend: Backend, speed: str, tmp_path: Path) -> None:
    """Everything that is ours goes, users before what they use, no call refused; what was there before stays."""
    differs = known_differences(sample, backend, "destroy")
    slow = speed == "slow"
    before = Trial(sample, backend, tmp_path, slow).things()
    trial, _ = made(sample, backend, tmp_path, differs, slow)
    live = trial.live
    turns = trial.program.converge(allowing(trial.stack, Allow.DELETE), destroy=True)
    writes = [write for turn in turns for write in turn.writes]
    assert {"ok"} == {write.outcome for write in writes}, turns[0].told
    order = [write.address for write in writes]
    names = {thing.thing: address for address, thing in live.items()}
    targets_of = pointing(trial.catalog, live.values())
    for address, thing in live.items():
        for target in targets_of(thing):
            last = len(order) - order[::-1].index(names[target])
            assert order.index(address) < last, f"{names[target]} goes before {address}"
    assert before == trial.things()
    assert {} == trial.program.look(trial.stack).live()
