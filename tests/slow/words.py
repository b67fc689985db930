"""The words in which `rules` says what takes time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Phase:
    """One thing on its way from one state to another."""

    starts: tuple[str, ...]
    """The operations that start the time; none where Auto Scaling starts it by itself."""
    lasts: str
    """The name of the duration."""
    state: Any
    """What stands at the state's path meanwhile."""
    then: Any = None
    """What stands there afterwards, where the emulator does not come to it by itself."""
    shows: Mapping[str, Any] = field(default_factory=dict)
    """What else is shown meanwhile, by path."""
    shows_then: Mapping[str, Any] = field(default_factory=dict)
    """What else is shown afterwards, by path."""
    hides: tuple[str, ...] = ()
    """Members that are left out meanwhile."""
    named: str = ""
    """JMESPath to the ids in parameters or answer, where they are not under the id's own name."""
    staged: str = ""
    """The member that holds new values while the old ones are still in force."""
    when: Mapping[str, bool] = field(default_factory=dict)
    """Flags of the call that decide between phases; one that is left out is false."""
    lasting: bool = False
    """It is still listed meanwhile, as it was last seen, though the emulator has deleted it."""


@dataclass(frozen=True)
class Listing:
    """How a thing that lasts is listed."""

    operation: str
    member: str
    names: str
    """The parameter that asks for things by id, one or many."""
    makers: tuple[str, ...]
    """The operations that make one of an id that the caller chooses."""
    taken: str
    """The error that they meet while the id is still held."""


@dataclass(frozen=True)
class Filtered:
    """How things are listed by their state."""

    operation: str
    member: str
    """The parameter that holds the filters."""
    name: str
    path: str
    """Where the state's name stands in what is listed."""


@dataclass(frozen=True)
class Kind:
    """One kind of thing, wherever its shapes stand in an answer of its service."""

    name: str
    service: str
    shapes: Mapping[str, str]
    """The structures of AWS's model that show it, and the path of the state within each."""
    id: str
    phases: tuple[Phase, ...]
    within: str = ""
    """A parameter of the request that is part of what tells one thing from another."""
    listing: Listing | None = None
    filtered: Filtered | None = None
