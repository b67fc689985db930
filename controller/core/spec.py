"""The words of a field: what a kind's pydantic model says about each of its fields, and the shape made of it.

A spec is a pydantic model whose annotations carry words (`To`, `Immutable`, `Keyed`, …). `shape_of` reads the
words once and gives the small tree that the diff, the writes and the readers walk. From here on desired and
observed values are plain trees (dict, list, scalar) under the document's own field names.
"""

import ipaddress
import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic.alias_generators import to_camel, to_pascal
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.core.reference import EXPRESSIONS, nested_expressions, parse_expression, parse_reference

Tree = dict[str, Any]
W = TypeVar("W")


# --- specs ------------------------------------------------------------------------------------------------


def _open(schema: Any) -> Any:
    """The same schema with every scalar also taking an expression."""
    inner = _open_fields if schema["type"] == "model" else _open
    return {**schema, "schema": inner(schema["schema"])} if "schema" in schema else schema


def _open_fields(schema: Any) -> Any:
    if schema["type"] != "model-fields":
        return {**schema, "schema": _open_fields(schema["schema"])}
    fields = {name: {**part, "schema": _open_value(part["schema"])} for name, part in schema["fields"].items()}
    return {**schema, "fields": fields}


def _open_value(schema: Any) -> Any:
    match schema["type"]:
        case "default" | "nullable":
            return {**schema, "schema": _open_value(schema["schema"])}
        case "list":
            return {**schema, "items_schema": _open_value(schema["items_schema"])}
        case "dict":
            return {**schema, "values_schema": _open_value(schema["values_schema"])}
        case "model" | "definition-ref" | "definitions" | "function-plain":
            return schema
        case _:
            return core_schema.no_info_wrap_validator_function(_expression_or_scalar, schema)


def _expression_or_scalar(raw: Any, scalar: Callable[[Any], Any]) -> Any:
    if isinstance(raw, EXPRESSIONS):
        return raw
    return parse_expression(raw) if isinstance(raw, Mapping) else scalar(raw)


class Spec(BaseModel):
    """What a document may say about one node, or about one element of it.

    Field names are AWS's own in camelCase. Every scalar also takes an expression (`core/reference.py`).
    Only the fields that are set are managed.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        alias_generator=to_camel,
        use_attribute_docstrings=True,
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        opened: CoreSchema = _open(handler(source))
        return opened


class Tagged(Spec):
    """The spec of a kind that takes tags; they are kept apart from the fields from here on."""

    tags: dict[str, str] | None = None
    """Tags beside the stack's. Only those named here are managed, others on the live thing are left alone."""


# --- words of a field -------------------------------------------------------------------------------------


@dataclass(frozen=True, init=False)
class To:
    """A reference to a node of one of `kinds`, by `attribute`.

    `gives`: the referring node completes what it refers to, as a route table does for its subnets; others
    that use the target wait for it by preference, and it is taken away after them.
    """

    kinds: tuple[str, ...]
    attribute: str
    gives: bool

    def __init__(self, *kinds: str, attribute: str = "id", gives: bool = False) -> None:
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "attribute", attribute)
        object.__setattr__(self, "gives", gives)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def parse(raw: object) -> Any:
            return parse_reference(raw, self.kinds, self.attribute)

        return core_schema.no_info_plain_validator_function(parse)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"x-reference": list(self.kinds)}


@dataclass(frozen=True)
class Immutable:
    """AWS cannot change it: another value needs a replacement."""


@dataclass(frozen=True)
class Named:
    """AWS wants a name: unset, it is `<stack>-<name>`, cut with a short hash to `limit` characters."""

    limit: int


@dataclass(frozen=True)
class Unique:
    """No two live things may have the same value, so a replacement that keeps it deletes first."""


@dataclass(frozen=True)
class WriteOnly:
    """AWS never shows it: sent when the node is made, not compared, never printed."""


@dataclass(frozen=True, init=False)
class Aws:
    """AWS's name where it is not the field's name in PascalCase; dots lead into structures, `[0]` into a list.

    `write` names the parameter where AWS reads and writes under different names. Several names with the
    predicates that choose among them make an alternative: `Aws(CidrIp=is_ipv4, CidrIpv6=is_ipv6)`.
    """

    name: str
    write: str
    choices: tuple[tuple[str, Callable[[Any], bool]], ...]

    def __init__(self, name: str = "", *, write: str = "", **choices: Callable[[Any], bool]) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "write", write or name)
        object.__setattr__(self, "choices", tuple(choices.items()))


@dataclass(frozen=True)
class Unordered:
    """A list in which order means nothing: each value is an element of its own."""


@dataclass(frozen=True, init=False)
class Keyed:
    """A list of elements told apart by the values of the fields `key`; order means nothing."""

    key: tuple[str, ...]

    def __init__(self, *key: str) -> None:
        object.__setattr__(self, "key", key)


