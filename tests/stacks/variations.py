"""Other values for the fields of a document, made from the declarations of its kinds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from controller.core.model.equality import Json
from controller.core.model.shape import Field, Many, Record, Scalar, Table
from tests.stacks.documents import Tree

NOTHING = object()
"""No other value."""


@dataclass(frozen=True)
class Place:
    """One field that a document sets: the address of its node, and its path within that."""

    address: str
    path: str
    part: Field
    value: Any

    @property
    def named(self) -> str:
        """What it is called for all nodes of the kind."""
        return f"{self.address.partition('/')[0]}.{self.path}"

    @property
    def words(self) -> str:
        """What it is called for this node."""
        return f"{self.address}.{self.path}"

    def fields(self, value: Any) -> Tree:
        """The top-level field with this value at the place."""
        for name in reversed(self.path.split(".")[1:]):
            value = {name: value}
        return {self.path.split(".")[0]: value}

    def holds(self, path: str) -> bool:
        """Whether the path of a change is that of the field, or of a part of it."""
        return path == self.path or path.startswith((f"{self.path}[", f"{self.path}."))


def places(address: str, shape: Record, fields: Tree, path: str = "") -> Iterator[Place]:
    """Every mutable field that is set and compared, structures part by part."""
    for name, value in fields.items():
        part = shape.fields.get(name)
        if part is None or part.immutable or part.write_only:
            continue
        if isinstance(part.shape, Record):
            yield from places(address, part.shape, value, f"{path}{name}.")
        else:
            yield Place(address, f"{path}{name}", part, value)


def other(part: Field, value: Any) -> Any:
    """Another value of the same sort: flipped, one more, another choice or text, an element less; or `NOTHING`."""
    match part.shape:
        case Table():
            key = next(iter(value))
            return {**value, key: other_text(value[key])}
        case Many():
            return value[1:] if len(value) > 1 or (value and part.shape.elementwise) else NOTHING
        case Scalar(equality=Json()):
            return denying(value)
        case Scalar(to=None):
            return other_scalar(part.shape, value)
    return NOTHING


def other_scalar(shape: Scalar, value: Any) -> Any:
    """Another truth, choice, number or text."""
    if isinstance(value, bool):
        return not value
    if shape.choices:
        return next(choice for choice in shape.choices if choice != value)
    return value + 1 if isinstance(value, int | float) else other_text(value)


def other_text(value: Any) -> Any:
    """A number in a text is one more; what is no text is no text."""
    if not isinstance(value, str):
        return NOTHING
    return str(int(value) + 1) if value.isdigit() else f"{value}x"


def denying(policy: Tree) -> Tree:
    """A policy whose first statement forbids what it allowed."""
    first, *rest = policy["Statement"]
    return {**policy, "Statement": [{**first, "Effect": "Deny"}, *rest]}
