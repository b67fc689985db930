"""Between a spec's tree and AWS's own form: reading an item of a listing, and writing parameters.

Both are driven by the shape of the spec and by AWS's service model, so that a kind states only what is irregular.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, OperationNotFoundError, Shape, StructureShape

from controller.aws.client.models import service_model
from controller.core.model.reference import EXPRESSIONS, Encoded, expressions_in, json_text
from controller.core.model.shape import Field, Many, Record, Scalar, Table, Tree
from controller.core.model.spec import Aws, Tagged

Item = Mapping[str, Any]
Reader = Callable[[Item], Any]


# --- reading ----------------------------------------------------------------------------------------------


def overlay(below: Any, above: Any) -> Any:
    """What is below with what is above laid over it: structures member by member, all else as a whole."""
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)) or "Quantity" in above:
        return above
    return {**below, **{name: overlay(below.get(name), value) for name, value in above.items()}}


def values_at(item: Any, path: str) -> Iterator[Any]:
    """Every value at a dotted path.

    After a name, `[]` walks its list, `[0]` takes its first, `[Main=True]` those with such a member and
    `[Status!=removing|removed]` those with another.
    """
    if not path:
        yield item
        return
    name, _, rest = path.partition(".")
    if "[" in name and name[-1] != "]":  # a dot within the brackets
        name, _, rest = path.partition("].")
        name = name.removesuffix("]") + "]"
    bare, bracket, _ = name.partition("[")
    value = item.get(bare) if isinstance(item, Mapping) else None
    if value is None:
        return
    if not bracket:
        yield from values_at(value, rest)
    else:
        for part in _chosen(value, bracket and name[len(bare) + 1 : -1]):
            yield from values_at(part, rest)


def _chosen(parts: list[Any], which: str) -> list[Any]:
    if which == "0":
        return parts[:1]
    key, equals, wanted = which.partition("=")
    if key.endswith("!"):
        return [part for part in parts if part.get(key[:-1]) not in wanted.split("|")]
    return [part for part in parts if str(part.get(key)) == wanted] if equals else parts


def value_at(item: Any, path: str) -> Any:
    """The first value at a path, or None."""
    return next(values_at(item, path), None)


def path_reader(path: str) -> Reader:
    """A reader of the first value at a path; the plain names that most fields have are read at once."""
    if not path:
        return lambda item: item or None
    if "." not in path and "[" not in path:
        return lambda item: item.get(path)
    return lambda item: value_at(item, path)


def record_reader(record: Record) -> Callable[[Item], Tree]:
    """A reader of an item into the fields of a spec; what AWS does not show is left out, and what is only sent."""
    own = {"tags"} if issubclass(record.spec, Tagged) else set()  # the dialect of the service reads them
    shown = [part for part in record.fields.values() if part.name not in own and not part.write_only]
    readers = [(part.name, field_reader(part)) for part in shown]

    def read(item: Item) -> Tree:
        return {name: value for name, reader in readers if (value := reader(item)) is not None}

    return read


def field_reader(part: Field) -> Reader:
    """A reader of one field by its shape and its words."""
    plain, form = _plain_reader(part), part.form
    if form is None:
        return plain
    return lambda item: form.read(value) if (value := plain(item)) is not None else None


def _plain_reader(part: Field) -> Reader:
    match part.shape:
        case Many(item=Record() as record):
            return _elements_reader(part, record_reader(record))
        case Many():
            path = part.aws.name
            if "[" in path:
                return lambda item: list(values_at(item, path))
            read = path_reader(path)
            return lambda item: _listed(read(item))
        case Record() as record:
            inner, at = record_reader(record), path_reader(part.aws.name)
            return lambda item: inner(value) if (value := at(item)) is not None else None
        case Scalar() as scalar:
            return _scalar_reader(part.aws, scalar)
        case Table():
            return path_reader(part.aws.name)


def _elements_reader(part: Field, read: Callable[[Item], Tree]) -> Reader:
    path, managed = part.aws.name, part.server_managed
    at = path_reader(path) if "[" not in path else None

    def elements(item: Item) -> list[Tree]:
        items = (_listed(at(item)) or ()) if at else values_at(item, path)
        return [read(element) for element in items if not (managed and managed.test(element))]

    return elements


def _listed(value: Any) -> Any:
    """A list, which CloudFront wraps together with its length; an empty one it leaves out."""
    return value.get("Items") or [] if isinstance(value, Mapping) and "Quantity" in value else value


def _scalar_reader(aws: Aws, scalar: Scalar) -> Reader:
    if aws.choices:
        return lambda item: next(
            (item[name] for name, fits in aws.choices if item.get(name) is not None and fits(item[name])),
            None,
        )
    read = path_reader(aws.name)
    return (lambda item: _parsed(read(item))) if scalar.type is dict else read


def _parsed(value: Any) -> Any:
    return (json.loads(value) if value else None) if isinstance(value, str) else value


def one_answer(pages: Iterable[Item]) -> Item:
    """One answer made of its pages: their lists one after the other, and the rest as the last page has it."""
    whole: dict[str, Any] = {}
    for body in pages:
        lists = {name: [*whole.get(name, ()), *part] for name, part in body.items() if isinstance(part, list)}
        whole |= {**body, **lists}
    return whole


# --- writing ----------------------------------------------------------------------------------------------


@cache
def input_shape(service: str, operation: str) -> StructureShape:
    """The parameters of an operation. Raises `LookupError` when AWS has no such operation."""
    try:
        shape = service_model(service).operation_model(operation).input_shape
    except OperationNotFoundError:
        raise LookupError(f"there is no {service}:{operation}") from None
    if not isinstance(shape, StructureShape):
        raise LookupError(f"{service}:{operation} takes no parameters")
    return shape


def written_name(part: Field, value: Any = None) -> str:
    """The parameter of a field; of several, the one that fits the value (the first, while it is not known)."""
    if part.aws.write or not part.aws.choices:
        return part.aws.write
    known = not isinstance(value, EXPRESSIONS)
    return next((name for name, fits in part.aws.choices if known and fits(value)), part.aws.choices[0][0])


def parameters_of(record: Record, fields: Tree, shape: StructureShape) -> dict[str, Any]:
    """The fields as parameters, those left out that the shape does not have."""
    parameters: dict[str, Any] = {}
    for name, value in fields.items():
        part = record.fields[name]
        *outer, last = path = written_name(part, value).split(".")
        member = inner_shape(shape, path)
        if member is not None:
            place = parameters
            for step in outer:
                place = _place(place, step)
            place[last] = written(part, value, member)
    return parameters


def _place(parameters: dict[str, Any], step: str) -> Any:
    """The structure at one step of a path, made where there is none; `[0]` is the first of a list."""
    name, bracket, _ = step.partition("[")
    return parameters.setdefault(name, [{}])[0] if bracket else parameters.setdefault(name, {})


def written(part: Field, value: Any, shape: Shape) -> Any:
    """A field's value in AWS's form, with the field's own form applied last."""
    inner = encoded(part.shape, value, shape)
    return inner if part.form is None else _formed(inner, part.form.write)


