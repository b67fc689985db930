"""The mistakes in a document in words for people: what is wrong with a value, and what would be right."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from controller.core.document.part import Part
from controller.core.document.problem import Loc, near, quoted
from controller.core.document.schema import PATTERNS
from controller.core.model.documented import field_docs
from controller.core.model.shape import Many, Record
from controller.core.model.spec import Sensitive, Spec, WriteOnly

_WANTED = {
    "string_type": "a string",
    "bool_type": "true or false",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
_TRUTHS = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}


def told(error: dict[str, Any], part: Part, secret: bool) -> tuple[str, str]:
    """What is wrong with a value, and what would be right; the value of a secret is not told."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _WANTED:
        value = _sort(part) if secret else shown(part)
        return f"expected {_WANTED[kind]}, found {value}", "" if secret else _remedy(kind, part)
    if secret and kind != Sensitive.FAULT:
        return "the value is not valid; it is not shown because it may be secret", ""
    if kind in ("literal_error", "enum"):
        known = re.findall(r"'([^']*)'", context["expected"])
        return f"{shown(part)} is not one of {', '.join(known)}", near(str(part.value), known)
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        return f"{shown(part)} is not valid", PATTERNS.get(pattern, f"it must match {pattern}")
    message = str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "the value should be")
    return message[:1].lower() + message[1:] if message.startswith(("String", "List", "Dict")) else message, ""


def _remedy(kind: str, part: Part) -> str:
    """How the value would be written right, where that can be seen."""
    value = part.value
    if kind == "string_type" and value is not None and not isinstance(value, dict | list):
        return f"write it in quotes: {quoted(part.text)}"
    if kind == "bool_type" and str(value).lower() in _TRUTHS:
        return f"write {_TRUTHS[str(value).lower()]} without quotes"
    if kind in ("int_type", "float_type") and isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return f"write {int(value)} without quotes"
    return f"write [{part.text}]" if kind == "list_type" and isinstance(value, str | int) else ""


def _sort(part: Part) -> str:
    """What sort of value it is, without the value."""
    match part.value:
        case None:
            return "nothing"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list" if part.value else "an empty list"
        case _:
            return "a mapping" if part.value else "an empty mapping"


def shown(part: Part) -> str:
    """A value as a message shows it: a scalar as it is written, anything else by its sort."""
    match part.value:
        case bool() | int() | float() as scalar:
            return part.text or str(scalar)
        case str() as text:
            return quoted(text)
        case _:
            return _sort(part)


def written(part: Part, key: str) -> str:
    """What stands under a key, as a message shows it."""
    return shown(part.parts[key]) if key in part.parts else "missing"


def meant(loc: Loc, fields: list[str]) -> str:
    """Which field may have been meant, or which there are."""
    listed = ", ".join(fields[:12]) + (", …" if len(fields) > 12 else "")
    return near(str(loc[-1]), fields) or f"the fields are {listed}"


def is_secret(shape: Any, loc: Loc) -> bool:
    """Whether a field on the way is one that AWS never shows."""
    for step in loc:
        if isinstance(step, str) and isinstance(shape, Record) and step in shape.fields:
            if shape.fields[step].write_only == WriteOnly():
                return True
            inner = shape.fields[step].shape
            shape = inner.item if isinstance(inner, Many) else inner
    return False


def fields_at(model: Any, loc: Loc, top: tuple[str, ...] = ()) -> list[str]:
    """The fields of the model that stands at `loc` within another."""
    extra = top if not loc and issubclass(model, Spec) else ()
    holder = _model_at(model, loc)
    return [*((part.alias or name) for name, part in holder.model_fields.items()), *extra] if holder else []


def described(model: Any, loc: Loc) -> str:
    """The first line of what the field's documentation says."""
    holder = _model_at(model, loc[:-1])
    names = [name for name, part in holder.model_fields.items() if part.alias == loc[-1]] if holder else []
    texts = [field_docs(holder).get(name) for name in names] if holder else []
    return f"it is: {texts[0].splitlines()[0]}" if texts and texts[0] else ""


def _model_at(model: Any, loc: Loc) -> type[BaseModel] | None:
    for step in loc:
        if isinstance(step, str) and model:
            parts = [part.annotation for part in model.model_fields.values() if part.alias == step]
            model = next((inner for part in parts for inner in _models_in(part)), None)
    return model if isinstance(model, type) else None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
