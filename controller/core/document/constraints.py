"""What AWS takes, as the specs of the kinds say it: limits of fields, and how they go together.

How fields go together (`Only`, `Needs`, `ExactlyOne`, …) is judged by every command. AWS raises limits and takes new
values from time to time: those are judged by `validate` alone, elsewhere AWS has the last word.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from controller.core.model.conditions import Follow, View, follow_nothing
from controller.core.model.limits import Broken
from controller.core.model.shape import Many, Record, Shape


def misfits(
    record: Record, fields: Mapping[str, Any], follow: Follow = follow_nothing, but: frozenset[str] = frozenset()
) -> Iterator[Broken]:
    """Fields that do not go together, at any depth; what a rule says of the fields `but` is not judged."""
    view = View(fields, follow)
    for rule in record.constraints:
        if not rule.of_values and not rule.fields & but:
            yield from rule.broken(view)
    for place, inner, element in _within(record, fields):
        for fault in misfits(inner, element, follow):
            yield Broken((*place, *fault.at), fault.message, fault.hint)


def excesses(record: Record, fields: Mapping[str, Any], follow: Follow = follow_nothing) -> Iterator[Broken]:
    """Values that AWS does not take, at any depth."""
    view = View(fields, follow)
    for rule in record.constraints:
        if rule.of_values:
            yield from rule.broken(view)
    for name, value in fields.items():
        for limit in record.fields[name].limits:
            yield from limit.broken(value, (name,))
    for place, inner, element in _within(record, fields):
        for fault in excesses(inner, element, follow):
            yield Broken((*place, *fault.at), fault.message, fault.hint)


def _within(
    record: Record, fields: Mapping[str, Any]
) -> Iterator[tuple[tuple[str | int, ...], Record, Mapping[str, Any]]]:
    for name, value in fields.items():
        for place, inner, element in structures(record.fields[name].shape, value):
            yield (name, *place), inner, element


def structures(shape: Shape, value: Any) -> Iterator[tuple[tuple[int, ...], Record, Mapping[str, Any]]]:
    """The structures that a field holds: itself, or its elements, each with its place in the list."""
    if isinstance(shape, Record) and isinstance(value, Mapping):
        yield (), shape, value
    elif isinstance(shape, Many) and isinstance(shape.item, Record) and isinstance(value, list):
        for index, element in enumerate(value):
            if isinstance(element, Mapping):
                yield (index,), shape.item, element
