"""What real AWS shows is read without an error, and a document that says the same plans nothing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item, value_at
from controller.core.document.constraints import excesses, misfits
from controller.core.model.cloud import Unreachable
from controller.core.model.limits import Broken
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.paths import covers
from controller.core.model.reader import Scope
from controller.core.model.reference import Address, Expression
from controller.core.model.shape import Many, Record, Scalar, Shape, Tree, tree_of
from controller.core.model.spec import Spec
from controller.core.model.writer import WriteContext
from controller.core.planning.diff import Resolution, Unknowable, diff
from tests.answers.odd import ODD_ANSWERS, ODD_LISTINGS, OTHERWISE, RULES, UNCOMPARED
from tests.answers.recordings import KINDS, Recording, operations, recordings
from tests.engine.harness import ScriptedCloud
from tests.kinds.test_ignored import Loc, at_place, below
from tests.kinds.test_odd_values import put

PARENT = "parent"


def descriptions(kind: AwsKind) -> dict[str, str]:
    """The reads that describe one thing of a kind, with where that is in the answer."""
    return {join.operation: join.items for join in kind.joins if join.batch and not kind.takes_list(join)}


def cases(kind: AwsKind) -> list[Any]:
    """The recorded answers to the listing of a kind, and to what describes the things in it."""
    operations = (kind.listing.operation, *descriptions(kind))
    found = (each for operation in operations for each in recordings(kind.service, operation))
    return [
        pytest.param(kind, each, id=f"{kind.name}-{each.label}") for each in found if each.label not in ODD_LISTINGS
    ]


LISTINGS = [case for kind in KINDS for case in cases(kind) if kind.name != "Object"]
"""An object is made of a listing and of what its document says, in a way of its own."""
DETAILS = [
    pytest.param(kind, detail.name, each, id=f"{kind.name}-{detail.name}-{each.label}")
    for kind in KINDS
    for detail in kind.reads
    for each in recordings(kind.service, detail.operation)
]


def listed(kind: AwsKind, recording: Recording) -> list[Live]:
    """What a kind makes of an answer to its listing; the further reads that complete it show nothing.

    Tags that AWS tells in a read of their own are not asked for.
    """
    answer, described = recording.answer, descriptions(kind)
    if recording.operation in described:
        return [live for live in [kind.live(value_at(answer, described[recording.operation]))] if live is not None]
    cloud = ScriptedCloud(lambda operation, parameters: answer if operation == kind.listing.operation else {})
    parent = {kind.listing.parent: PARENT} if kind.listing.parent else {}
    items: list[Item] = [{**item, **parent} for item in kind.listed(cloud, PARENT if parent else "")]
    for join in kind.joins:
        items = kind.joined(cloud, Scope(), join, items)
    return [live for live in map(kind.live, items) if live is not None]


def said(shape: Shape, value: Any, at: str) -> Any:
    """A value as a document says it: what is referred to by its id, and nothing that AWS shows empty."""
    if isinstance(shape, Record) and isinstance(value, Mapping):
        paths = {n: f"{at}.{n}" for n in value}
        told = {n: said(shape.fields[n].shape, value[n], at) for n, at in paths.items() if at not in OTHERWISE}
        return {n: each for n, each in told.items() if each not in (None, "", [], {}, {"id": ""})}
    if isinstance(shape, Many):
        return [said(shape.item, each, at) for each in value]
    return {"id": value} if isinstance(shape, Scalar) and shape.to is not None and isinstance(value, str) else value


def document(kind: AwsKind, live: Live) -> dict[str, Any]:
    """What a document says of a thing that is as it is live, in one of the forms that mean the same."""
    told: dict[str, Any] = said(kind.shape, live.fields, kind.name)
    return told


def unknowable(expression: Expression) -> Resolution:
    """What is referred to by its id needs nothing that is not known."""
    return Unknowable(str(expression))


def judged(kind: AwsKind, fields: Tree) -> list[Broken]:
    """All that AWS would refuse of a document, as far as it can be told offline."""
    return [*misfits(kind.shape, fields), *excesses(kind.shape, fields)]


def read(kind: AwsKind, live: Live) -> tuple[Spec | None, set[str]]:
    """A document of a live thing, or the fields that are against a rule; the kind alone for a rule of several."""
    try:
        spec = kind.spec.model_validate(document(kind, live))
        faults = () if "<" in str(live.fields) else judged(kind, tree_of(spec))  # a placeholder breaks any rule
        against = {".".join([kind.name, *map(str, each.at[:1])]) for each in faults}
        return None if against else spec, against
    except ValidationError as error:
        places = ([str(part) for part in each["loc"] if isinstance(part, str)] for each in error.errors())
        return None, {".".join([kind.name, *place[:1]]) for place in places}


@pytest.mark.parametrize(("kind", "recording"), LISTINGS)
def test_what_is_observed_plans_nothing(kind: AwsKind, recording: Recording) -> None:
    """A document of what AWS shows is valid, or breaks a rule that is known to be narrower; then nothing differs."""
    for live in listed(kind, recording):
        spec, against = read(kind, live)
        assert against <= RULES.keys(), live.id
        if spec is None or "<" in str(live.fields):
            continue  # a placeholder for what varied is nothing that AWS shows
        desired = kind.desired("web", Address(kind.name, "x"), tree_of(spec))
        found = diff(kind.shape, desired, live.fields, unknowable)
        assert [] == found.changes, live.id


def altered(value: Any) -> Any:
    """Another value of the same sort: nothing where there was a list or a record."""
    if isinstance(value, str) and re.match(r"20\d\d-\d\d-\d\dT", value):
        return f"21{value[2:]}"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else [] if isinstance(value, list) else None


@pytest.mark.parametrize(("kind", "recording"), LISTINGS)
def test_each_difference_is_found_alone(kind: AwsKind, recording: Recording) -> None:
    """What differs in one field that a document sets is found there, and only there; AWS's model takes its write."""
    for live in listed(kind, recording):
        spec, _ = read(kind, live)
        if spec is None or "<" in str(live.fields):
            continue
        desired = kind.desired("web", Address(kind.name, "x"), tree_of(spec))
        for name in document(kind, live):
            other = {**live.fields, name: altered(live.fields[name])}
            changes = diff(kind.shape, desired, other, unknowable).changes
            found = {re.split(r"[.\[]", each.path)[0] for each in changes}
            assert found == {name} or f"{kind.name}.{name}" in UNCOMPARED, (live.id, name, found)
            if kind.read_modify_write or kind.shape.fields[name].immutable:
                continue  # written over what a further read shows, or not at all
            node, around = Node(Address(kind.name, "x"), desired, {}), WriteContext(known=lambda value: value)
            calls = kind.update(node, changes, replace(live, fields=other), around)
            assert [] == [problem for call in calls for problem in kind.problems(call)], (live.id, name)


