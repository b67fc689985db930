"""What AWS changes in one direction only is never asked to go back, and holds nothing else up."""

from pathlib import Path
from typing import Any

import pytest

from controller.aws.declaration.wire import written_name
from controller.core.model.shape import Field
from controller.core.planning.step import Action
from tests.core.account import Account, at, stack_of, step
from tests.kinds.fixtures import Sample, kinds, samples
from tests.kinds.test_ignored import at_place, leaves, live_of, other, step_of
from tests.kinds.test_odd_values import put

ZONE = {"availabilityZone": "us-east-1a"}
DATABASE = {"engine": "postgres", "dbInstanceClass": "db.t4g.medium", "manageMasterUserPassword": True}
CASES: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "Volume.size": ({**ZONE, "size": 20, "volumeType": "gp3", "iops": 4000}, 40, {"iops": 3000}),
    "DbInstance.allocatedStorage": (
        {**DATABASE, "allocatedStorage": 20, "publiclyAccessible": False},
        40,
        {"publiclyAccessible": True},
    ),
    "DbInstance.engineVersion": (
        {**DATABASE, "allocatedStorage": 20, "engineVersion": "15", "publiclyAccessible": False},
        "16.3",
        {"publiclyAccessible": True},
    ),
    "Parameter.tier": ({"type": "String", "value": "new", "tier": "Standard"}, "Advanced", {"value": "old"}),
}
"""A node, what AWS shows of the field from which no way leads back, and another field that differs too."""


def test_every_field_that_goes_one_way_has_its_case() -> None:
    """No kind declares one without being tried."""
    declared = {f"{kind.name}.{name}" for kind in kinds() for name, part in kind.shape.fields.items() if part.one_way}
    assert declared == CASES.keys()


@pytest.mark.parametrize("case", CASES)
def test_no_way_back_is_asked_for_and_the_rest_is_sent(case: str) -> None:
    """The step says that AWS never does it; the call for the other difference sends the live value, or none."""
    (kind, name), (spec, shown, other) = case.split("."), CASES[case]
    account = Account(stack := stack_of({kind: {"it": spec}}))
    account.set(f"{kind}/it", **{name: shown}, **other)
    found = step(account.plan(stack), f"{kind}/it")
    assert found.note.startswith(f"{name} cannot go from {shown} to {spec[name]}: ")
    (call,) = found.calls
    assert tuple(other) == call.fields
    wanted = spec[name]
    assert wanted not in call.parameters.values()


@pytest.mark.parametrize("case", CASES)
def test_where_nothing_else_differs_nothing_is_written(case: str) -> None:
    """The difference is told as refused, in every pass, and makes no call."""
    (kind, name), (spec, shown, _) = case.split("."), CASES[case]
    account = Account(stack := stack_of({kind: {"it": spec}}))
    account.set(f"{kind}/it", **{name: shown})
    found = step(account.plan(stack), f"{kind}/it")
    assert (Action.UPDATE, "refused", ()) == (found.action, found.blocked and found.blocked.by, found.calls)
    assert at(f"{kind}/it") == found.address


@pytest.mark.parametrize("case", CASES)
def test_the_way_forward_is_taken(case: str) -> None:
    """What AWS does is asked for as ever."""
    (kind, name), (spec, shown, _) = case.split("."), CASES[case]
    account = Account(stack := stack_of({kind: {"it": {**spec, name: shown}}}))
    account.set(f"{kind}/it", **{name: spec[name]})
    found = step(account.plan(stack), f"{kind}/it")
    assert not found.note
    assert [(name,)] == [call.fields for call in found.calls]


def one_way(sample: Sample) -> list[Field]:
    """The fields of a document that AWS changes in one direction only."""
    return [part for name, part in sample.kind.shape.fields.items() if part.one_way and name in sample.desired]


AHEAD = {"Volume.size": 9_000, "DbInstance.allocatedStorage": 9_000, "Parameter.tier": "Advanced"}
"""What is live ahead of any document; a version is so with the greatest numbers."""


@pytest.mark.parametrize("sample", [each for each in samples() if one_way(each)], ids=str)
def test_no_neighbour_takes_it_back(sample: Sample, tmp_path: Path) -> None:
    """Whatever else is corrected, alone: a call for it says what is live, or nothing."""
    stack = sample.stack(tmp_path)
    fields, node = live_of(stack, sample.it).fields, stack.nodes[sample.it]
    for part in one_way(sample):
        ahead = AHEAD.get(f"{sample.kind.name}.{part.name}", "99.99")
        if part.one_way is None or not part.one_way.back(node.fields[part.name], ahead):
            continue  # such as a tier that AWS chooses
        for leaf in leaves(sample.kind, node.fields):
            changed = other(at_place(fields, leaf.at))
            if changed is None or leaf.top.immutable or leaf.top.name == part.name:
                continue
            found = step_of(stack, sample.it, {**put(fields, leaf.at, changed), part.name: ahead})
            assert part.name in found.note
            sent = [call.parameters.get(written_name(part), ahead) for call in found.calls]
            assert [ahead] * len(sent) == sent, leaf.path
