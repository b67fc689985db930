"""When two values are the same: equality is declared per field, and AWS's own ways of writing are no difference."""

import ipaddress
import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType
from typing import Any, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.core.model.naming import OpenName
from controller.core.model.reference import nested_expressions


def optional(source: Any, schema: CoreSchema) -> CoreSchema:
    """The schema, which takes null as well where the annotation `source` does."""
    return core_schema.nullable_schema(schema) if NoneType in get_args(source) else schema


class Equality:
    """How two values of one field are compared: by what `normal` makes of each."""

    def normal(self, value: Any) -> Hashable:
        """A form in which equal values are equal; must take whatever AWS or a document may hold."""
        return hashable(value)

    def equal(self, desired: Any, observed: Any) -> bool:
        """Whether AWS's value is as good as the document's."""
        return desired == observed or self.normal(desired) == self.normal(observed)


def hashable(value: Any) -> Hashable:
    """A tree as a value that can be a key; scalars and expressions are so already."""
    if isinstance(value, Mapping):
        return frozenset((key, hashable(part)) for key, part in value.items())
    if isinstance(value, list | tuple):
        return tuple(hashable(part) for part in value)
    scalar: Hashable = value
    return scalar


@lru_cache(maxsize=10_000)
def network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The range of addresses that `value` writes, or None where it writes none."""
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


@dataclass(frozen=True)
class Cidr(Equality):
    """A range of addresses, `10.0.0.0/16` or `2001:db8::/32`, host bits unset. Compared as a range.

    `or_prefix` also takes an id with that prefix, such as a prefix list's `pl-`.
    """

    or_prefix: str = ""

    def normal(self, value: Any) -> Hashable:
        """The range in its shortest notation."""
        parsed = network(value) if isinstance(value, str) else None
        return str(parsed) if parsed else hashable(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str | None) -> str | None:
        if value is None:
            return None
        if self.or_prefix and value.startswith(self.or_prefix):
            return value
        parsed = network(value)
        if parsed is None or "/" not in value:
            message = '"{value}" is not a CIDR block; write it like 10.0.0.0/16 or 2001:db8::/32'
            raise PydanticCustomError("cidr", message, {"value": value})
        if str(parsed).split("/")[0] != str(ipaddress.ip_address(value.split("/", maxsplit=1)[0])):
            message = "{value} has host bits set; did you mean {meant}?"
            raise PydanticCustomError("cidr", message, {"value": value, "meant": str(parsed)})
        return value


class Name(Equality):
    """A name: one that the document leaves open also equals its variants."""

    def equal(self, desired: Any, observed: Any) -> bool:
        """Whether AWS's name is the document's, or a variant of one that it leaves open."""
        return desired.fits(str(observed)) if isinstance(desired, OpenName) else bool(desired == observed)


class LowerName(Name):
    """A name that AWS keeps in lower case, whatever case it was given in."""

    def normal(self, value: Any) -> Hashable:
        """In lower case."""
        return value.lower() if isinstance(value, str) else hashable(value)

    def equal(self, desired: Any, observed: Any) -> bool:
        """Whether AWS's name is the document's in lower case, or a variant of one that it leaves open."""
        return super().equal(desired, observed) or self.normal(desired) == self.normal(observed)


class AnyCase(Equality):
    """A text whose case means nothing; AWS may keep it in another."""

    def normal(self, value: Any) -> Hashable:
        """In lower case."""
        return value.lower() if isinstance(value, str) else hashable(value)


class Blank(Equality):
    """A value that AWS leaves out where it is empty, 0 or false."""

    def normal(self, value: Any) -> Hashable:
        """The value; an empty text where there is none."""
        return hashable(value or "")


@dataclass(frozen=True)
class Default(Equality):
    """AWS's own value, which it may show or leave out where nothing is said; of a list, in any order."""

    value: str | int | tuple[str, ...]

    def normal(self, value: Any) -> Hashable:
        """The value; AWS's own where there is none."""
        shown = self.value if value is None else value
        return frozenset(shown) if isinstance(shown, list | tuple) else hashable(shown)


