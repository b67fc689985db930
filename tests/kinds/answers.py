"""AWS's own form of a live thing, made from its fields, with members in it that no field of the spec stands for."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from controller.aws.client import models
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import nested, overlay, parameters_of, renamed
from controller.aws.declaration.words import Detail, ReadModifyWrite, Setter
from controller.core.model.shape import Field, Many, Record, Tree
from tests.answers.recordings import typed

Loc = tuple[str | int, ...]
Place = tuple[Loc, Shape]
Parts = list[tuple[list[str], Field]]
PLANTED = "planted"


def original_of(kind: AwsKind, fields: Tree, planting: bool = False) -> tuple[Tree, dict[str, list[Loc]]]:
    """What AWS shows of a thing with these fields; with the places of what was planted in the parameters of each
    operation.

    Of each setter the answer is what it sets, under the same names; a read of its own shows that alone.
    """
    item: Tree = {}
    planted: dict[str, list[Loc]] = {}
    if kind.read_modify_write:
        return whole_of(kind, kind.read_modify_write, fields, planting)
    for setter in kind.whole_setters:
        if not setter.keeps:
            continue
        shape = kind.taking(setter.operation)
        told = {name: value for name, value in fields.items() if name in setter.fields}
        sent = deepcopy(parameters_of(renamed(kind.shape, setter.renamed), told, shape))
        reads = [read for read in kind.reads for name in told if read.name == name]
        if planting:
            places = [*unsaid(parts(kind, setter), shape, sent, top=top_of(kind, setter, reads, sent))]
            planted.setdefault(setter.operation, []).extend(at for at, _ in places)
            for at, inner in places:
                plant(sent, at, inner)
        item = overlay(item, {read.name: answer(kind, read, sent) for read in reads} if reads else sent)
    return item, planted


def whole_of(kind: AwsKind, form: ReadModifyWrite, fields: Tree, planting: bool) -> tuple[Tree, dict[str, list[Loc]]]:
    """The same of what AWS shows and takes as a whole."""
    (setter,) = kind.setters
    shape = kind.taking(setter.operation, form.parameter)
    sent = deepcopy(parameters_of(kind.shape, fields, shape))
    places = [*unsaid(record_parts(kind.shape), shape, sent)] if planting else []
    for at, inner in places:
        plant(sent, at, inner)
    whole = {**nested(form.path, sent), form.VERSION: "E1"}
    return whole, {setter.operation: [(form.parameter, *at) for at, _ in places]}


def answer(kind: AwsKind, read: Detail, sent: Tree) -> Tree:
    """What a read shows of what was sent: as it is, or without the structure around it."""
    shown = models.output_shape(kind.service, read.operation)
    assert isinstance(shown, StructureShape)
    flat = {**sent, **{name: part for each in sent.values() if isinstance(each, dict) for name, part in each.items()}}
    return {name: typed(shown.members[name], value) for name, value in flat.items() if name in shown.members}


def top_of(kind: AwsKind, setter: Setter, reads: list[Detail], sent: Tree) -> set[str]:
    """The parameters of a call in which something may stand that no field does: those it sends, or all that AWS
    shows where it takes all together."""
    if not setter.whole:
        return {*sent}
    operations = [read.operation for read in reads] or [
        kind.listing.operation,
        *(join.operation for join in kind.joins),
    ]
    shown = [models.output_shape(kind.service, each) for each in operations]
    return {*sent, *(name for shape in shown for name in names_in(shape, 3 if not reads else 1))}


def names_in(shape: Shape | None, depth: int) -> Iterator[str]:
    """The names of what an answer shows, some structures deep."""
    if isinstance(shape, ListShape):
        yield from names_in(shape.member, depth)
    elif isinstance(shape, StructureShape) and depth:
        yield from shape.members
        for member in shape.members.values():
            yield from names_in(member, depth - 1) if isinstance(member, ListShape) or depth > 2 else ()


def parts(kind: AwsKind, setter: Setter) -> Parts:
    """The fields of a kind with the way to each in the parameters of a setter."""
    return record_parts(renamed(kind.shape, setter.renamed))


def record_parts(record: Record) -> Parts:
    """The fields of a structure with the way to each."""
    return [
        ([step.partition("[")[0] for step in path.split(".")], part)
        for part in record.fields.values()
        for path in (part.aws.write, *(path for path, _ in part.aws.choices))
        if path
    ]


def unsaid(known: Parts, shape: Shape, sent: Any, at: Loc = (), top: set[str] | None = None) -> Iterator[Place]:
    """Every place in parameters at which AWS's model takes something that no field stands for."""
    if isinstance(shape, ListShape) and isinstance(sent, list):
        for number, each in enumerate(sent):
            yield from unsaid(known, shape.member, each, (*at, number))
    if (
        isinstance(shape, StructureShape) and "Items" in shape.members and isinstance(sent, Mapping)
    ):  # CloudFront's list
        yield from unsaid(known, shape.members["Items"], sent.get("Items"), (*at, "Items"))
    elif isinstance(shape, StructureShape) and isinstance(sent, Mapping):
        for name in shape.members.keys() & (shape.members.keys() if top is None else top):
            below = [(steps[1:], part) for steps, part in known if steps[:1] == [name]]
            if name in sent:
                yield from unsaid(within(below), shape.members[name], sent[name], (*at, name)) if below else ()
            elif not below:
                yield (*at, name), shape.members[name]


def within(below: Parts) -> Parts:
    """The fields in a member, which is a field itself or holds some."""
    ends = [part.shape.item if isinstance(part.shape, Many) else part.shape for steps, part in below if not steps]
    return record_parts(ends[0]) if ends and isinstance(ends[0], Record) else [] if ends else below


def plant(tree: Any, at: Loc, shape: Shape) -> None:
    """Put a value there."""
    *outer, last = at
    for step in outer:
        tree = tree[step]
    tree[last] = value_of(shape)


def value_of(shape: Shape, depth: int = 4) -> Any:
    """Some value of a shape."""
    match shape:
        case StructureShape():
            return {name: value_of(inner, depth - 1) for name, inner in shape.members.items() if depth}
        case ListShape():
            return [value_of(shape.member, depth - 1)] if depth else []
        case MapShape():
            return {PLANTED: value_of(shape.value, depth - 1)} if depth else {}
    return {"boolean": True, "integer": 7, "long": 7, "float": 7.0, "double": 7.0}.get(
        shape.type_name, "2030-01-01T00:00:00+00:00" if shape.type_name == "timestamp" else PLANTED
    )
