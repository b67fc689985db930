"""Values that are not yet values: references to other nodes, look-ups, texts with holes, secrets.

The document's forms (see the user manual, "References"):

    main                                        the node `main` of the one kind that can be meant
    Vpc/main                                    the same, with its kind
    {id: vpc-0abc}                              live, not ours: a plain value from then on
    {stack: network, name: main}                what another stack owns
    {find: {isDefault: true}}                   looked up among what is live
    {find: {…}, region: us-east-1}              the same in another region; so with {stack: …}
    {from: Vpc/main, attribute: cidrBlock}      an attribute that may be known only after creation
    {text: "host=${db}", with: {db: {from: …}}} such attributes inside a longer text
    {secret: {env: NAME}}                       a secret, read at the moment of the call and never printed
    {secret: {secretKeyRef: {name: N, key: K}}} the same, from a Kubernetes Secret beside the Stack
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from string import Template
from typing import Any, NamedTuple

from pydantic_core import PydanticCustomError


class Address(NamedTuple):
    """A node's place in the document, printed `Kind/name`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `Kind/name`; raises `PydanticCustomError` when it is anything else."""
        kind, slash, name = text.partition("/")
        if not (kind and slash and name):
            raise PydanticCustomError("address", 'write a node as "Kind/name", not "{text}"', {"text": text})
        return cls(kind, name)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """The value of one attribute of one node of this stack; `id` is what a plain reference means."""

    address: Address
    attribute: str = "id"

    def __str__(self) -> str:
        return f"{self.address}.{self.attribute}"


@dataclass(frozen=True, slots=True)
class Foreign:
    """The value of one attribute of a node that another stack owns, found by its owner tags."""

    stack: str
    address: Address
    attribute: str = "id"
    region: str = ""
    """Where it is, if not in the stack's own region."""

    def __str__(self) -> str:
        return f"{self.stack}:{self.address}.{self.attribute}"


@dataclass(frozen=True, slots=True)
class Lookup:
    """The one live thing of a kind whose fields or tags equal `query`; ours or not."""

    kind: str
    query: tuple[tuple[str, str | bool | int], ...]
    attribute: str = "id"
    region: str = ""
    """Where it is looked up, if not in the stack's own region."""

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(f'{key}={value}' for key, value in self.query)})"


@dataclass(frozen=True, slots=True)
class Text:
    """A text with `${holes}`; a hole that `parts` does not name stays as it is written."""

    text: str
    parts: tuple[tuple[str, "Expression"], ...]

    def __str__(self) -> str:
        return self.fill(lambda part: f"${{{part}}}")

    def fill(self, value_of: Callable[["Expression"], object]) -> str:
        """The text with each named hole replaced by `value_of(expression)`."""
        return Template(self.text).safe_substitute({name: str(value_of(part)) for name, part in self.parts})


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is kept. The secret itself is never part of a document, a plan or a diff."""

    store: str
    name: str
    key: str = ""

    def __str__(self) -> str:
        return "(secret)"


def json_text(value: Any) -> str:
    """A JSON document as one line of text."""
    return json.dumps(value, separators=(",", ":"))


@dataclass(frozen=True, eq=False, slots=True)
class Encoded:
    """A value that AWS takes in a form of its own and that still has expressions inside; made by a kind's calls."""

    document: Any
    write: Callable[[Any], Any] = json_text
    """Makes AWS's form of the value, once it is whole."""

    def __str__(self) -> str:
        return "(encoded)"


@dataclass(frozen=True, slots=True)
class Token:
    """What AWS knows a create call by that is made again: it makes nothing twice for one token.

    Made when the call is, of the node and of all else that the call says, so that every try has the same one.
    """

    def __str__(self) -> str:
        return "(token)"


Expression = Placeholder | Foreign | Lookup | Text | Secret | Encoded | Token
EXPRESSIONS = (Placeholder, Foreign, Lookup, Text, Secret, Encoded, Token)


def _fault(message: str) -> PydanticCustomError:
    return PydanticCustomError("expression", message)


def _only(raw: Mapping[str, Any], required: AbstractSet[str], optional: AbstractSet[str] = frozenset()) -> bool:
    keys = set(raw)
    return required <= keys <= required | optional


def parse_expression(raw: Mapping[str, Any]) -> Expression:
    """Read a mapping that stands where a scalar belongs; raises `PydanticCustomError` with the forms allowed."""
    if _only(raw, {"from", "attribute"}) and all(isinstance(part, str) for part in raw.values()):
        return Placeholder(Address.parse(raw["from"]), raw["attribute"])
    if _only(raw, {"text"}, {"with"}) and isinstance(raw["text"], str):
        return _parse_text(raw["text"], raw.get("with") or {})
    if _only(raw, {"secret"}) and isinstance(raw["secret"], Mapping):
        return _parse_secret(raw["secret"])
    raise _fault(
        "a mapping is only allowed here in the form {from: Kind/name, attribute: …}, "
        "{text: …, with: {…}} or {secret: {…}}"
    )


