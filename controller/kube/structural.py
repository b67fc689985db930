"""From the JSON Schema of a document to a structural schema, the only sort that Kubernetes takes.

A structural schema has no `$ref`, gives every value one type, and knows no "a text or a mapping". Nearly every scalar
of a document may also be an expression, and a reference a mapping. Such a value has no type here: anything is let
through (`x-kubernetes-preserve-unknown-fields`), its description begins with what it holds, and rules that bite one
type alone refuse what is surely wrong, where the API server's words for it are clear. What this lets through by
mistake, the operator refuses in the words of `holdfast validate`.
"""

import re
from collections.abc import Callable
from typing import Any

from controller.core.model.limits import LIMITED
from controller.core.model.shape import Tree

OPEN: Tree = {"x-kubernetes-preserve-unknown-fields": True}
"""Anything at all."""
_FORMS = frozenset({"File", "Folder", "Expression"})
"""What may stand in place of a value."""
_RULES = frozenset(
    {"enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "minProperties"}
)
_WORDS = {"string": "text", "integer": "number", "number": "number", "boolean": "true/false"}
"""What a scalar is called, in the words of docs/kinds.md."""
_NO_TEXT = {
    "boolean": "^true or false, without quotes$",
    "integer": "^a number, without quotes$",
    "number": "^a number, without quotes$",
}
"""Refuses a text where none belongs. The API server prints the pattern, so it is written to be read."""


def whole(text: str) -> str:
    """A description as it is, on one line."""
    return " ".join(text.split())


def in_short(text: str) -> str:
    """The first sentence of a description, up to a semicolon; the rest is in docs/kinds.md."""
    line = whole(text)
    sentence = re.match(r".+?(?=[.!?;] [^a-z]|; |[.!?]?$)", line)
    return f"{sentence[0]}." if sentence else line


class Structural:
    """Turns parts of a JSON Schema with these definitions into structural ones, with as much of their descriptions.

    Defaults are left out: Kubernetes would write them into the object, and what is set is managed.
    """

    def __init__(self, definitions: Tree, told: Callable[[str], str] = whole) -> None:
        self._definitions = definitions
        self._told = told

    def part(self, part: Tree) -> Tree:
        """The structural form of any part, with its description."""
        word = self._word(part)
        part, is_open = self._resolved(part)
        description = f"({word}) " * bool(word) + self._told(part.get("description", ""))
        return {"description": description, **self._form(part, is_open)}

    def _bare(self, part: Tree) -> Tree:
        """An element of a list or a map: it is told of where the list or the map is described."""
        return self._form(*self._resolved(part))

    def _resolved(self, part: Tree) -> tuple[Tree, bool]:
        """The part with what it refers to in its place, and whether other forms than its own may stand there.

        It has no limits: AWS revises them, and only `holdfast validate` judges them.
        """
        part, is_open = self._as_declared(part)
        limits = part.get(LIMITED, ())
        return {key: rule for key, rule in part.items() if key != LIMITED and key not in limits}, is_open

    def _as_declared(self, part: Tree) -> tuple[Tree, bool]:
        """The same with its limits."""
        if "x-reference" in part:
            return {**part, "type": "reference"}, True
        if "$ref" in part:
            target, is_open = self._as_declared(self._definitions[_target(part)])
            return _merged(target, {key: inner for key, inner in part.items() if key != "$ref"}), is_open
        if "anyOf" in part:
            (own,) = [form for form in part["anyOf"] if _target(form) not in _FORMS]
            return {**own, **{key: inner for key, inner in part.items() if key != "anyOf"}}, True
        return part, False

    def _form(self, part: Tree, is_open: bool) -> Tree:
        match part["type"]:
            case "object":
                return {"type": "object", **_rules(part), **self._inside(part)}
            case "array":
                return {"type": "array", **_rules(part), "items": self._bare(part["items"])}
            case "reference":
                return {**OPEN, "minLength": 1}
            case _ if is_open:
                return {**OPEN, **_rules_of_open(part)}
            case of_one_type:
                return {"type": of_one_type, **_rules(part)}

    def _inside(self, part: Tree) -> Tree:
        """What a mapping holds: fields, or values under free keys, or anything."""
        if value := _value(part):
            return {"additionalProperties": self._bare(value)}
        if "properties" not in part:
            return OPEN
        required = {"required": part["required"]} if part.get("required") else {}
        return {**required, "properties": {name: self.part(field) for name, field in part["properties"].items()}}

    def _word(self, part: Tree) -> str:
        """What a value holds, where its structural type does not tell."""
        part, is_open = self._resolved(part)
        match part["type"]:
            case "reference":
                return f"→ {' or '.join(part['x-reference'])}"
            case "array":
                return _several("list", self._word(part["items"]))
            case "object" if value := _value(part):
                return _several("map", self._word(value))
            case "object":
                return "" if "properties" in part else "JSON" if "x-json" in part else "secret"
            case _:
                return _scalar_word(part) if is_open else ""


def _target(part: Tree) -> str:
    """The name of the definition that it refers to."""
    return str(part.get("$ref", "")).rpartition("/")[2]


def _merged(target: Tree, over: Tree) -> Tree:
    """A definition and what is said beside a reference to it, which is more exact."""
    both = target.keys() & over.keys()
    inner = {key: _merged(target[key], over[key]) for key in both if isinstance(target[key], dict)}
    return {**target, **over, **inner}


def _value(part: Tree) -> Tree | None:
    """What stands under the free keys of a mapping, also where only some keys make sense."""
    free = [*part.get("patternProperties", {}).values(), part.get("additionalProperties")]
    return free[0] or None


def _rules(part: Tree) -> Tree:
    return {key: rule for key, rule in part.items() if key in _RULES}


def _rules_of_open(part: Tree) -> Tree:
    """Rules that let every mapping pass, and refuse a scalar in words that say what would be right.

    A choice is a pattern: `enum` would refuse mappings, and within `anyOf` the API server's words for it are poor.
    """
    rules = {key: rule for key, rule in _rules(part).items() if key != "enum"}
    types, choices = _types(part), _choices(part)
    if types == ["string"] and choices:
        rules["pattern"] = f"^({'|'.join(map(_literally, choices))})$"
    elif "string" not in types:
        rules["pattern"] = _NO_TEXT[types[0]]
    return rules


def _choices(part: Tree) -> list[Any]:
    return [part["const"]] if "const" in part else list(part.get("enum", []))


def _types(part: Tree) -> list[str]:
    return list(part["type"]) if isinstance(part["type"], list) else [part["type"]]


def _several(what: str, word: str) -> str:
    return f"{what} of {word}" if word else ""


def _scalar_word(part: Tree) -> str:
    choices = [str(choice).lower() if isinstance(choice, bool) else str(choice) for choice in _choices(part)]
    return " | ".join(choices) or " or ".join(dict.fromkeys(_WORDS[word] for word in _types(part)))


def _literally(choice: str) -> str:
    """The choice within a pattern, with nothing escaped that reads well without."""
    return re.sub(r"[][\\.^$*+?(){}|]", r"\\\g<0>", choice)
