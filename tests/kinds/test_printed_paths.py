"""Every path that the manual of the kinds prints can be ignored, and is ignored then; a misspelled one is refused."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from controller.aws.declaration.kind import AwsKind
from controller.cli.commands.read import explained
from controller.core.document.ignoring import wrong_path
from controller.core.model.equality import Cidr
from controller.core.model.paths import EVERY, covers, fields_in, label, steps_of
from controller.core.model.shape import Field, Many, Record, Scalar, Shape, Table, Tree
from controller.core.planning.diff import Difference, Known, diff
from tests.generated import kinds_page
from tests.kinds.fixtures import kinds, samples_of

EACH_KIND = pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in kinds()])


def printed(kind: AwsKind) -> list[str]:
    """The paths in the manual of a kind."""
    return re.findall(r"^\| `([^`]+)` \|", kinds_page({kind.name: kind}), re.MULTILINE)


VALUES = {
    str: ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    int: (1, 2),
    float: (1.5, 2.5),
    bool: (True, False),
    dict: ({"a": "b"}, {"a": "c"}),
}


def some(shape: Shape, number: int = 0) -> Any:
    """One of two values of a shape, with all that AWS shows of it; where there is but one value, it or none."""
    match shape:
        case Record():
            return {name: some(part.shape, number) for name, part in shape.fields.items() if not part.write_only}
        case Table():
            return {"some.key": some(shape.value, number)}
        case Many():
            return [some(shape.item, number)]
        case Scalar(equality=Cidr()):
            return ("10.0.0.0/16", "10.1.0.0/16")[number]
        case Scalar():
            return (*shape.choices, None)[number] if shape.choices else VALUES[shape.type][number]


def holding(record: Record, steps: tuple[str, ...], number: int) -> Tree:
    """Fields that hold nothing but one of two values at the end of the steps; elements have their keys."""
    name, *rest = steps
    shape = record.fields[name].shape
    match shape:
        case _ if not rest:
            return {name: some(shape, number)}
        case Record():
            return {name: holding(shape, tuple(rest), number)}
        case Many(item=Record() as item):
            keys = {key: some(item.fields[key].shape) for key in shape.key}
            return {name: [holding(item, tuple(rest[1:]), number) | keys]}
    raise AssertionError(f"nothing is in {name}")


def filled(shape: Shape, steps: tuple[str, ...]) -> str:
    """The path with the key of an element wherever it means every element."""
    match shape:
        case _ if not steps:
            return ""
        case Record():
            return f".{steps[0]}" + filled(shape.fields[steps[0]].shape, steps[1:])
        case Many(item=Record() as item):
            key = label(shape, some(item)) if shape.key else "0"
            return f"[{key}]" + filled(item, steps[1:])
    raise AssertionError(f"nothing is in {shape}")


def way(shape: Shape, steps: tuple[str, ...]) -> Iterator[tuple[Field, bool]]:
    """The fields on the way, and whether each tells one element from another."""
    key: tuple[str, ...] = ()
    for step in steps:
        if isinstance(shape, Many):
            key, shape = shape.key, shape.item
        else:
            assert isinstance(shape, Record)
            yield shape.fields[step], step in key
            key, shape = (), shape.fields[step].shape


def compared(kind: AwsKind, path: str, *ignore: str) -> Difference:
    """The comparison of two that differ at the path."""
    desired, observed = (holding(kind.shape, steps_of(path), number) for number in (0, 1))
    return diff(kind.shape, desired, observed, Known, ignore)


@EACH_KIND
def test_the_manual_and_the_command_print_the_same_paths(kind: AwsKind) -> None:
    """`holdfast kinds KIND` says each path as the manual does."""
    found = [line.plain.split()[0] for line in explained(kind) if re.match(r"  \S+  \S", line.plain)]
    assert printed(kind) == found[: len(printed(kind))] == [path for path, _ in fields_in(kind.shape)]


@EACH_KIND
def test_a_printed_path_is_accepted(kind: AwsKind) -> None:
    """As it is printed, where `[]` means every element, and with the key of one filled in."""
    paths = printed(kind)
    paths += [filled(kind.shape, steps_of(path)).removeprefix(".") for path in paths]
    assert [] == [(path, wrong_path(kind.shape, path)) for path in paths if wrong_path(kind.shape, path)]


@EACH_KIND
def test_a_printed_path_covers_a_change_there(kind: AwsKind) -> None:
    """What differs at the path is a change, and is none where the path is ignored, whichever way it is written.

    No change can be there where AWS shows nothing, nor in what tells one element from another.
    """
    for path in printed(kind):
        fields = list(way(kind.shape, steps_of(path)))
        compares = not any(part.write_only or key for part, key in fields)
        assert compares is bool(compared(kind, path).changes), path
        for ignore in (path, filled(kind.shape, steps_of(path)).removeprefix(".")):
            found = compared(kind, path, ignore)
            told = [text for text in found.uncompared if text.endswith(": ignored by lifecycle.ignore")]
            assert ([], compares) == (found.changes, bool(told)), ignore
            assert all(covers(ignore, text.removesuffix(": ignored by lifecycle.ignore")) for text in told), ignore


@EACH_KIND
def test_what_a_plan_prints_can_be_ignored(kind: AwsKind) -> None:
    """The paths of a plan's changes are accepted, with the keys of elements that they name, of strangers as well."""
    for sample in samples_of(kind):
        added = diff(kind.shape, sample.desired, {}, lambda _: Known("x")).changes
        emptied: Tree = {name: [] for name in sample.desired if isinstance(kind.shape.fields[name].shape, Many)}
        removed = diff(kind.shape, emptied, sample.desired, Known).changes
        paths = {change.path for change in (*added, *removed)}.union(*(each.paths for each in sample.drifts))
        assert {} == {path: wrong_path(kind.shape, path) for path in paths if wrong_path(kind.shape, path)}


@EACH_KIND
def test_a_misspelled_path_is_refused(kind: AwsKind) -> None:
    """Another name at the end, an element where there is none, and none where there is one."""
    for path in printed(kind):
        steps = steps_of(path)
        wrong = [f"{path}x", path.replace("[]", "")] if EVERY in steps else [f"{path}x"]
        if isinstance(list(way(kind.shape, steps))[-1][0].shape, Record):
            wrong += [f"{path}[]", f"{path}[].{steps[-1]}"]
        assert [] == [each for each in wrong if not wrong_path(kind.shape, each)]