def _formed(value: Any, write: Callable[[Any], Any]) -> Any:
    return Encoded(value, write) if any(expressions_in(value)) else write(value)


def nested(path: str, value: Any) -> Any:
    """The value within structures, as a dotted path says; the value alone where there is no path."""
    for step in reversed(path.split(".") if path else ()):
        value = {step: value}
    return value


def renamed(record: Record, names: Mapping[str, str]) -> Record:
    """The record with other parameters for some of its fields."""
    others = {name: replace(record.fields[name], aws=Aws(write=parameter)) for name, parameter in names.items()}
    return Record(record.spec, {**record.fields, **others}) if names else record


def takes(shape: StructureShape, part: Field, value: Any) -> bool:
    """Whether an operation takes a field."""
    return inner_shape(shape, written_name(part, value).split(".")) is not None


def inner_shape(shape: Shape | None, path: list[str]) -> Shape | None:
    """The shape at a path of member names and keys of maps; None where there is none."""
    for step in path:
        name, bracket, _ = step.partition("[")
        value = shape.value if isinstance(shape, MapShape) else None
        shape = shape.members.get(name) if isinstance(shape, StructureShape) else value
        if bracket:
            shape = shape.member if isinstance(shape, ListShape) else None
    return shape


def encoded(field_shape: Any, value: Any, shape: Shape) -> Any:
    """A value in the form that AWS's model asks for: wrapped in `Value`, as JSON text, or as a list of structures."""
    if isinstance(field_shape, Scalar):
        return _encoded_scalar(field_shape, value, shape)
    if isinstance(field_shape, Record) and isinstance(shape, StructureShape):
        return parameters_of(field_shape, value, shape)
    if isinstance(field_shape, Record) and isinstance(shape, ListShape):  # a list that holds one, such as S3's rules
        return [encoded(field_shape, value, shape.member)]
    if isinstance(field_shape, Many) and isinstance(shape, ListShape):
        return [encoded(field_shape.item, part, shape.member) for part in value]
    if (
        isinstance(field_shape, Many)
        and isinstance(shape, StructureShape)
        and {"Quantity", "Items"} <= {*shape.members}
    ):
        items = encoded(field_shape, value, shape.members["Items"])
        return {"Quantity": len(items), **({"Items": items} if items else {})}
    return value


def _encoded_scalar(scalar: Scalar, value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape) and list(shape.members) == ["Value"]:
        return {"Value": value}
    if scalar.type is dict and shape.type_name == "string":
        return _formed(value, json_text)
    return value
