"""How a kind is written: every write as data, made by somebody else. All of it is pure."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.core.model.call import Call, Change, Complaint
from controller.core.model.facts import Facts
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.core.model.shape import Tree


@dataclass(frozen=True)
class WriteContext:
    """What a kind may know of the world when it writes calls for one node."""

    known: Callable[[Any], Any]
    """The live value of a placeholder, or the placeholder itself while nobody knows it."""
    member: Callable[[str, Any], str | None] = lambda field, value: None
    """AWS's own id of an element, whichever live thing of the kind holds it now."""
    circle: Callable[[Live], frozenset[str]] = lambda live: frozenset()
    """The ids of what goes too and refers to the live thing while that refers to it: neither could go first."""
    alike: Callable[[], Iterable[Live]] = tuple
    """The live things of the same kind in this account and region, ours or not."""
    wanted: Callable[[str], Mapping[str, Any]] = lambda field: {}
    """What the document wants a field to be of each live thing of the kind that may be corrected now, by its id."""


class Writer(Facts):
    """What a kind writes: the calls that make a thing, change it and delete it, and what AWS says of them offline."""

    @abstractmethod
    def initial(self, fields: Tree) -> Tree:
        """What AWS shows right after the create call with these fields, in the fields that call does not take."""

    @abstractmethod
    def taken(self, fields: Tree) -> frozenset[str]:
        """The set fields that the create call takes."""

    @abstractmethod
    def made_once(self, node: Node) -> bool:
        """Whether AWS itself sees to it that the thing is not made twice.

        Its create call carries a token, or a name or place that AWS keeps unique.
        """

    @abstractmethod
    def create(self, node: Node) -> tuple[Call, ...]:
        """The call that makes it, owner tags included; empty for what has an alias."""

    def create_with(self, node: Node, children: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[Call, ...]:
        """The call that makes it together with children, each as its parent's create call takes it, by where."""
        return self.create(node)

    def within_parent(self, node: Node, parent: "Writer") -> Mapping[str, Any]:
        """The node as a part of its parent's create call, for a kind that is `made_within` one."""
        raise NotImplementedError

    @abstractmethod
    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        """The calls that make these changes: additions, then changes, then removals."""

    @abstractmethod
    def tag(self, node: Node, tags: Mapping[str, str], live: Live | None = None) -> tuple[Call, ...]:
        """The calls that set these tags; those that are live now stay, also where AWS takes nothing less than all."""

    def correct(
        self, node: Node, tags: Mapping[str, str], changes: Sequence[Change], live: Live, around: WriteContext
    ) -> tuple[Call, ...]:
        """The calls that set these tags and make these changes."""
        tagging = self.tag(node, tags, live) if tags else ()
        return (*tagging, *(self.update(node, changes, live, around) if changes else ()))

    @abstractmethod
    def delete(self, address: Address, live: Live, around: WriteContext) -> tuple[Call, ...]:
        """The calls that empty its binding members and delete it; what cannot be deleted is released."""

    def displaced(self, node: Node, changes: Iterable[Change], live: Live) -> Iterator[Change]:
        """What goes with the calls for these changes because it cannot stand beside what the document chooses."""
        yield from ()

    def refusal(self, live: Live, change: Change) -> str:
        """Why AWS cannot make a change, or cannot for now, with the way out; empty where it can."""
        refused, one_way = live.refused.get(change.field), self.shape.fields[change.field].one_way
        if refused and refused.value in (None, change.desired):
            return refused.why
        if one_way is None or change.path != change.field or not one_way.back(change.desired, change.observed):
            return ""
        return f"{change.path} cannot go from {change.observed} to {change.desired}: {one_way.why}"

    def interruptions(self, changes: Iterable[Change], live: Live) -> Iterator[str]:
        """How these changes interrupt what a live thing does, each with its path."""
        for change in changes:
            word = self.shape.fields[change.field].interrupts if change.field in self.shape.fields else None
            if word and word.when(change.desired, change.observed):
                yield f"{change.path}: {word.how}"

    @abstractmethod
    def problems(self, call: Call) -> list[Complaint]:
        """What AWS's own model of the operation says against the parameters. What is not known yet is not judged."""
