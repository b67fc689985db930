"""A library: made-up kinds with names for ids, children without tags, and attributes that a change renews.

With them come the stacks and accounts that the tests of matching, planning and looking are made of.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from controller.core.model.call import Call, Change
from controller.core.model.kind import Catalog
from controller.core.model.live import Live
from controller.core.model.naming import named
from controller.core.model.node import Node
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK
from controller.core.model.reference import Address
from controller.core.model.shape import Tree, tree_of
from controller.core.model.spec import Between, Immutable, Named, Spec, Tagged, To
from controller.core.model.stack import Allow, Stack
from controller.core.model.writer import WriteContext
from controller.core.planning.guard import GuardContext
from controller.core.planning.inventory import Inventory
from controller.core.planning.matching import match
from controller.core.planning.plan import make_plan
from controller.core.planning.plan_input import PlanInput
from controller.core.planning.step import Plan
from tests.core.kinds import Fake

ACCOUNT, REGION = "123456789012", "us-east-1"


class ShelfSpec(Tagged):
    """What books stand on; its name is its id."""

    shelf_name: Annotated[str | None, Named(40), Immutable()] = None
    """Its name in AWS."""
    least: int | None = None
    """How many books there are at least."""
    most: int | None = None
    """How many there are at most."""
    books: Annotated[int | None, Between("least", "most")] = None
    """How many there are."""


class Shelf(Fake):
    """What books stand on; its name is its id, and each change makes a new edition of it."""

    name, spec, natural_key, id_from, id_recurs = "Shelf", ShelfSpec, ("shelfName",), "shelfName", True
    exports: ClassVar = {"edition": "Its latest edition."}
    renewed = frozenset({"edition"})
    made_with = frozenset({"shelfName"})

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        return {"shelfName": named(stack, address.name, 40), **fields}

    def create(self, node: Node) -> tuple[Call, ...]:
        return (Call("library", "MakeShelf", {"Name": node.fields["shelfName"]}, makes=True),)

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        paths = tuple(change.path for change in changes)
        return (Call("library", "ChangeShelf", {}, paths, renews={"edition": "Edition"}),) if paths else ()


class Page(Spec):
    """A page of a book."""

    text: str | None = None
    """What is written on it."""
    number: int | None = None
    """Its number."""


class BookSpec(Spec):
    """What stands on a shelf; it takes no tags."""

    shelf: Annotated[str, To("Shelf"), Immutable()]
    """Where it stands."""
    book_name: Annotated[str | None, Named(40), Immutable()] = None
    """Its name in AWS."""
    edition: Annotated[str | None, To("Shelf", attribute="edition")] = None
    """The edition of the shelf that it was made for."""
    pages: list[Page] | None = None
    """What is in it, in order."""


class Book(Fake):
    """What stands on a shelf; it takes no tags and is listed by its shelf."""

    name, spec, natural_key, parent = "Book", BookSpec, ("shelf", "bookName"), "shelf"
    made_with = frozenset({"shelf", "bookName"})

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        return {"bookName": named(stack, address.name, 40, identifies=True), **fields}

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        return tuple(
            Call("library", "ChangeBook", {change.path: change.desired}, (change.path,)) for change in changes
        )

    def delete(self, address: Address, live: Live, around: WriteContext) -> tuple[Call, ...]:
        return (Call("library", "BurnBook", {"Id": live.id}, deletes=True),)


class LabelSpec(Tagged):
    """Something that is named like what it refers to."""

    shelf: Annotated[str | None, To("Shelf")] = None
    """A shelf by its id."""
    sign: Annotated[str | None, To("Sign")] = None
    """A sign by its id."""
    address: Annotated[str | None, To("Shelf", attribute="edition")] = None
    """A shelf by its edition."""


class Label(Fake):
    """What refers to things of two kinds."""

    name, spec = "Label", LabelSpec


class Sign(Fake):
    """What may have the name of a shelf."""

    name, spec = "Sign", ShelfSpec


LIBRARY: Catalog = {kind.name: kind for kind in (Shelf(), Book(), Label(), Sign())}


def library(nodes: Mapping[str, Mapping[str, Any]], **more: Any) -> Stack:
    """The stack `web` with these nodes, `Kind/name` to what a document says of it."""
    made = {}
    for text, spec in nodes.items():
        address = Address.parse(text)
        kind = LIBRARY[address.kind]
        fields = kind.desired("web", address, tree_of(kind.spec.model_validate(spec)))
        marks = {OWNER_STACK: "web", OWNER_NAME: address.name} if kind.tagged else {}
        made[address] = Node(address, fields, marks)
    return Stack("web", REGION, made, **{"allow": frozenset(Allow), **more})


def thing(text: str, id: str, owner: str = "", **fields: Any) -> Live:
    """A live thing of the kind and name in `Kind/name`, owned by the stack `owner`."""
    kind, name = Address.parse(text)
    marks = {OWNER_STACK: owner, OWNER_NAME: name} if owner else {}
    return Live(kind, id, fields, marks)


def shelf(name: str, owner: str = "web", id: str = "", **fields: Any) -> Live:
    """A live shelf, its id its name, in its first edition."""
    id = id or f"web-{name}"
    found = thing(f"Shelf/{name}", id, owner, shelfName=id, **fields)
    return replace(found, attributes={"edition": f"{id}:1"})


def book(id: str, shelf: str, name: str, **fields: Any) -> Live:
    """A live book, which nothing marks."""
    return thing(f"Book/{id}", id, shelf=shelf, bookName=name, **fields)


def title(name: str, stack: str = "web") -> str:
    """The name that a stack gives a book."""
    return named(stack, name, 40, identifies=True)


def inventory(*lives: Live, **more: Any) -> Inventory:
    """An account with these things in it."""
    listed = {kind: tuple(live for live in lives if live.kind == kind) for kind in LIBRARY}
    return Inventory(ACCOUNT, REGION, listed, **more)


def plan_of(stack: Stack, *lives: Live) -> Plan:
    """The plan for the stack where these things are live."""
    found = inventory(*lives)
    situation = GuardContext(stack, ACCOUNT, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    return make_plan(PlanInput(stack, LIBRARY, found, match(stack, LIBRARY, found), situation))