class VersionPrefix(Equality):
    """A version, of which a document may say the series only: `16` is `16.4`.

    A later minor version of the same series (`16.6` for `16.4`, `15.00.4316.3.v1` for `15.00.4312.2.v1`) is what
    AWS's own upgrades leave; nothing leads back from it, so that it is no difference. The series is the first part of
    a version of two parts, and the first two of a longer one.
    """

    def equal(self, desired: Any, observed: Any) -> bool:
        """Whether AWS's version is of the series that the document says, and not before its version."""
        wanted, shown = _version(desired), _version(observed)
        if shown[: len(wanted)] == wanted:
            return True
        series = min(2, len(wanted) - 1)
        whole = len(shown) == len(wanted) if series < 2 else len(shown) >= len(wanted)
        return series > 0 and whole and shown[:series] == wanted[:series] and older(desired, observed)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def text(raw: Any) -> Any:
            return str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw

        return core_schema.no_info_before_validator_function(text, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": ["string", "integer"]}


def _version(value: Any) -> list[str]:
    return re.split(r"[.-]", str(value).lower())


def older(one: Any, other: Any) -> bool:
    """Whether a version comes before another: by the first part in which they differ, and that is a number in both.

    Letters before a number (`v1`, `r2`) have to be the same; where nothing tells which comes first, none does.
    """
    for mine, its in zip(_version(one), _version(other), strict=False):
        if mine != its:
            (letters, number), (others, another) = _counted(mine), _counted(its)
            return letters == others and "" not in (number, another) and int(number) < int(another)
    return False


def _counted(part: str) -> tuple[str, str]:
    """The letters and the number that a part of a version is made of."""
    letters = part.rstrip("0123456789")
    return letters, part.removeprefix(letters)


def smaller(one: Any, other: Any) -> bool:
    """Whether both are numbers, and the one is less than the other."""
    return isinstance(one, int | float) and isinstance(other, int | float) and one < other


@dataclass(frozen=True)
class Json(Equality):
    """A JSON document, written as a mapping; compared as JSON, whatever its order, spacing or form of text."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return optional(source, core_schema.no_info_plain_validator_function(self._check))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "object", "x-json": True}

    @staticmethod
    def _check(raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            raise PydanticCustomError("json", "write the JSON document as a mapping, not as a string")
        return nested_expressions(raw)

    def normal(self, value: Any) -> Hashable:
        """Parsed, keys unordered; none at all is an empty one."""
        if isinstance(value, str):
            try:
                return hashable(json.loads(value))
            except ValueError:
                return value
        return hashable({} if value is None else value)


@dataclass(frozen=True)
class JsonSettings(Json):
    """A JSON document of settings, which AWS completes and spells anew: numbers and truth may be texts, lists have no
    order, and what is null, 0, false or empty is as good as left out.
    """

    def normal(self, value: Any) -> Hashable:
        """Parsed, without what says nothing."""
        if isinstance(value, str):
            try:
                return _settings(json.loads(value))
            except ValueError:
                return hashable(value)
        return _settings(value or {})


def _settings(value: Any) -> Hashable:
    if isinstance(value, Mapping):
        parts = ((name, _settings(part)) for name, part in value.items())
        return frozenset((name, part) for name, part in parts if part not in ("", "0", "false", frozenset()))
    if isinstance(value, list | tuple):
        return frozenset(_settings(part) for part in value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else _number(value)


def _number(value: Any) -> Hashable:
    return str(value) if isinstance(value, int) else hashable(value)


@dataclass(frozen=True, init=False)
class OneOf(Equality):
    """Values that AWS takes under several names for one: `OneOf({"6": "tcp"})` compares `6` as `tcp`."""

    names: tuple[tuple[str, str], ...]

    def __init__(self, names: Mapping[str, str]) -> None:
        object.__setattr__(self, "names", tuple(names.items()))

    def normal(self, value: Any) -> Hashable:
        """The one name."""
        if not isinstance(value, str | int):
            return hashable(value)
        return dict(self.names).get(str(value).lower(), str(value).lower())

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def text(raw: Any) -> Any:
            if isinstance(raw, int) and not isinstance(raw, bool):
                raw = str(raw)
            return self.normal(raw) if isinstance(raw, str) else raw

        return core_schema.no_info_before_validator_function(text, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": ["string", "integer"]}


class AsText(Equality):
    """Text in which a document may write a number, `true` or `false` as such: `8080` is `"8080"`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._text, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": ["string", "integer", "boolean"]}

    @staticmethod
    def _text(raw: Any) -> Any:
        return str(raw).lower() if isinstance(raw, bool) else str(raw) if isinstance(raw, int) else raw
