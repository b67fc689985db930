"""What AWS takes as the value of one field, beyond what its models say: words of that field.

    size: Annotated[int, Bounds(1, 65_536)]

A limit refuses only what AWS would always refuse, and is judged offline. The value of an expression is left to AWS.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.core.model.equality import network
from controller.core.model.reference import EXPRESSIONS
from controller.core.model.wording import either, quantity, shown

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """What AWS would refuse: where, what is wrong, and what would be right."""

    at: Place
    message: str
    hint: str = ""


class Limit(ABC):
    """What AWS takes as the value of a field; in a list or a map, as each value there."""

    @property
    @abstractmethod
    def told(self) -> str:
        """What AWS takes, in words for people."""

    @abstractmethod
    def holds(self, value: Any) -> bool:
        """Whether AWS takes a value; one of another type is judged elsewhere."""

    def broken(self, value: Any, at: Place) -> Iterator[Broken]:
        """The values that AWS does not take."""
        if isinstance(value, Mapping | list):
            for step, item in value.items() if isinstance(value, Mapping) else enumerate(value):
                yield from self.broken(item, (*at, step))
        elif value is not None and not isinstance(value, EXPRESSIONS) and not self.holds(value):
            yield Broken(at, f"{name_at(at)} is {shown(value)}, and AWS takes only {self.told}")


@dataclass(frozen=True)
class Bounds(Limit):
    """A number from `least` to `most`, both included and in steps of `step`, or one of `also`."""

    least: int
    most: int | None = None
    also: tuple[int, ...] = ()
    step: int = 1

    @property
    def told(self) -> str:
        """Such as `0, or 60 to 3600`."""
        steps = f" in steps of {self.step}" if self.step > 1 else ""
        span = f"{self.least} to {self.most}" if self.most is not None else f"{self.least} or more"
        return ", or ".join([*map(str, self.also), f"{span}{steps}"])

    def holds(self, value: Any) -> bool:
        """Whether it is within the bounds."""
        number = isinstance(value, int | float) and value not in self.also
        return not number or (
            self.least <= value <= (value if self.most is None else self.most) and not value % self.step
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        most = {} if self.most is None else {"maximum": max((self.most, *self.also))}
        return limited(handler(schema), minimum=min((self.least, *self.also)), **most)


@dataclass(frozen=True, init=False)
class Among(Limit):
    """One of some values, which are too many for a type."""

    values: tuple[Any, ...]

    def __init__(self, *values: Any) -> None:
        object.__setattr__(self, "values", values)

    @property
    def told(self) -> str:
        """All of them."""
        return either(self.values)

    def holds(self, value: Any) -> bool:
        """Whether it is one of them."""
        return value in self.values

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return limited(handler(schema), enum=list(self.values))


@dataclass(frozen=True)
class Legal(Limit):
    """The texts that AWS takes, as a pattern, and what they must be, in words for people."""

    pattern: str
    words: str

    @property
    def told(self) -> str:
        """Its words."""
        return self.words

    def holds(self, value: Any) -> bool:
        """Whether the pattern is about all of it."""
        return not isinstance(value, str) or re.fullmatch(self.pattern, value, re.DOTALL) is not None

    def broken(self, value: Any, at: Place) -> Iterator[Broken]:
        """The texts that AWS does not take, in the words of this limit."""
        for broken in super().broken(value, at):
            yield Broken(broken.at, f"AWS would reject this {name_at(at)}: {self.words}")


@dataclass(frozen=True)
class Count(Limit):
    """A list of at least `least` elements and at most `most`; an empty one takes all away."""

    least: int
    most: int

    @property
    def told(self) -> str:
        """Such as `2 to 5 elements`."""
        return (
            f"{self.least} to {self.most} elements" if self.least > 1 else f"at most {quantity(self.most, 'element')}"
        )

    def holds(self, value: Any) -> bool:
        """Whether it has as many."""
        return not value or self.least <= len(value) <= self.most

    def broken(self, value: Any, at: Place) -> Iterator[Broken]:
        """The list as a whole."""
        if isinstance(value, list | Mapping) and not self.holds(value):
            yield Broken(at, f"{name_at(at)} has {len(value)} elements, and AWS takes only {self.told}")

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return limited(handler(schema), maxItems=self.most)


@dataclass(frozen=True)
class Length(Limit):
    """A text of at least `least` characters and at most `most`."""

    least: int
    most: int

    @property
    def told(self) -> str:
        """Such as `1 to 128 characters`."""
        return f"{self.least} to {self.most} characters" if self.least else f"at most {self.most} characters"

    def holds(self, value: Any) -> bool:
        """Whether it has as many."""
        return not isinstance(value, str) or self.least <= len(value) <= self.most

    def broken(self, value: Any, at: Place) -> Iterator[Broken]:
        """How long it is."""
        for broken in super().broken(value, at):
            yield Broken(broken.at, f"{name_at(at)} has {len(value)} characters, and AWS takes {self.told}")

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return limited(handler(schema), maxLength=self.most)


@dataclass(frozen=True)
class Bytes(Limit):
    """A text of at most `most` bytes, as `measure` counts them."""

    most: int
    measure: Callable[[str], int] = lambda text: len(text.encode())

    @property
    def told(self) -> str:
        """Such as `at most 16384 bytes`."""
        return f"at most {self.most} bytes"

    def holds(self, value: Any) -> bool:
        """Whether it is as short."""
        return not isinstance(value, str) or self.measure(value) <= self.most

    def broken(self, value: Any, at: Place) -> Iterator[Broken]:
        """How long it is."""
        for broken in super().broken(value, at):
            yield Broken(broken.at, f"{name_at(at)} has {self.measure(value)} bytes, and AWS takes {self.told}")


@dataclass(frozen=True)
class Netmask(Limit):
    """A range of IPv4 addresses with a netmask from `/least` to `/most`."""

    least: int
    most: int

    @property
    def told(self) -> str:
        """Such as `IPv4 CIDR blocks from /16 to /28`."""
        return f"IPv4 CIDR blocks from /{self.least} to /{self.most}"

    def holds(self, value: Any) -> bool:
        """Whether the range is neither larger nor smaller."""
        parsed = network(value) if isinstance(value, str) else None
        return parsed is None or (parsed.version == 4 and self.least <= parsed.prefixlen <= self.most)


@dataclass(frozen=True, eq=False)
class Entries(Limit):
    """A map in which AWS takes only some values under these keys; numbers are written as texts."""

    limits: Mapping[str, Limit]

    @property
    def told(self) -> str:
        """Each key with what AWS takes there."""
        return "; ".join(f"{key}: {limit.told}" for key, limit in self.limits.items())

    def holds(self, value: Any) -> bool:
        """Judged entry by entry."""
        return True

    def broken(self, value: Any, at: Place) -> Iterator[Broken]:
        """The entries that AWS does not take."""
        for key, limit in self.limits.items() if isinstance(value, Mapping) else ():
            entry = value.get(key)
            number = isinstance(entry, str) and re.fullmatch(r"-?[0-9]{1,18}", entry)
            yield from limit.broken(int(entry) if number and entry else entry, (*at, key))


LIMITED = "x-limited"
"""Where a schema names those of its rules that AWS revises from time to time."""


def limited(schema: dict[str, Any], **rules: Any) -> dict[str, Any]:
    """A schema with rules that are limits; those of values, in a list, for each element."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [limited(choice, **rules) for choice in schema["anyOf"]]}
    if "items" in schema and "maxItems" not in rules:
        return {**schema, "items": limited(schema["items"], **rules)}
    if schema.get("type") == "null":
        return schema
    return {**schema, **rules, LIMITED: [*schema.get(LIMITED, ()), *rules]}


def name_at(at: Place) -> str:
    """The field that a place is in."""
    return next((step for step in reversed(at) if isinstance(step, str)), "")
