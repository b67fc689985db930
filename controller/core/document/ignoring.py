"""Whether a path in `lifecycle.ignore` names something that the kind has, and what would be right where it does not.

Which elements there are nobody knows offline: of their keys only the form is looked at. Any field of the kind can be
named, also one that AWS never shows.
"""

import re
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from controller.core.document import mistakes
from controller.core.document.part import Part
from controller.core.document.problem import WHOLE_FILE, near, quoted
from controller.core.document.schema import TagKey
from controller.core.model.equality import Cidr
from controller.core.model.paths import written_steps
from controller.core.model.shape import Many, Record, Scalar, Shape, Table

_TAG: TypeAdapter[str] = TypeAdapter(TagKey)
_ALL = "[]"
_EXPRESSION = r".*\$\{.*|(?:.*:)?[A-Z]\w*[/(].*"
"""How a plan calls an element by what the document has in place of a value: `ElasticIp/nat.publicIp`."""


class Wrong(NamedTuple):
    """What is wrong with a path, and what would be right."""

    message: str
    hint: str


def wrong_path(shape: Record, path: str) -> Wrong | None:
    """What is wrong with a path into this shape; None where it names something."""
    first, *rest = written_steps(path) or ("",)
    if not first:
        hint = "write it like threshold, website.errorDocument, routes[0.0.0.0/0] or routes[].natGateway"
        return Wrong(f"{quoted(path)} is not a path", hint)
    return _field(shape, "", [first, *rest])


def _inside(shape: Shape, done: str, steps: list[str]) -> Wrong | None:
    """The steps that are left, within what the path has named so far."""
    match shape:
        case _ if not steps:
            return None
        case Record():
            return _field(shape, done, steps)
        case Table():
            return _entry(done, steps)
        case Many() if shape.elementwise or isinstance(shape.item, Record):
            return _element(shape, done, steps)
    message = f"{quoted(done)} is compared as a whole: no part of it can be ignored separately"
    return Wrong(message, f"write {quoted(done)}")


def _field(shape: Record, done: str, steps: list[str]) -> Wrong | None:
    step, *rest = steps
    name = _bare(step)
    if step == _ALL:
        return Wrong(f"{quoted(done)} is not a list and has no elements", f"write {quoted(done + ''.join(rest))}")
    if name not in shape.fields:
        owner = quoted(done) if done else "the kind"
        hint = near(name, shape.fields) or (
            f"its fields are {', '.join(shape.fields)}" if shape.fields else "it has none"
        )
        return Wrong(f"{owner} has no field {quoted(name)}", hint)
    return _inside(shape.fields[name].shape, f"{done}{step}", rest)


def _entry(done: str, steps: list[str]) -> Wrong | None:
    """One key of a map; with dots in it, it stands between brackets."""
    step, *rest = steps
    if step == _ALL:
        hint = f"write {quoted(done)}, or {quoted(done + '[KEY]')} for one of its keys"
        return Wrong(f"{quoted(done)} is a map, not a list", hint)
    if not rest:
        return _tag(_bare(step)) if done == "tags" else None
    meant = f"{done}{step}" if step.startswith("[") else f"{done}[{''.join(steps)[1:]}]"
    return Wrong(
        f"a key of {quoted(done)} holds a single value, which has no parts", f"did you mean {quoted(meant)}?"
    )


def _tag(key: str) -> Wrong | None:
    """What no document can give as the key of a tag names none."""
    try:
        _TAG.validate_python(key, strict=True)
    except ValidationError as error:
        (fault,) = error.errors(include_url=False, include_input=False)
        return Wrong(*mistakes.told(dict(fault), Part(key, WHOLE_FILE), secret=False))
    return None


def _element(many: Many, done: str, steps: list[str]) -> Wrong | None:
    step, *rest = steps
    if not step.startswith("["):
        meant = f"{done}{_bracketed(many, step)}{''.join(rest)}"
        message = f"{quoted(done)} is a list: its elements are named in brackets"
        return Wrong(message, f"did you mean {quoted(meant)}?")
    if step == _ALL and not (rest and isinstance(many.item, Record)):
        return Wrong(f"{quoted(done + step)} is every element of {quoted(done)}", f"write {quoted(done)}")
    if step != _ALL and not re.fullmatch(_key_form(many), _bare(step)):
        return Wrong(
            f"{quoted(_bare(step))} does not name an element of {quoted(done)}", _key_hint(many, _bare(step))
        )
    if rest and isinstance(many.item, Scalar):
        return Wrong(f"{quoted(done + step)} is a single value, which has no parts", f"write {quoted(done + step)}")
    return _inside(many.item, f"{done}{step}", rest)


def _bracketed(many: Many, step: str) -> str:
    """A step behind a dot the way it would be right: a field of every element, or the key of one."""
    in_elements = isinstance(many.item, Record) and _bare(step) in many.item.fields
    return f"{_ALL}{step}" if in_elements else f"[{_bare(step)}]"


def _bare(step: str) -> str:
    return step[1:-1] if step.startswith("[") else step.removeprefix(".")


# --- keys of elements -------------------------------------------------------------------------------------


def _key_form(many: Many) -> str:
    """What the key of an element can look like; AWS may leave out any part of it."""
    if isinstance(many.item, Scalar):
        return f"(?:{_form(many.item)}|{_EXPRESSION})"
    if not many.key:
        return r"0|[1-9]\d*"
    parts = "".join(f"(?:(?:^|:)(?:{_form(part)}))?" for part in _parts(many, many.item))
    return f"(?:{parts}|{_EXPRESSION})"


def _parts(many: Many, item: Record) -> list[Scalar]:
    shapes = [item.fields[name].shape for name in many.key]
    return [shape if isinstance(shape, Scalar) else Scalar(str) for shape in shapes]


def _form(scalar: Scalar) -> str:
    if scalar.choices:
        return "|".join(re.escape(str(choice)) for choice in scalar.choices)
    if isinstance(scalar.equality, Cidr):
        prefix = scalar.equality.or_prefix
        return r"[\da-fA-F.:]+/\d+" + (f"|{re.escape(prefix)}.*" if prefix else "")
    return {bool: "true|false", int: r"-?\d+", float: r"-?[\d.]+(?:e[-+]?\d+)?"}.get(scalar.type, ".*")


def _key_hint(many: Many, key: str) -> str:
    if isinstance(many.item, Scalar):
        return _meaning("each", many.item, key)
    if not many.key:
        return "its elements have no key and are numbered from 0"
    parts = dict(zip(many.key, _parts(many, many.item), strict=True))
    if len(parts) > 1:
        return f"an element is named by {':'.join(parts)}, leaving out those that are not set"
    ((name, only),) = parts.items()
    return _meaning(f"an element is named by its {name}, which", only, key)


def _meaning(what: str, scalar: Scalar, key: str) -> str:
    if scalar.choices:
        known = [str(choice) for choice in scalar.choices]
        return near(key, known) or f"{what} is one of {', '.join(known)}"
    if isinstance(scalar.equality, Cidr):
        return f"{what} is a CIDR block, such as 10.0.0.0/16"
    return f"{what} is {'true or false' if scalar.type is bool else 'a number'}"