@dataclass(frozen=True)
class ServerManaged:
    """Elements that AWS itself puts there and takes away; `test` sees AWS's own form of the element."""

    test: Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Sole:
    """An element is in one such list at a time: adding it here takes it from where it was."""


@dataclass(frozen=True)
class Inside:
    """The range of addresses lies inside one of those that `fields` of the node behind `reference` name."""

    reference: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Disjoint:
    """The range of addresses overlaps none of the other nodes' with the same value of the field `within`."""

    within: str


class Equality:
    """How two values of one field are compared: by what `normal` makes of each."""

    def normal(self, value: Any) -> Hashable:
        """A form in which equal values are equal; must take whatever AWS or a document may hold."""
        return hashable(value)

    def equal(self, desired: Any, observed: Any) -> bool:
        """Whether AWS's value is as good as the document's."""
        return desired == observed or self.normal(desired) == self.normal(observed)


def hashable(value: Any) -> Hashable:
    """A tree as a value that can be a key; scalars and expressions are so already."""
    if isinstance(value, Mapping):
        return frozenset((key, hashable(part)) for key, part in value.items())
    if isinstance(value, list | tuple):
        return tuple(hashable(part) for part in value)
    scalar: Hashable = value
    return scalar


@lru_cache(maxsize=10_000)
def network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The range of addresses that `value` writes, or None where it writes none."""
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


@dataclass(frozen=True)
class Cidr(Equality):
    """A range of addresses, `10.0.0.0/16` or `2001:db8::/32`, host bits unset. Compared as a range.

    `or_prefix` also takes an id with that prefix, such as a prefix list's `pl-`.
    """

    or_prefix: str = ""

    def normal(self, value: Any) -> Hashable:
        """The range in its shortest notation."""
        parsed = network(value) if isinstance(value, str) else None
        return str(parsed) if parsed else hashable(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        if self.or_prefix and value.startswith(self.or_prefix):
            return value
        parsed = network(value)
        if parsed is None or "/" not in value:
            message = '"{value}" is not a range of addresses; write it as 10.0.0.0/16 or 2001:db8::/32'
            raise PydanticCustomError("cidr", message, {"value": value})
        if str(parsed).split("/")[0] != str(ipaddress.ip_address(value.split("/", maxsplit=1)[0])):
            message = "{value} has bits set behind its prefix; did you mean {meant}?"
            raise PydanticCustomError("cidr", message, {"value": value, "meant": str(parsed)})
        return value


@dataclass(frozen=True)
class Json(Equality):
    """A JSON document, written as a mapping; compared as JSON, whatever its order, spacing or form of text."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "object", "x-json": True}

    @staticmethod
    def _check(raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            raise PydanticCustomError("json", "write the JSON document as a mapping, not as a text")
        return nested_expressions(raw)

    def normal(self, value: Any) -> Hashable:
        """Parsed, keys unordered."""
        if isinstance(value, str):
            try:
                return hashable(json.loads(value))
            except ValueError:
                return value
        return hashable(value)


@dataclass(frozen=True)
class Policy(Json):
    """An IAM policy as JSON: one value and a list of that value alone are the same, and lists are sets.

    Rule: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """

    def normal(self, value: Any) -> Hashable:
        """Lists as sets, single values as lists of one."""
        if isinstance(value, str) and value.lstrip().startswith("{"):
            try:
                return self._normal(json.loads(value))
            except ValueError:
                return value
        return self._normal(value)

    def _normal(self, value: Any) -> Hashable:
        if isinstance(value, Mapping):
            return frozenset((key, self._normal(part)) for key, part in value.items())
        if isinstance(value, list | tuple):
            parts = frozenset(self._normal(part) for part in value)
            return next(iter(parts)) if len(parts) == 1 else parts
        return str(value).lower() if isinstance(value, bool) else hashable(value)


@dataclass(frozen=True, init=False)
class OneOf(Equality):
    """Values that AWS takes under several names for one: `OneOf({"6": "tcp"})` compares `6` as `tcp`."""

    names: tuple[tuple[str, str], ...]

    def __init__(self, names: Mapping[str, str]) -> None:
        object.__setattr__(self, "names", tuple(names.items()))

    def normal(self, value: Any) -> Hashable:
        """The one name."""
        if not isinstance(value, str | int):
            return hashable(value)
        return dict(self.names).get(str(value).lower(), str(value).lower())

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def text(raw: Any) -> Any:
            if isinstance(raw, int) and not isinstance(raw, bool):
                raw = str(raw)
            return self.normal(raw) if isinstance(raw, str) else raw

        return core_schema.no_info_before_validator_function(text, handler(source))


# --- shapes -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scalar:
    """One value: text, number, truth, or a JSON document compared as one."""

    type: type
    to: To | None = None
    equality: Equality = field(default_factory=Equality)
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A map from free keys to scalars, of which only those that the document names are managed."""

    value: Scalar


@dataclass(frozen=True)
class Many:
    """A list. With `key`, elements are told apart by those fields; `unordered` scalars are their own key."""

    item: "Scalar | Record"
    key: tuple[str, ...] = ()
    unordered: bool = False

    @property
    def elementwise(self) -> bool:
        """Whether it is compared and written element by element."""
        return self.unordered or bool(self.key)


@dataclass(frozen=True)
class Field:
    """One field of a record: its name in the document, what it holds, and its words."""

    name: str
    shape: "Shape"
    doc: str
    required: bool
    immutable: bool = False
    named: Named | None = None
    unique: bool = False
    write_only: bool = False
    aws: Aws = field(default_factory=Aws)
    server_managed: "ServerManaged | None" = None
    sole: bool = False
    inside: Inside | None = None
    disjoint: Disjoint | None = None

    @property
    def to(self) -> To | None:
        """The reference it is, directly or by its elements."""
        return _reference(self.shape)


@dataclass(frozen=True)
class Record:
    """The fields of a spec by their names in the document."""

    spec: type[Spec]
    fields: Mapping[str, Field]

    def __hash__(self) -> int:
        return hash(self.spec)

    def references(self) -> Iterator[tuple[tuple[str, ...], Field]]:
        """Every field that is a reference, at any depth, with its path."""
        for name, part in self.fields.items():
            inner = part.shape.item if isinstance(part.shape, Many) else part.shape
            if part.to:
                yield (name,), part
            elif isinstance(inner, Record):
                yield from (((name, *path), found) for path, found in inner.references())


Shape = Scalar | Table | Many | Record


@cache
def shape_of(spec: type[Spec]) -> Record:
    """The shape of a spec, read from its annotations once. Raises `TypeError` for what has no shape."""
    fields = {}
    for attribute, described in spec.model_fields.items():
        name = described.alias or to_camel(attribute)
        words = list(described.metadata)
        shape = _shape(described.annotation, words)
        to = _reference(shape)
        fields[name] = Field(
            name=name,
            shape=shape,
            doc=described.description or "",
            required=described.is_required(),
            immutable=_word(words, Immutable) is not None,
            named=_word(words, Named),
            unique=_word(words, Unique) is not None,
            write_only=_word(words, WriteOnly) is not None,
            aws=_word(words, Aws) or Aws(_aws_name(attribute, to, isinstance(shape, Many))),
            server_managed=_word(words, ServerManaged),
            sole=_word(words, Sole) is not None,
            inside=_word(words, Inside),
            disjoint=_word(words, Disjoint),
        )
    return Record(spec, fields)


def _aws_name(attribute: str, to: To | None, several: bool) -> str:
    """AWS's name of a field: PascalCase, and for a reference with the suffix that a document drops."""
    name = to_pascal(attribute)
    if to is None:
        return name
    suffix = "Arn" if to.attribute == "arn" else "Id"
    return f"{name.removesuffix('s')}{suffix}s" if several else f"{name}{suffix}"


def _reference(shape: "Shape") -> To | None:
    inner = shape.item if isinstance(shape, Many) else shape
    return inner.to if isinstance(inner, Scalar) else None


def _word(words: list[Any], word: type[W]) -> W | None:
    return next((found for found in words if isinstance(found, word)), None)


def _shape(annotation: Any, words: list[Any]) -> Shape:
    annotation, inner_words = _bare(annotation)
    words = [*words, *inner_words]
    if get_origin(annotation) is list:
        item = _shape(get_args(annotation)[0], [])
        keyed = _word(words, Keyed)
        assert isinstance(item, Scalar | Record)
        return Many(item, keyed.key if keyed else (), _word(words, Unordered) is not None)
    equality = _word(words, Equality)
    if get_origin(annotation) is dict and equality is None:
        value = _shape(get_args(annotation)[1], [])
        assert isinstance(value, Scalar)
        return Table(value)
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return shape_of(annotation)
    if get_origin(annotation) is Literal:
        return Scalar(str, None, equality or Equality(), get_args(annotation))
    return Scalar(annotation if isinstance(annotation, type) else dict, _word(words, To), equality or Equality())


def _bare(annotation: Any) -> tuple[Any, list[Any]]:
    """The annotation without `Annotated` and `| None`, and the words found on the way."""
    words: list[Any] = []
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *found = get_args(annotation)
            words.extend(found)
        elif get_origin(annotation) in (Union, UnionType):
            parts = [part for part in get_args(annotation) if part is not NoneType]
            if len(parts) != 1:
                raise TypeError(f"a field holds one type, not {annotation}")
            annotation = parts[0]
        else:
            return annotation, words


def tree_of(spec: Spec) -> Tree:
    """The fields that a document sets, under the document's names, as a plain tree."""
    names = {attribute: part.alias or attribute for attribute, part in type(spec).model_fields.items()}
    found = ((names[name], getattr(spec, name)) for name in type(spec).model_fields if name in spec.model_fields_set)
    return {name: _plain_value(value) for name, value in found if value is not None}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Spec):
        return tree_of(value)
    if isinstance(value, list):
        return [_plain_value(part) for part in value]
    return value