def nested_expressions(raw: Any) -> Any:
    """A free-form document with every mapping that has the form of an expression read as one."""
    if isinstance(raw, Mapping):
        if any(_only(raw, form) for form in ({"from", "attribute"}, {"text", "with"}, {"secret"})):
            return parse_expression(raw)
        return {key: nested_expressions(part) for key, part in raw.items()}
    return [nested_expressions(part) for part in raw] if isinstance(raw, list) else raw


def _parse_text(text: str, parts: object) -> Text:
    if not isinstance(parts, Mapping) or not all(isinstance(part, Mapping) for part in parts.values()):
        raise _fault("`with` maps each `${…}` in the text to {from: Kind/name, attribute: …}")
    return Text(text, tuple((str(name), parse_expression(part)) for name, part in parts.items()))


def _parse_secret(raw: Mapping[str, Any]) -> Secret:
    if _only(raw, {"env"}):
        return Secret("env", *_texts(raw, "env"))
    if _only(raw, {"secretsManager"}, {"key"}):
        return Secret("secretsManager", *_texts(raw, "secretsManager", "key"))
    if _only(raw, {"secretKeyRef"}):
        return _parse_secret_key(raw["secretKeyRef"])
    raise _fault(
        "a secret is written as {secret: {env: NAME}}, {secret: {secretsManager: name, key: …}} "
        "or {secret: {secretKeyRef: {name: …, key: …}}}"
    )


def _parse_secret_key(raw: object) -> Secret:
    """Read which key of which Kubernetes Secret is meant; a Secret has no value but by its keys."""
    if isinstance(raw, Mapping) and _only(raw, {"name", "key"}):
        return Secret("secretKeyRef", *_texts(raw, "name", "key"))
    raise _fault("`secretKeyRef` names a Kubernetes Secret and one of its keys: {name: …, key: …}")


def _texts(raw: Mapping[str, Any], *names: str) -> list[str]:
    if not all(isinstance(part, str) and part for part in raw.values()):
        raise _fault("the parts of a secret reference must be strings")
    return [raw[name] for name in names if name in raw]


def parse_reference(raw: object, kinds: tuple[str, ...], attribute: str, region: str = "") -> Expression | str:
    """Read a reference to one of `kinds`; a live `{id: …}` comes back as the plain id.

    What is looked for in AWS is looked for in the region that the document names, or else in `region`.
    """
    if isinstance(raw, EXPRESSIONS):
        return raw
    if isinstance(raw, str):
        return Placeholder(_address(raw, kinds), attribute)
    if isinstance(raw, Mapping):
        return _parse_reference_mapping(raw, kinds, attribute, region)
    raise _fault(f"a reference to {' or '.join(kinds)} is a name, {{id: …}}, {{stack: …, name: …}} or {{find: …}}")


def _address(text: str, kinds: tuple[str, ...]) -> Address:
    if "/" not in text and len(kinds) == 1:
        return Address(kinds[0], text)
    if "/" not in text:
        raise _fault(f"the kind is ambiguous: write {' or '.join(f'{kind}/{text}' for kind in kinds)}")
    address = Address.parse(text)
    if address.kind not in kinds:
        raise _fault(f"this must refer to {' or '.join(kinds)}, not to {address.kind}")
    return address


def _parse_reference_mapping(
    raw: Mapping[str, Any], kinds: tuple[str, ...], attribute: str, region: str
) -> Expression | str:
    if not isinstance(raw.get("region", ""), str):
        raise _fault("the region of a reference is a name, such as eu-west-1")
    if _only(raw, {"id"}) and isinstance(raw["id"], str) and raw["id"]:
        return str(raw["id"])
    region = raw.get("region", region)
    if _only(raw, {"stack", "name"}, {"region"}) and all(isinstance(part, str) for part in raw.values()):
        return Foreign(raw["stack"], _address(raw["name"], kinds), attribute, region)
    if _only(raw, {"find"}, {"region"}) and isinstance(raw["find"], Mapping) and raw["find"]:
        if not all(isinstance(value, str | bool | int) for value in raw["find"].values()):
            raise _fault("a value in `find` must be a string, a number or true/false")
        return Lookup(kinds[0], tuple(sorted(raw["find"].items())), attribute, region)
    return parse_expression(raw)


def expressions_in(value: object) -> Iterator[Expression]:
    """Every expression inside a tree of mappings and lists, the parts of a text included, in order."""
    if isinstance(value, EXPRESSIONS):
        yield value
    for part in _inside(value):
        yield from expressions_in(part)


def _inside(value: object) -> Iterable[object]:
    match value:
        case str():  # what nearly all values are
            return ()
        case Text(parts=parts):
            return [part for _, part in parts]
        case Encoded(document=document):
            return [document]
        case Mapping():
            return value.values()
        case list() | tuple():
            return value
        case _:
            return ()


def placeholders_in(value: object) -> Iterator[Placeholder]:
    """Every placeholder inside a tree, in order."""
    return (part for part in expressions_in(value) if isinstance(part, Placeholder))


def replace_expressions(value: Any, by: Callable[[Expression], Any]) -> Any:
    """The same tree with every expression replaced by what `by` returns for it."""
    if isinstance(value, str):  # what nearly all values are
        return value
    if isinstance(value, EXPRESSIONS):
        return by(value)
    if isinstance(value, Mapping):
        return {key: replace_expressions(part, by) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [replace_expressions(part, by) for part in value]
    return value
