"""What a write keeps of what is live: what the document leaves open, and what no field of a spec stands for.

AWS replaces structures and lists, and some things altogether, as a whole: what a call leaves out is gone. So the
fields are laid over the live ones, and what is made of them over AWS's own form of the same. In a list the elements
are the document's; an element keeps what no field stands for. What `Excludes` names does not stay.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, StructureShape
from botocore.model import Shape as AwsShape

from controller.aws.declaration.wire import Item, record_reader
from controller.core.model.call import Change
from controller.core.model.paths import element_key
from controller.core.model.shape import Field, Many, Record, Scalar, Table, Tree

_NOTHING: tuple[Any, ...] = (None, "", [], {})
Parts = Sequence[tuple[list[str], Field]]
"""The fields that stand at or below a place in AWS's form, with the rest of the way to each."""


# --- what the document leaves open --------------------------------------------------------------------------


def laid_over(record: Record, fields: Tree, live: Tree) -> Tree:
    """The fields over the live ones: structures member by member, tables key by key, and lists as a whole.

    What AWS shows empty says nothing, and is left out.
    """
    out = excluded(record, fields)
    staying = {
        name: value
        for name, value in live.items()
        if name in record.fields
        and value not in _NOTHING
        and not any(_within(path, out) for path in ways(record, name))
    }
    return {
        **staying,
        **{name: _over(record.fields[name], value, staying.get(name)) for name, value in fields.items()},
    }


def displaced(record: Record, fields: Tree, live: Tree, prefix: str = "") -> Iterator[Change]:
    """What of the live ones does not stay, because of what the fields are."""
    out = excluded(record, fields)
    for name, value in live.items():
        shape, said = record.fields[name].shape, fields.get(name)
        if isinstance(shape, Record) and isinstance(said, Mapping) and isinstance(value, Mapping):
            yield from displaced(shape, {**said}, {**value}, f"{prefix}{name}.")
        elif name not in fields and value not in _NOTHING and any(_within(path, out) for path in ways(record, name)):
            yield Change(f"{prefix}{name}", "remove", None, value)


def _over(part: Field, value: Any, live: Any) -> Any:
    match part.shape:
        case _ if not (isinstance(value, Mapping) and isinstance(live, Mapping)) or (part.removable and not value):
            return value
        case Record() as record:
            return laid_over(record, {**value}, {**live})
        case Table():
            return {**live, **value}
    return value


def ways(record: Record, name: str) -> list[str]:
    """Where AWS takes a field, by each of its names."""
    aws = record.fields[name].aws
    return [bare(path) for path in (aws.write, *(path for path, _ in aws.choices)) if path]


def excluded(record: Record, fields: Tree) -> frozenset[str]:
    """Where nothing may stand beside these fields."""
    words = ((word, fields[name]) for name, part in record.fields.items() if name in fields for word in part.excludes)
    return frozenset(path for word, value in words if word.when(value) for path in word.members)


def _within(path: str, places: Iterable[str]) -> bool:
    return any(path == place or path.startswith(f"{place}.") for place in places)


def bare(path: str) -> str:
    """A path without what chooses among the elements of lists."""
    return ".".join(step.partition("[")[0] for step in path.split("."))


# --- what no field stands for -------------------------------------------------------------------------------


def parts_of(record: Record) -> Parts:
    """The fields of a structure, with the way to each."""
    return [(path.split("."), record.fields[name]) for name in record.fields for path in ways(record, name)]


def below(parts: Parts, name: str) -> Parts:
    """The fields at or below a member."""
    return [(steps[1:], part) for steps, part in parts if steps[:1] == [name]]


def kept(record: Record, fields: Tree, shape: AwsShape, written: Item, shown: Any) -> dict[str, Any]:
    """What was made of the fields of a structure, with what AWS shows there that none of them stands for."""
    if not (isinstance(shown, Mapping) and isinstance(shape, StructureShape)):
        return {**written}
    return _Place(parts_of(record), fields, excluded(record, fields)).completed(shape, written, shown)