def members(kind: AwsKind, live: Live) -> Iterator[tuple[str, Loc]]:
    """Everything that AWS shows in an element of a list, at any depth."""
    for name, value in live.fields.items():
        for path, at in below(kind.shape.fields[name], value, name, (name,)):
            if any(isinstance(step, int) for step in at) and at_place(live.fields, at) not in (None, "", [], {}):
                yield path, at


@pytest.mark.parametrize(("kind", "recording"), LISTINGS)
def test_each_difference_in_an_element_is_found_alone(kind: AwsKind, recording: Recording) -> None:
    """What differs in one member of an element is found there, and only there; the write for it says the whole list
    as the document does, whatever of it differs.
    """
    for live in listed(kind, recording):
        spec, _ = read(kind, live)
        if spec is None or "<" in str(live.fields):
            continue
        desired = kind.desired("web", Address(kind.name, "x"), tree_of(spec))
        node, around = Node(Address(kind.name, "x"), desired, {}), WriteContext(known=lambda value: value)
        for path, at in members(kind, live):
            if at[0] not in desired or any(_means(left_out, kind, at) for left_out in OTHERWISE):
                continue
            other = put(live.fields, at, altered(at_place(live.fields, at)))
            changes = diff(kind.shape, desired, other, unknowable).changes
            there = [covers(change.path, path) or covers(path, change.path) for change in changes]
            assert {True} == {*there}, (live.id, path, changes)
            part = kind.shape.fields[str(at[0])]
            if part.immutable or kind.read_modify_write:
                continue
            calls = kind.update(node, changes, replace(live, fields=other), around)
            assert [] == [problem for call in calls for problem in kind.problems(call)], (live.id, path)
            if part.name not in {each.field for each in kind.members}:
                gone = {**live.fields, part.name: []}
                whole = kind.update(node, diff(kind.shape, desired, gone, unknowable).changes, live, around)
                assert [call.parameters for call in whole] == [call.parameters for call in calls], (live.id, path)


def _means(left_out: str, kind: AwsKind, at: Loc) -> bool:
    """Whether a document leaves out what is at a place, or what that is in."""
    steps = [kind.name, *(step for step in at if isinstance(step, str))]
    return steps[: left_out.count(".") + 1] == left_out.split(".")


@pytest.mark.parametrize(("kind", "detail", "recording"), DETAILS)
def test_details_are_read(kind: AwsKind, detail: str, recording: Recording) -> None:
    """A read of one thing raises nothing, unless the answer is known to be of something else, or cut."""
    answer = recording.answer
    cloud = ScriptedCloud(lambda operation, parameters: answer)
    thing = Live(kind.name, "a/b", {}, {})
    known = ODD_ANSWERS.get((detail, recording.label))
    if known is None:
        assert {detail} == set(kind.details(cloud, thing, [detail]))
        return
    with pytest.raises((Unreachable, KeyError)):
        kind.details(cloud, thing, [detail])


def test_the_shapes_that_no_answer_shows() -> None:
    """Which reads no recorded answer shows is written down: what is said of AWS there, only its model says."""
    seen = {f"{kind.name}:{each}" for kind in KINDS for each in operations(kind)}
    lacking = {name for name in seen if not _shown(name)}
    assert lacking == UNSEEN


def _shown(name: str) -> bool:
    kind, _, operation = name.partition(":")
    service = next(each.service for each in KINDS if each.name == kind)
    return any(recordings(service, operation))


UNSEEN = {
    "Listener:DescribeListenerAttributes",
    "OriginAccessControl:GetOriginAccessControl",
}
