"""What AWS's own models have against the parameters of a call, told offline: by botocore's validator, and beyond it.

botocore judges types, what is missing and what is too short. The models also say what is too long, which values there
are and which texts AWS takes; for the sake of older models botocore leaves that to AWS, which says it when a call is
made. Here it is judged where the model can be relied on: no valid call is refused.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from controller.aws.client.models import operation_exists, operation_model
from controller.core.model.call import Complaint


class Unknown:
    """Stands for a value that nobody knows yet: it is not judged, whatever belongs there."""


UNKNOWN = Unknown()
OPEN_FROM = 30
"""An enumeration of more values is one that AWS adds to all the time, such as the types of instances."""
_UNLIKE_JAVA = re.compile(r"\\p|\\P|&&|\[\[|\\u[dD][89a-fA-F]")
"""What Python's expressions do not have, or have otherwise: scripts, intersections, halves of characters."""


def complaints(service: str, operation: str, parameters: Mapping[str, Any]) -> list[Complaint]:
    """What is wrong with the parameters; empty when nothing is. What botocore fills in itself is not missed."""
    if not operation_exists(service, operation):
        return [Complaint("", f"AWS has no operation {service}:{operation}")]
    model = operation_model(service, operation)
    shape, given = model.input_shape, {**dict.fromkeys(model.idempotent_members, UNKNOWN), **parameters}
    return [*malformed(shape, given), *(_beyond(shape, given, "") if shape else ())]


def malformed(shape: Shape | None, parameters: Mapping[str, Any]) -> list[Complaint]:
    """What keeps botocore from making a call."""
    if shape is None:
        return [Complaint(name, "is not a parameter here") for name in parameters]
    report = ParamValidator().validate(dict(parameters), shape)
    # The report's own text repeats the values, and a value may be a secret: its parts are not public.
    known = [error for error in report._errors if not isinstance(error[2].get("param"), Unknown)]
    return [_told(*error) for error in known]


# --- what botocore judges ---------------------------------------------------------------------------------


def _told(reason: str, path: str, facts: Mapping[str, Any]) -> Complaint:
    """One of botocore's errors, without the value."""
    where, hint = path.lstrip("."), ""
    match reason:
        case "missing required field":
            where, why = _join(where, facts["required_name"]), "is missing"
        case "unknown field":
            where, why = _join(where, facts["unknown_param"]), f"is not a parameter here{_meant(facts)}"
        case "invalid type" | "invalid type for document":
            why = f"must be {_types(facts)}, not {_sort(facts.get('param'))}"
        case "invalid range":
            why = f"must be at least {facts['min_allowed']}"
        case "invalid length":
            empty = facts["param"] == 0  # the length, not the value
            why = "must not be empty" if empty else f"must have a length of at least {facts['min_allowed']}"
            hint = "fill it in, or omit the field" if empty else ""
        case "more than one input" | "empty input":
            takes = "needs one of" if reason == "empty input" else "takes only one of"
            why = f"{takes} {', '.join(facts['members'])}"
        case _:
            why = reason
    return Complaint(where, why, hint)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _meant(facts: Mapping[str, Any]) -> str:
    near = get_close_matches(str(facts["unknown_param"]), facts["valid_names"], n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _types(facts: Mapping[str, Any]) -> str:
    names = [re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", name) for name in facts["valid_types"]]
    return "a number" if "float" in names else " or ".join(dict.fromkeys(_SORTS.get(name, name) for name in names))


_SORTS = {
    "bool": "true or false",
    "bytearray": "bytes",
    "bytes": "bytes",
    "datetime": "a time",
    "dict": "a mapping",
    "file-like object": "bytes",
    "float": "a number",
    "int": "an integer",
    "list": "a list",
    "str": "a string",
    "timestamp-string": "a time",
    "tuple": "a list",
}
"""Types of Python as a document calls what they hold."""


def _sort(value: Any) -> str:
    names = (_SORTS.get(sort.__name__) for sort in type(value).__mro__)
    return next(filter(None, names), "nothing")


# --- what it leaves to AWS --------------------------------------------------------------------------------


def _beyond(shape: Shape, value: Any, path: str) -> Iterator[Complaint]:
    """What is too long, too large, no value of an enumeration, or not of the form that AWS takes."""
    yield from _too_much(shape, value, path)
    if isinstance(value, str) and shape.type_name == "string":
        yield from _no_such_text(shape, value, path)
    if isinstance(shape, ListShape) and isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _beyond(shape.member, item, f"{path}[{number}]")
    if isinstance(shape, StructureShape | MapShape) and isinstance(value, Mapping):
        members = shape.members if isinstance(shape, StructureShape) else dict.fromkeys(value, shape.value)
        for name in (name for name in value if name in members):
            yield from _beyond(members[name], value[name], _join(path, name))


def _too_much(shape: Shape, value: Any, path: str) -> Iterator[Complaint]:
    most = shape.metadata.get("max")
    match value:
        case str() if shape.type_name != "string":
            return  # a time, or bytes in base64
        case str() | list() | tuple() if most is not None and len(value) > most:
            yield Complaint(path, f"must have a length of at most {most}")
        case int() | float() if most is not None and value > most:
            yield Complaint(path, f"must be at most {most}")


def _no_such_text(shape: Shape, value: str, path: str) -> Iterator[Complaint]:
    known, form = getattr(shape, "enum", []), _form(shape.metadata.get("pattern", ""))
    if 0 < len(known) <= OPEN_FROM and value not in known:
        near = get_close_matches(value, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "a newer version of botocore may know more of them"
        yield Complaint(path, f"must be one of {', '.join(known)}", hint)
    elif form and not form.fullmatch(value):
        yield Complaint(path, f"must match {form.pattern}")


@cache
def _form(pattern: str) -> re.Pattern[str] | None:
    """What AWS's pattern is in Python; None where it has none, or one that another program would judge otherwise."""
    if not pattern or _UNLIKE_JAVA.search(pattern) or _repeats_repetitions(pattern):
        return None
    try:
        return re.compile(pattern, re.ASCII | re.DOTALL)
    except re.error:
        return None


def _repeats_repetitions(pattern: str) -> bool:
    """Whether a group is repeated in which something is: a text that does not match could take forever."""
    repeating, depth = [False], 0
    plain = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", pattern, flags=re.DOTALL)
    for place, letter in enumerate(plain):
        repeated = plain[place + 1 : place + 2] in {"*", "+", "{"}
        if letter == "|":
            repeating[-1] = True  # its branches may match the same
        elif letter == "(":
            depth, repeating = depth + 1, [*repeating, False]
        elif letter == ")" and depth:
            depth, inner = depth - 1, repeating.pop()
            if inner and repeated:
                return True
            repeating[-1] |= inner or repeated
        else:
            repeating[-1] |= repeated
    return False