@dataclass(frozen=True)
class _Place:
    """A structure in AWS's form: the fields of its record may stand in it, or deeper, and some of it has to go."""

    parts: Parts
    fields: Tree
    out: frozenset[str]
    path: str = ""

    def completed(self, shape: StructureShape, written: Item, shown: Item) -> dict[str, Any]:
        """What was made of the fields, with the members that AWS shows besides."""
        whole = {**written}
        for name, inner in shape.members.items():
            live, there = shown.get(name), replace(self, parts=below(self.parts, name), path=f"{self.path}{name}.")
            if live in _NOTHING or f"{self.path}{name}" in self.out:
                continue
            ends = [part for steps, part in there.parts if not steps]
            if ends:
                said = [part for part in ends if part.name in self.fields]
                if name in written and said:
                    whole[name] = _value(said[0], self.fields[said[0].name], inner, written[name], live)
            elif isinstance(inner, StructureShape) and isinstance(live, Mapping):
                more = there.completed(inner, written.get(name, {}), live)
                whole |= {name: more} if more or name in written else {}
            elif name not in written and not there.parts:
                whole[name] = taken(inner, live)
        return whole


def _value(part: Field, value: Any, shape: AwsShape, written: Any, shown: Any) -> Any:
    """The value of a field in AWS's form; one that has a form of its own is all there is, but for its elements."""
    match part.shape:
        case Record() as record if isinstance(written, Mapping) and part.form is None:
            return kept(record, value, shape, written, shown)
        case Record() as record if isinstance(shape, ListShape) and isinstance(shown, list):
            return [kept(record, value, shape.member, written[0], shown[0])]
        case Many(item=Record() as record) as many if isinstance(shape, ListShape) and isinstance(shown, list):
            if not isinstance(written, list):
                return written
            elements = zip(value, written, alike(many, value, shown), strict=True)
            return [kept(record, each, shape.member, made, live) for each, made, live in elements]
    return written


def alike(many: Many, elements: list[Tree], shown: list[Item]) -> Iterator[Item | None]:
    """For each element what AWS shows of it: by its key, or by all that is said of it, or else by its place.

    Elements of different sorts are never the same: those in which a required choice differs.
    """
    assert isinstance(many.item, Record)
    read, left = record_reader(many.item), dict(enumerate(shown))
    trees = {at: read(item) for at, item in left.items()}
    sorts = [n for n, part in many.item.fields.items() if part.required and _choice(part)]
    for place, element in enumerate(elements):
        if many.key:
            fits = [at for at in left if element_key(many, trees[at]) == element_key(many, element)]
        else:
            of_sort = [at for at in left if all(trees[at].get(n) == element.get(n) for n in sorts)]
            fits = [at for at in of_sort if all(trees[at].get(n) == value for n, value in element.items())]
            fits += [place] if place in of_sort and len(shown) == len(elements) else []
            fits += of_sort if sorts and len(of_sort) == 1 else []
        yield left.pop(fits[0]) if fits else None


def _choice(part: Field) -> bool:
    return isinstance(part.shape, Scalar) and bool(part.shape.choices)


def taken(shape: AwsShape, value: Any) -> Any:
    """What AWS takes of a value that it shows."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return {name: taken(inner, value[name]) for name, inner in shape.members.items() if name in value}
    if isinstance(shape, ListShape):
        return [taken(shape.member, each) for each in value]
    if isinstance(shape, MapShape):
        return {key: taken(shape.value, each) for key, each in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def has_more(parts: Parts, shape: AwsShape) -> bool:
    """Whether AWS knows of more in a place than the fields at it or below it stand for."""
    while isinstance(shape, ListShape):
        shape = shape.member
    ends = [part for steps, part in parts if not steps]
    records = [part.shape.item if isinstance(part.shape, Many) else part.shape for part in ends]
    inner = [parts_of(record) for record in records if isinstance(record, Record)] if ends else [parts]
    if not isinstance(shape, StructureShape):
        return not parts
    return not parts or any(
        has_more(below(each, name), member) for each in inner for name, member in shape.members.items()
    )
