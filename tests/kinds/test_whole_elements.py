"""AWS replaces a list whole, so what an element leaves out is AWS's default: what somebody else adds to it is drift.

Every optional member of every element in the documents of every kind is tried, offline, on the calls of the plan.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from controller.aws.declaration.kind import AwsKind
from controller.core.model.shape import Field, Many, Record, Shape
from controller.core.model.stack import Allow
from controller.core.planning.step import Step
from tests.kinds.fixtures import Sample, kinds, samples_of
from tests.kinds.test_ignored import Loc, at_place, live_of, step_of, without
from tests.kinds.test_odd_values import put

KINDS = [pytest.param(kind, id=kind.name) for kind in kinds()]
TEXT, NUMBER = "somebody-else", 98765
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
NEEDED = {"Condition.values"}
"""What a document never leaves out, unless it says another member in its place."""


class Member(NamedTuple):
    """What an element may leave out, with where it is in the fields of a node."""

    part: Field
    at: Loc

    @property
    def path(self) -> str:
        """Where it is in any element."""
        return ".".join(step for step in self.at if isinstance(step, str))


def members(shape: Shape, value: Any, at: Loc = (), key: tuple[str, ...] = ()) -> Iterator[Member]:
    """Everything that an element may leave out, at any depth."""
    match shape:
        case Record():
            parts = [(shape.fields[name], each, (*at, name)) for name, each in value.items()]
            for part, each, place in parts:
                if part.write_only:
                    continue
                if shape.whole and not part.required and part.name not in key:
                    yield Member(part, place)
                yield from members(part.shape, each, place)
        case Many(item=Record() as record):
            for number, element in enumerate(value):
                yield from members(record, element, (*at, number), shape.key)


def possible(shape: Record, key: tuple[str, ...] = ()) -> Iterator[Field]:
    """Everything that an element of a kind may leave out."""
    for name, part in shape.fields.items():
        if part.write_only:
            continue
        if shape.whole and not part.required and name not in key:
            yield part
        match part.shape:
            case Many(item=Record() as record, key=told):
                yield from possible(record, told)
            case Record() as record:
                yield from possible(record)


def somebodys(value: Any) -> Any:
    """A value of the same sort that no document says."""
    match value:
        case bool():
            return value
        case str() if _DAY.fullmatch(value):
            return "2099-12-31"
        case int() | float():
            return NUMBER
        case Mapping():
            return {name: somebodys(each) for name, each in value.items()}
        case list():
            return [somebodys(each) for each in value]
    return TEXT


def trials(sample: Sample, folder: Path) -> Iterator[tuple[Member, Any, Step]]:
    """Each member left out of the document and set by somebody else: its live value, and what is done about it."""
    stack = replace(sample.stack(folder), allow=frozenset(Allow))
    node, fields = stack.nodes[sample.it], live_of(stack, sample.it).fields
    for member in members(sample.kind.shape, node.fields):
        if str(member.part) in NEEDED:
            continue
        said = replace(node, fields=without(node.fields, member.at))
        value = somebodys(at_place(fields, member.at))
        nodes = {**stack.nodes, sample.it: said}
        yield member, value, step_of(replace(stack, nodes=nodes), sample.it, put(fields, member.at, value))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_added_to_an_element_is_drift(kind: AwsKind, tmp_path: Path) -> None:
    """It is found where it is, unless AWS itself may have put it there; then a correction does not write it."""
    for sample in samples_of(kind):
        stack = sample.stack(tmp_path)
        anyway = {change.field for change in step_of(stack, sample.it, live_of(stack, sample.it).fields).changes}
        for member, value, step in trials(sample, tmp_path):
            expected = set() if member.part.left_to_aws(value) else {member.at[0]}
            found = {change.field for change in step.changes} - anyway
            assert expected - anyway == found, (sample.name, member.path)
            if expected:
                assert [] == [path for _, path in traces(step)], (sample.name, member.path)
                assert step.calls or step.blocked, (sample.name, member.path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_member_is_tried(kind: AwsKind, tmp_path: Path) -> None:
    """The documents name everything that an element may leave out."""
    desired = [sample.stack(tmp_path).nodes[sample.it].fields for sample in samples_of(kind)]
    tried = {str(member.part) for fields in desired for member in members(kind.shape, fields)}
    assert {str(part) for part in possible(kind.shape)} - tried <= OTHERWISE


OTHERWISE = {"Rule.self"}
"""What is only another form of a member, in which it is not compared."""


def traces(step: Step) -> Iterator[tuple[str, str]]:
    """Where a correction writes what is somebody else's."""
    for call in step.calls:
        if not call.takes_away:
            yield from ((call.operation, path) for path, value in leaves(call.parameters) if value in (TEXT, NUMBER))


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    match tree:
        case Mapping():
            for name, each in tree.items():
                yield from leaves(each, f"{path}.{name}")
        case list() | tuple():
            for number, each in enumerate(tree):
                yield from leaves(each, f"{path}[{number}]")
        case _:
            yield path, tree
