"""Attributes: all that the service knows of a thing, as texts under names of their own."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from controller.core.model.equality import Equality
from controller.core.model.spec import Aws, Form

TRUTH = Form(read=lambda text: text == "true", write=lambda truth: str(truth).lower())
"""Truth, as `true` or `false`."""
PAIR = ("AttributeName", "AttributeValue")
"""The parameters of the calls that set one attribute."""


def attribute(name: str) -> Aws:
    """An attribute by its name."""
    return Aws(name, write=f"Attributes.{name}")


@dataclass(frozen=True)
class Default(Equality):
    """A value that AWS may leave out where it is its own."""

    value: str

    def normal(self, value: Any) -> Hashable:
        """The value; AWS's own where there is none."""
        return value or self.value
