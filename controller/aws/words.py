"""The words of a kind: what a declaration says about its listing, its writes and its collections.

`controller/aws/declare.py` reads them; the words of a field are in `controller/core/spec.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.aws.wire import Item
from controller.core.shape import Tree


@dataclass(frozen=True)
class Listing:
    """The bulk listing of a kind: `items` is the path of the things in an answer, `page` the largest page."""

    operation: str
    items: str
    page: int = 0
    """The value for `MaxResults`; 0 where the listing has no pages."""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Detail:
    """One field that the listing leaves out: one read for each matched node."""

    name: str
    operation: str
    path: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Attribute:
    """What others may refer to: `path` in the listing's item, or in the answer of `operation` when that is given.

    `{id}` in the path stands for the thing's id; `filters` are the operation's, with the id as the value of the
    one whose value is None.
    """

    doc: str
    path: str
    operation: str = ""
    filters: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class States:
    """What the values at `path`, in lower case, mean; one that is not named is taken for ready."""

    path: str
    pending: frozenset[str] = frozenset()
    usable: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Create:
    """The call that makes the thing, and where it stands in the answer."""

    operation: str
    result: str
    constant: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Setter:
    """A call that sets fields of a live thing: those that changed, all in one call or one call for each."""

    operation: str
    fields: tuple[str, ...]
    one_at_a_time: bool = False
    resets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields that AWS puts back to its own value when this one changes: they are sent along with it."""


@dataclass(frozen=True)
class Op:
    """One operation of a collection: on one element, or with `batch` on all at once in that parameter."""

    operation: str
    batch: str = ""
    constant: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Members:
    """A collection that is changed element by element; a single attachment is a collection of at most one.

    `handle` is the parameter that takes AWS's own id of an element and `handle_path` where a listing shows it.
    `move` takes an element over from wherever it is; `held_by` names the attribute of the element's own node that
    is its handle while nobody has seen one. `binding` elements hold the thing itself and are always taken off before
    it is deleted. `circular` ones only keep what they refer to from going, and are taken off where both go and refer
    to each other: whatever still uses the thing is not robbed of them for a deletion that AWS then refuses.
    """

    field: str
    add: Op | None = None
    change: Op | None = None
    remove: Op | None = None
    move: Op | None = None
    handle: str = ""
    handle_path: str = ""
    held_by: str = ""
    binding: bool = False
    circular: bool = False
    encode: Callable[[list[Tree]], list[Item]] | None = None
    """AWS's form of a batch of elements, where the model alone does not give it."""


@dataclass(frozen=True)
class Implicit:
    """AWS makes the thing together with the one behind `parent`, whose `attribute` is its id, when `flag` is set."""

    flag: str
    parent: str
    attribute: str
    newborn: Tree = field(default_factory=dict)
