"""A difference between document and live thing, and the write that takes differences away: both are data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.core.model.reference import Address


def field_of(path: str) -> str:
    """The top-level field that a path leads into."""
    return path.split("[", 1)[0].split(".", 1)[0]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `path` in the document's names, `op` add, change or remove.

    `because` is the address of the node whose step causes it: then it is a consequence, not drift.
    """

    path: str
    op: str
    desired: Any
    observed: Any
    because: Address | None = None

    @property
    def field(self) -> str:
        """The top-level field it belongs to."""
        return field_of(self.path)


@dataclass(frozen=True, slots=True)
class Call:
    """One AWS write, as data. `parameters` may hold expressions, which are filled in when it is made."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    fields: tuple[str, ...] = ()
    """The paths of the changes it is for."""
    makes: bool = False
    """Its answer brings the node's new id."""
    takes_away: bool = False
    """It removes an element: when that is gone already, the call is as good as made."""
    deletes: bool = False
    """After it the thing is gone, or leaving."""
    renews: Mapping[str, str] = field(default_factory=dict)
    """Attributes of the node that have another value after it, with where its answer shows that."""
    separable: bool = False
    """It means the same without its node's other calls, and they without it: refused, it holds back none of them."""
    apart: tuple["Call", ...] = ()
    """The same in several calls, for where AWS refuses the whole as invalid: what it takes is not to wait."""
    region: str | None = None
    """Where it is made: empty for the stack's own region, None where its step says it."""
    occupies: bool = False
    """AWS is at work on the thing after it, and refuses more: the node's next call is for a later pass."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What AWS's own model of an operation has against one parameter; without the value, which may be secret."""

    parameter: str
    """Its path in AWS's names, such as `Tags[0].Key`; empty for the call as a whole."""
    why: str
    hint: str = ""
    """What would be right, where that does not follow from what is wrong."""

    def __str__(self) -> str:
        return f"{self.parameter} {self.why}" if self.parameter else self.why
