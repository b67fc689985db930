"""Attributes: all that the service knows of a thing, as texts under names of their own."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from controller.core.model.equality import Equality

PAIR = ("AttributeName", "AttributeValue")
"""The parameters of the calls that set one attribute."""


@dataclass(frozen=True)
class Default(Equality):
    """A value that AWS may leave out where it is its own."""

    value: str

    def normal(self, value: Any) -> Hashable:
        """The value; AWS's own where there is none."""
        return value or self.value
