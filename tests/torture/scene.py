"""What a scenario is made of: an account with its true state, a document, and what others can do there."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple, Protocol

from botocore.client import BaseClient

from controller.core.model.kind import Catalog
from controller.core.model.stack import Stack
from tests.direct import Answering
from tests.slow.wire import Asked, Tree
from tests.torture.faults import Sort
from tests.torture.kept import BY_MAKER

OWNER_STACK, OWNER_NAME = "holdfast.dev/stack", "holdfast.dev/name"
MARKS = "holdfast.dev/"
ANOTHER = "another"
"""How the aspects begin of a thing that was made for a node, and is not the node."""


class Fact(NamedTuple):
    """One thing that is true of a node: an aspect of it, and its value. Other nodes are named by their addresses."""

    address: str
    aspect: str
    value: str

    def __str__(self) -> str:
        return f"{self.address} {self.aspect} {self.value}".rstrip()


Facts = frozenset[Fact]


@dataclass
class Made:
    """One thing that a program has made, for the node that it said then."""

    kind: str
    id: str
    address: str
    number: int
    """Of the request."""
    by: str
    """The program's name."""
    tags: Mapping[str, str]


@dataclass
class Ledger:
    """All that programs have made, whatever became of its tags."""

    made: dict[str, Made] = field(default_factory=dict)

    def note(self, asked: Asked, id: str, number: int, by: str) -> Made | None:
        """A request has made something; None where it makes nothing."""
        kept = BY_MAKER.get((asked.service, asked.operation))
        if kept is None:
            return None
        tags = dict(tags_in(asked.parameters))
        address = f"{kept.kind}/{tags[OWNER_NAME]}" if OWNER_NAME in tags else ""
        self.made[id] = Made(kept.kind, id, address, number, by, tags)
        return self.made[id]


def tags_in(value: Any) -> Iterator[tuple[str, str]]:
    """All tags in the parameters of a request, wherever they stand."""
    if isinstance(value, dict):
        if value.keys() >= {"Key", "Value"}:
            yield value["Key"], value["Value"]
        for each in value.values():
            yield from tags_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from tags_in(each)


class Undo(NamedTuple):
    """What somebody did, in words, and how somebody settles it who knows what is whose."""

    words: str
    settle: Callable[[], None] = lambda: None


class Scene(Protocol):
    """A scenario in one account. Nothing here goes through the layer."""

    catalog: Catalog
    answering: Answering
    ledger: Ledger
    tree: Tree
    """The document now."""
    standing: bool
    """Whether the stack is there when the story begins."""
    clients: dict[str, BaseClient]
    """Botocore's, that were made already."""

    def stack(self) -> Stack:
        """The document, as a program reads it."""
        ...

    def live(self, id: str) -> bool:
        """Whether a thing is truly there, and not leaving."""
        ...

    def right(self, made: Made) -> bool:
        """Whether a thing that is there can be what its node's document says, without being replaced."""
        ...

    def facts(self) -> Facts:
        """All that is true of what the programs have made."""
        ...

    def wanted(self) -> Facts:
        """All that the document wants to be true."""
        ...

    def foreign(self) -> Mapping[str, str]:
        """All that is not the stack's, each by its id in a form that can be compared."""
        ...

    def strays(self) -> Collection[str]:
        """Ids of what is neither foreign nor known to have been made by anybody."""
        ...

    def act(self, sort: Sort, chance: Random) -> Undo | None:
        """Somebody does something of this sort; None where there is nothing to do it to."""
        ...

    def edit(self, chance: Random, everything: bool) -> str:
        """Somebody edits the document, in words; `everything` allows edits that replace or remove."""
        ...

    def clear(self) -> None:
        """Somebody takes away what is not the stack's, and stands in the way of its destruction."""
        ...
