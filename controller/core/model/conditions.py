"""What rules depend on: the fields of a structure as they see them, and conditions on those.

A path leads into structures and through references: `subnet.vpc` is the VPC of the subnet where that is a node of the
same document, and `subnets[].vpc` those of several. What depends on an expression, or on a field that is not set and
for which AWS has no fixed default, nobody can tell.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from controller.core.model.reference import Address, Placeholder, expressions_in
from controller.core.model.wording import either

Follow = Callable[[Address], Mapping[str, Any] | None]
"""The fields of a node of the same document; None where they are not known."""


class _Unknown:
    """A value that nobody can tell offline."""


UNKNOWN = _Unknown()


def follow_nothing(address: Address) -> None:
    """Where only one node is seen, nothing is known of others."""


@dataclass(frozen=True)
class View:
    """The fields of one structure as rules see them, with what they refer to."""

    fields: Mapping[str, Any]
    follow: Follow = follow_nothing

    def at(self, path: str, default: Any = None) -> Any:
        """The value at a path; the default where it is not set, and `UNKNOWN` where nobody can tell."""
        found = self.within(self.fields, path.split("."))
        return default if found is None else found

    def within(self, value: Any, steps: list[str]) -> Any:
        """What a path leads to from here."""
        if not steps or value is None:
            return value
        if isinstance(value, Placeholder) and value.attribute in ("id", "arn"):
            value = self.follow(value.address)
        if not isinstance(value, Mapping):
            return UNKNOWN
        name = steps[0].removesuffix("[]")
        inner = value.get(name)
        if inner is None:
            return None
        if name == steps[0]:
            return self.within(inner, steps[1:])
        return [self.within(item, steps[1:]) for item in inner] if isinstance(inner, list) else UNKNOWN


def is_known(value: Any) -> bool:
    """Whether nothing in a value is left open."""
    if isinstance(value, list):
        return all(item is not None and is_known(item) for item in value)
    return value is not UNKNOWN and not any(expressions_in(value))


def says_something(value: Any) -> bool:
    """Whether a field is set, and neither false nor empty; for a list whether one of its elements is."""
    if isinstance(value, list):
        return any(map(says_something, value))
    return value is not None and value is not False and value not in ("", {})


# --- conditions -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Condition(ABC):
    """What a rule depends on: something about the field at `path`."""

    path: str

    @property
    @abstractmethod
    def told(self) -> str:
        """The condition in words for people."""

    @abstractmethod
    def holds(self, view: View) -> bool | None:
        """Whether it holds; None where nobody can tell."""


@dataclass(frozen=True, init=False)
class Is(Condition):
    """It has one of these values; `default` is what AWS takes where it is not set."""

    values: tuple[Any, ...]
    default: Any

    words: str
    """What the values are called, where it is not as they are compared."""

    def __init__(self, path: str, *values: Any, default: Any = None, words: str = "") -> None:
        for name, part in (("path", path), ("values", values), ("default", default), ("words", words)):
            object.__setattr__(self, name, part)

    @property
    def told(self) -> str:
        """Such as `volumeType gp3 or io2`."""
        return f"{self.path} {self.words or either(self.values)}"

    def holds(self, view: View) -> bool | None:
        """Whether it is one of the values."""
        value = view.at(self.path, self.default)
        return None if value is None or not is_known(value) else value in self.values


class IsNot(Is):
    """It has none of these values."""

    @property
    def told(self) -> str:
        """Such as `a protocol other than UDP`."""
        return f"a {self.path} other than {either(self.values)}"

    def holds(self, view: View) -> bool | None:
        """Whether it is none of the values."""
        holds = super().holds(view)
        return None if holds is None else not holds


@dataclass(frozen=True, init=False)
class Both(Condition):
    """Both of two conditions hold; `path` is that of the first."""

    first: Condition
    second: Condition

    def __init__(self, first: Condition, second: Condition) -> None:
        for name, part in (("path", first.path), ("first", first), ("second", second)):
            object.__setattr__(self, name, part)

    @property
    def told(self) -> str:
        """The one and the other."""
        return f"{self.first.told} and {self.second.told}"

    def holds(self, view: View) -> bool | None:
        """Whether both hold; one that does not is enough to know."""
        holds = {self.first.holds(view), self.second.holds(view)}
        return False if False in holds else None if None in holds else True


class Has(Condition):
    """It is set, and neither false nor empty."""

    @property
    def told(self) -> str:
        """The field."""
        return self.path

    def holds(self, view: View) -> bool | None:
        """Whether it is set."""
        value = view.at(self.path)
        return None if value is UNKNOWN else says_something(value)


class Lacks(Has):
    """It is not set, or false, or empty."""

    @property
    def told(self) -> str:
        """The lack."""
        return f"no {self.path}"

    def holds(self, view: View) -> bool | None:
        """Whether it is not set."""
        holds = super().holds(view)
        return None if holds is None else not holds
