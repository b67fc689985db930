"""Specs and the words of a field: what a kind's pydantic model says about each of its fields.

A spec is a pydantic model whose annotations carry words (`To`, `Immutable`, `Keyed`, …) and equalities
(`core/model/equality.py`). `core/model/shape.py` reads them once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.core.model.documented import Documented
from controller.core.model.equality import optional
from controller.core.model.limits import Legal
from controller.core.model.reference import (
    EXPRESSIONS,
    Expression,
    Placeholder,
    Secret,
    expressions_in,
    parse_expression,
    parse_reference,
)
from controller.core.model.rules import Rule

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


class Spec(Documented):
    """What a document may say about one node, or about one element of it.

    Field names are AWS's own in camelCase. Every scalar also takes an expression (`core/model/reference.py`).
    Only the fields that are set are managed.
    """

    # How AWS wants its fields to go together, beside what the specs say that it is made from.
    constraints: ClassVar[tuple[Rule, ...]] = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        opened: CoreSchema = _open(handler(source))
        return opened

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        made = super().__get_pydantic_json_schema__(schema, handler)
        rules = [
            told for spec in cls.__mro__ for rule in spec.__dict__.get("constraints", ()) if (told := rule.schema)
        ]
        if rules:
            handler.resolve_ref_schema(made)["allOf"] = rules
        return made


class Tagged(Spec):
    """The spec of a kind that takes tags; they are kept apart from the fields from here on."""

    tags: dict[str, str] | None = None
    """Tags in addition to the stack's. Only those named here are managed, others on the resource are left alone."""


# --- words of a field -------------------------------------------------------------------------------------


@dataclass(frozen=True, init=False)
class To:
    """A reference to a node of one of `kinds`, by `attribute`.

    `gives`: the referring node completes what it refers to, as a route table does for its subnets; others
    that use the target wait for it by preference, and it is taken away after them. `dangles`: AWS lets what it
    refers to go away, so that it proves nothing. `region`: where AWS wants the target, if not where the node is.
    """

    kinds: tuple[str, ...]
    attribute: str
    gives: bool
    dangles: bool
    region: str

    def __init__(
        self, *kinds: str, attribute: str = "id", gives: bool = False, dangles: bool = False, region: str = ""
    ) -> None:
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "attribute", attribute)
        object.__setattr__(self, "gives", gives)
        object.__setattr__(self, "dangles", dangles)
        object.__setattr__(self, "region", region)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def parse(raw: object) -> Any:
            return parse_reference(raw, self.kinds, self.attribute, self.region)

        return optional(source, core_schema.no_info_plain_validator_function(parse))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"x-reference": list(self.kinds)}


@dataclass(frozen=True)
class Immutable:
    """AWS cannot change it: another value needs a replacement."""


class Span(IntEnum):
    """Where no two things have the same name."""

    REGION = 1
    """In one region of one account."""
    ACCOUNT = 2
    """In one account."""
    WORLD = 3
    """In all accounts."""


@dataclass(frozen=True)
class Named:
    """AWS wants a name of at most `limit` characters: unset, it is `<stack>-<name>`, with a hash where that could be
    another node's too (see `controller/core/model/naming.py`).

    No two things within `span` have the same name where `within` has the same value. A replacement varies a name that
    the document leaves open; one that the document fixes stands in its way. `legal` says which names AWS takes, where
    one that is left open could be another.
    """

    limit: int
    within: str = ""
    legal: Legal | None = None
    span: Span = Span.REGION


@dataclass(frozen=True)
class Zone:
    """A zone of the node's region, by its name, which begins with that of the region."""

    EVERY: ClassVar[str] = "all"
    """Stands for no single zone."""


@dataclass(frozen=True)
class Unique:
    """No two live things may have the same value, so a replacement that keeps it deletes first."""


@dataclass(frozen=True)
class WriteOnly:
    """Sent when the node is made, not compared, never printed; `why` it cannot be compared."""

    why: str = "AWS never returns it"


@dataclass(frozen=True)
class WriteSetting(WriteOnly):
    """It says how writes are made, not what is there: nothing to compare, and the plan does not mention it."""

    why: str = ""


@dataclass(frozen=True)
class ShownLate:
    """AWS shows it only once it has made the thing; not shown, it is not compared, and the plan says so."""


@dataclass(frozen=True)
class Removable:
    """A structure that AWS may be without: written as `{}` it is taken away."""


