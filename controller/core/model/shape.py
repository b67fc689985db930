"""The shape of a spec: its fields with their words, read from the annotations once.

The diff, the writes and the readers walk this small tree. From here on desired and observed values are plain
trees (dict, list, scalar) under the document's own field names.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic.alias_generators import to_camel, to_pascal

from controller.core.model.documented import field_docs
from controller.core.model.equality import Default, Equality, Name
from controller.core.model.limits import Limit
from controller.core.model.rules import Rule
from controller.core.model.spec import (
    Aws,
    Between,
    Computed,
    Disjoint,
    Excludes,
    Form,
    Immutable,
    Inside,
    Interrupts,
    Keyed,
    Named,
    OneWay,
    Removable,
    ServerManaged,
    ShownLate,
    Sole,
    Spec,
    To,
    Unique,
    Unordered,
    WriteOnly,
    Zone,
)

Tree = dict[str, Any]
W = TypeVar("W")


@dataclass(frozen=True)
class Scalar:
    """One value: text, number, truth, or a JSON document compared as one."""

    type: type
    to: To | None = None
    equality: Equality = field(default_factory=Equality)
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Table:
    """A map from free keys to scalars, of which only those that the document names are managed, unless `whole`."""

    value: Scalar
    whole: bool = False


@dataclass(frozen=True)
class Many:
    """A list. With `key`, elements are told apart by those fields; `unordered` scalars are their own key."""

    item: "Scalar | Record"
    key: tuple[str, ...] = ()
    unordered: bool = False
    ordered: bool = False
    """Whether the order of elements that are told apart by a key means something."""

    @property
    def elementwise(self) -> bool:
        """Whether it is compared and written element by element."""
        return self.unordered or bool(self.key)


@dataclass(frozen=True)
class Field:
    """One field of a record: its name in the document, what it holds, where it is declared, and its words."""

    name: str
    shape: "Shape"
    spec: type[Spec]
    attribute: str
    required: bool
    immutable: bool = False
    named: Named | None = None
    unique: bool = False
    zone: bool = False
    write_only: WriteOnly | None = None
    aws: Aws = field(default_factory=Aws)
    server_managed: "ServerManaged | None" = None
    sole: bool = False
    inside: Inside | None = None
    disjoint: Disjoint | None = None
    form: Form | None = None
    between: Between | None = None
    one_way: OneWay | None = None
    interrupts: Interrupts | None = None
    excludes: tuple[Excludes, ...] = ()
    removable: bool = False
    shown_late: bool = False
    limits: tuple[Limit, ...] = ()
    default: Default | None = None
    computed: Computed | None = None

    def __str__(self) -> str:
        return f"{self.spec.__name__}.{self.name}"

    @property
    def doc(self) -> str:
        """What is said of it."""
        return field_docs(self.spec).get(self.attribute, "")

    @property
    def to(self) -> To | None:
        """The reference it is, directly or by its elements."""
        return _reference(self.shape)

    def left_to_aws(self, observed: Any) -> bool:
        """Whether what AWS shows is its own doing, where an element says nothing of it: a default, or a choice."""
        if self.computed or self.write_only or observed is None:
            return True
        match self.shape:
            case Record() as record:
                return all(record.fields[name].left_to_aws(value) for name, value in observed.items())
            case Scalar() as scalar:
                return scalar.equality.equal(None, observed)
        return self.default.equal(None, observed) if self.default else not observed


@dataclass(frozen=True)
class Record:
    """The fields of a spec by their names in the document. An element of a list, and what is in it, is `whole`: what
    the document leaves out is compared as well.
    """

    spec: type[Spec]
    fields: Mapping[str, Field]
    whole: bool = False

    def __hash__(self) -> int:
        return hash(self.spec)

    @cached_property
    def constraints(self) -> tuple[Rule, ...]:
        """How AWS wants its fields to go together."""
        return tuple(rule for spec in self.spec.__mro__ for rule in spec.__dict__.get("constraints", ()))

    @cached_property
    def references(self) -> tuple[tuple[tuple[str, ...], Field], ...]:
        """Every field that is a reference, at any depth, with its path."""
        return tuple(self._having(lambda part: part.to is not None))

    @cached_property
    def zones(self) -> tuple[tuple[tuple[str, ...], Field], ...]:
        """Every field that names a zone, at any depth, with its path."""
        return tuple(self._having(lambda part: part.zone))

    def _having(self, word: Callable[[Field], bool]) -> Iterator[tuple[tuple[str, ...], Field]]:
        for name, part in self.fields.items():
            inner = part.shape.item if isinstance(part.shape, Many) else part.shape
            if word(part):
                yield (name,), part
            elif isinstance(inner, Record):
                yield from (((name, *path), part) for path, part in inner._having(word))


Shape = Scalar | Table | Many | Record


@cache
def shape_of(spec: type[Spec], whole: bool = False) -> Record:
    """The shape of a spec, read from its annotations once. Raises `TypeError` for what has no shape."""
    fields = {}
    for attribute, described in spec.model_fields.items():
        name = described.alias or to_camel(attribute)
        words = list(described.metadata)
        shape = _shape(described.annotation, words, whole)
        to = _reference(shape)
        fields[name] = Field(
            name=name,
            shape=shape,
            spec=spec,
            attribute=attribute,
            required=described.is_required(),
            immutable=_word(words, Immutable) is not None,
            named=_word(words, Named),
            unique=_word(words, Unique) is not None,
            zone=_word(words, Zone) is not None,
            write_only=_word(words, WriteOnly),
            aws=_word(words, Aws) or Aws(_aws_name(attribute, to, isinstance(shape, Many))),
            server_managed=_word(words, ServerManaged),
            sole=_word(words, Sole) is not None,
            inside=_word(words, Inside),
            disjoint=_word(words, Disjoint),
            form=_word(words, Form),
            between=_word(words, Between),
            one_way=_word(words, OneWay),
            interrupts=_word(words, Interrupts),
            excludes=tuple(word for word in words if isinstance(word, Excludes)),
            removable=_word(words, Removable) is not None,
            shown_late=_word(words, ShownLate) is not None,
            limits=tuple(word for word in words if isinstance(word, Limit)),
            default=_word(words, Default),
            computed=_word(words, Computed),
        )
    return Record(spec, fields, whole)


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
    return next((candidate for candidate in words if isinstance(candidate, word)), None)


def _shape(annotation: Any, words: list[Any], whole: bool) -> Shape:
    annotation, inner_words = _bare(annotation)
    words = [*words, *inner_words]
    if get_origin(annotation) is list:
        item = _shape(get_args(annotation)[0], [], whole=True)
        keyed = _word(words, Keyed)
        if isinstance(item, Record) and any(isinstance(word, Unordered) for word in words):
            raise TypeError("a list of elements is told apart by Keyed, not by Unordered")
        assert isinstance(item, Scalar | Record)
        unordered = _word(words, Unordered) is not None
        return Many(item, keyed.key if keyed else (), unordered, keyed is not None and keyed.ordered)
    equality = _word(words, Equality) or (Name() if _word(words, Named) else None)
    if get_origin(annotation) is dict and equality is None:
        value = _shape(get_args(annotation)[1], [], whole)
        assert isinstance(value, Scalar)
        return Table(value, whole)
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return shape_of(annotation, whole)
    if get_origin(annotation) is Literal:
        return _choice(get_args(annotation), equality or Equality())
    return Scalar(annotation if isinstance(annotation, type) else dict, _word(words, To), equality or Equality())


def _choice(choices: tuple[Any, ...], equality: Equality) -> Scalar:
    """One of several values, which are all of one type."""
    types = {type(choice) for choice in choices}
    if len(types) != 1:
        raise TypeError(f"the choices of a field are of one type, not {choices}")
    return Scalar(types.pop(), None, equality, choices)


def _bare(annotation: Any) -> tuple[Any, list[Any]]:
    """The annotation without `Annotated` and `| None`, and the words found on the way."""
    words: list[Any] = []
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *outer = get_args(annotation)
            words.extend(outer)
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
    values = ((names[name], getattr(spec, name)) for name in type(spec).model_fields if name in spec.model_fields_set)
    return {name: _plain_value(value) for name, value in values if value is not None}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Spec):
        return tree_of(value)
    if isinstance(value, list):
        return [_plain_value(part) for part in value]
    return value
