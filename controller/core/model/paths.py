"""Elements and paths: what tells one element of a collection from another, how a path names it, and what a path
covers.
"""

import re
from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import Any

from controller.core.model.reference import Placeholder
from controller.core.model.rules import Rule
from controller.core.model.shape import Field, Many, Record, Scalar


class _Hole:
    def __repr__(self) -> str:
        return "?"


HOLE = _Hole()


def element_key(many: Many, element: Any) -> Hashable:
    """What tells one element of a list from another, in its normal form."""
    if isinstance(many.item, Scalar):
        return element if element is HOLE else many.item.equality.normal(cast(many.item, element))
    return tuple(_normal(many.item.fields[name], element.get(name)) for name in many.key)


def _normal(part: Field, value: Any) -> Hashable:
    shape, settled = part.shape, value is not HOLE
    return shape.equality.normal(cast(shape, value)) if settled and isinstance(shape, Scalar) else value


def element_keys(many: Many, elements: list[Any]) -> Iterator[tuple[Hashable, Any]]:
    """Each element with its key; expressions in it stand for themselves."""
    return ((element_key(many, element), element) for element in elements)


def label(many: Many, element: Any) -> str:
    """How an element is called in a path: the parts of its key, a reference by the name of its node; `-` without."""
    if not many.key:
        return _word(element)
    return ":".join(_word(element[name]) for name in many.key if element.get(name) is not None) or "-"


def _word(value: Any) -> str:
    if isinstance(value, Placeholder):
        return value.address.name if value.attribute == "id" else str(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


_STEP = re.compile(r"\[(.*?)\](?=$|[.\[])|([^.\[]+)")
_WRITTEN = re.compile(r"\[.*?\](?=\Z|[.\[])|\.?[^.\[]+")
EVERY = ""
"""The step `[]`: every element of a list."""


@lru_cache(maxsize=10_000)
def steps_of(path: str) -> tuple[str, ...]:
    """A path step by step: `a.b[c].d` as `a`, `b`, `c`, `d`. A key may also stand behind a dot: `tags.Owner`."""
    return tuple(key or name for key, name in _STEP.findall(path))


def written_steps(path: str) -> tuple[str, ...]:
    """The steps as they are written, `a`, `.b`, `[c]`, `.d`; none where the text is no path."""
    steps: list[str] = []
    at = 0
    while at < len(path):
        step = _WRITTEN.match(path, at)
        if step is None or (not steps and step[0][0] in ".["):
            return ()
        steps.append(step[0])
        at = step.end()
    return tuple(steps)


def means(step: str, name: str) -> bool:
    """Whether a step of an ignored path means what has this name."""
    return step in (EVERY, name)


def covers(ignored: str, path: str) -> bool:
    """Whether an ignored path leads to another one, or to what that is in."""
    steps, there = steps_of(ignored), steps_of(path)
    return len(steps) <= len(there) and all(map(means, steps, there))


def fields_in(record: Record, prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Every field at any depth, with the path that means it, in every element where it is in a list of them."""
    for name, part in record.fields.items():
        yield f"{prefix}{name}", part
        if isinstance(part.shape, Record):
            yield from fields_in(part.shape, f"{prefix}{name}.")
        elif isinstance(part.shape, Many) and isinstance(part.shape.item, Record):
            yield from fields_in(part.shape.item, f"{prefix}{name}[].")


def rules_in(record: Record, prefix: str = "") -> Iterator[tuple[str, Rule]]:
    """Every rule at any depth, with the path of the structure that it is about; empty for the whole."""
    yield from ((prefix.rstrip("."), rule) for rule in record.constraints)
    for name, part in record.fields.items():
        if isinstance(part.shape, Record):
            yield from rules_in(part.shape, f"{prefix}{name}.")
        elif isinstance(part.shape, Many) and isinstance(part.shape.item, Record):
            yield from rules_in(part.shape.item, f"{prefix}{name}[].")


def cast(scalar: Scalar, value: Any) -> Any:
    """A value from another node in the type of the field that takes it: an attribute `5432` fits a number."""
    if scalar.type is int and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if scalar.type is str and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value