@dataclass(frozen=True, init=False)
class Aws:
    """AWS's name where it is not the field's name in PascalCase; dots lead into structures, `[0]` into a list.

    `write` names the parameter where AWS reads and writes under different names. Several names with the
    predicates that choose among them make an alternative: `Aws(CidrIp=is_ipv4, CidrIpv6=is_ipv6)`; with `write`
    the predicates choose only what is read.
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
    """A list of elements told apart by the values of the fields `key`; order means nothing, unless it is `ordered`.

    With or without a key, an element is compared whole: what it leaves out, AWS has put to its default. That is in an
    equality of the member (`Default`, `Blank`), or none; a member that AWS fills in otherwise is `Computed`.
    """

    key: tuple[str, ...]
    ordered: bool
    """AWS acts on the order: another one is a difference."""

    def __init__(self, *key: str, ordered: bool = False) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "ordered", ordered)


@dataclass(frozen=True)
class ServerManaged:
    """Elements that AWS itself puts there and takes away; `test` sees AWS's own form of the element."""

    test: Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Sole:
    """An element is in one such list at a time: adding it here takes it from where it was."""


@dataclass(frozen=True)
class Form:
    """AWS's own form of the value: `read` makes the document's of it, `write` AWS's."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


@dataclass(frozen=True)
class Between:
    """AWS may move the number itself, between the values of the fields `least` and `most`: that is no drift."""

    least: str
    most: str


@dataclass(frozen=True)
class Computed:
    """Where an element of a list says nothing of it, AWS chooses the value: any is as good. `why` says how it does.

    Everything else that an element leaves out is AWS's `Default`, or not there: see `Keyed`.
    """

    why: str


@dataclass(frozen=True)
class OneWay:
    """AWS changes it in one direction only: `back` tells of a desired and a live value whether the change leads back.

    Such a change is never asked for: AWS would refuse it, and all that the same call is to set with it.
    """

    back: Callable[[Any, Any], bool]
    why: str
    """What AWS does not do, in words for people."""


@dataclass(frozen=True, init=False)
class Excludes:
    """AWS takes the field only without these members of the same structure: what is live there does not stay.

    They have AWS's names in a write, with dots into structures; some may be fields, others are not in the spec.
    `when` tells of a value whether they have to go.
    """

    members: tuple[str, ...]
    when: Callable[[Any], bool]

    def __init__(self, *members: str, when: Callable[[Any], bool] = lambda value: True) -> None:
        object.__setattr__(self, "members", members)
        object.__setattr__(self, "when", when)


@dataclass(frozen=True)
class Interrupts:
    """A change of the value interrupts what the thing does: the plan and the manual say how.

    `when` tells of a desired and a live value whether that change does.
    """

    how: str
    """What happens, in words for people."""
    page: str
    """Where AWS says so."""
    when: Callable[[Any, Any], bool] = lambda desired, observed: True
    beforehand: bool = False
    """The thing is interrupted before AWS says whether it makes the change: one that it refused is not asked for
    again by itself."""


@dataclass(frozen=True)
class Sensitive:
    """A secret: a document only says where it is kept, never what it is."""

    FAULT: ClassVar[str] = "sensitive"
    """The type of the error for everything else; its message has nothing of what stands there."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return optional(source, core_schema.no_info_plain_validator_function(self._check))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "object"}

    @staticmethod
    def _check(raw: Any) -> Any:
        expression = _kept_elsewhere(raw)
        if expression is None:
            message = (
                "a secret must not appear in a document; write {secret: {env: NAME}}, "
                "{secret: {secretsManager: name, key: …}} or {secret: {secretKeyRef: {name: …, key: …}}}"
            )
            raise PydanticCustomError(Sensitive.FAULT, message)
        return expression


def _kept_elsewhere(raw: Any) -> Expression | None:
    """The expression that says where a secret is; None for everything else, such as a text that is all there."""
    if not isinstance(raw, Mapping):
        return None
    try:
        expression = parse_expression(raw)
    except PydanticCustomError:  # its words may have the secret in them
        return None
    return expression if any(isinstance(part, Secret | Placeholder) for part in expressions_in(expression)) else None


@dataclass(frozen=True)
class Inside:
    """The range of addresses lies inside one of those that `fields` of the node behind `reference` name."""

    reference: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Disjoint:
    """The range of addresses overlaps none of the other nodes' with the same value of the field `within`."""

    within: str
