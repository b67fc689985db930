"""What a round of listings is for: whose things, which names, and where to look for them."""

from dataclasses import replace

from controller.core.model.kind import Catalog, Kind
from controller.core.model.live import Live
from controller.core.model.reader import Scope
from controller.core.model.stack import Stack
from controller.engine.scope import ListingRequest, parent_kinds, scope_of
from tests.core.library import LIBRARY, Shelf, inventory, library, shelf, thing


class ScopedShelf(Shelf):
    """A shelf of which more is read where it is wanted."""

    scoped = True


SCOPED: Catalog = {**LIBRARY, "Shelf": ScopedShelf()}
SHELF, BOOK = SCOPED["Shelf"], SCOPED["Book"]


def scope(kind: Kind, stack: Stack, *lives: Live, search: bool = False, everything: bool = False) -> Scope:
    """What is wanted of a kind for one stack."""
    return scope_of(SCOPED, kind, inventory(*lives), ListingRequest((stack,), search, everything))


def test_the_parents_of_a_kind() -> None:
    """The kinds that its reference to the parent may mean; most have none."""
    assert (("Shelf",), ()) == (parent_kinds(BOOK), parent_kinds(SHELF))


def test_names_are_those_of_the_nodes() -> None:
    """A kind that reads more of what is wanted is told the keys of its nodes, another is not asked to care."""
    stack = library({"Shelf/main": {}, "Shelf/b": {"shelfName": "given"}})
    found = scope(SHELF, stack)
    assert {("web-main",), ("given",)} == found.keys == found.names
    assert found.wants(("web-main-0a1b2c",))
    assert not found.wants(("web-other",))
    assert frozenset() == scope(LIBRARY["Shelf"], stack).keys


def test_what_is_looked_up_by_its_key_is_wanted() -> None:
    """So that what no listing shows of it is read, and nothing of what only has a name like it."""
    found = scope(SHELF, library({"Book/b": {"shelf": {"find": {"shelfName": "theirs"}}}}))
    assert found.wants(("theirs",))
    assert not found.wants(("theirs-0a1b2c",))
    assert frozenset() == scope(SHELF, library({"Book/b": {"shelf": {"find": {"least": 1}}}})).keys


def test_stacks_are_ours_and_those_referred_to() -> None:
    """What another stack owns is looked for among all that carries marks, but only where it is referred to."""
    stack = library({"Book/b": {"shelf": {"stack": "other", "name": "main"}}})
    assert (frozenset({"web", "other"}), True) == (scope(SHELF, stack).stacks, scope(SHELF, stack).search)
    assert (frozenset({"web"}), False) == (scope(BOOK, stack).stacks, scope(BOOK, stack).search)


def test_a_look_up_by_tag_wants_everything() -> None:
    """Whose tags are asked for has to show them, ours or not; a look-up by a field does not need that."""
    by_tag = library({"Book/b": {"shelf": {"find": {"tag:Team": "a"}}}})
    by_field = library({"Book/b": {"shelf": {"find": {"least": 1}}}})
    assert (True, False) == (scope(SHELF, by_tag).everything, scope(SHELF, by_field).everything)


def test_what_the_look_is_for_is_passed_on() -> None:
    """A search and a look at everything are the same for each kind."""
    stack = library({"Shelf/main": {}})
    assert scope(BOOK, stack, search=True).search
    assert scope(BOOK, stack, everything=True).everything


def test_parents_that_may_be_ours() -> None:
    """Ours by their marks, without marks by a node's name or a variant of it; not what another stack owns."""
    stack = library({"Shelf/main": {}, "Book/b": {"shelf": "main"}})
    lives = (
        shelf("gone"),
        shelf("main", owner=""),
        shelf("x", owner="", id="web-main-0a1b2c"),
        shelf("x", owner="other", id="web-main-ffffff"),
        shelf("x", owner="", id="stranger"),
    )
    assert ("web-gone", "web-main", "web-main-0a1b2c") == scope(BOOK, stack, *lives).parents
    assert 5 == len(scope(BOOK, stack, *lives, everything=True).parents)
    assert () == scope(SHELF, stack, *lives).parents


def test_parents_that_a_document_names() -> None:
    """By their id, by another stack's node, or looked up; what is not found is not looked into."""
    stack = library(
        {
            "Book/a": {"shelf": {"id": "theirs"}},
            "Book/b": {"shelf": {"stack": "other", "name": "main"}},
            "Book/c": {"shelf": {"find": {"least": 7}}},
            "Book/d": {"shelf": {"find": {"least": 8}}},
        }
    )
    lives = replace(shelf("main", owner="other"), id="o-1"), shelf("x", owner="", id="found", least=7)
    assert ("found", "o-1", "theirs") == scope(BOOK, stack, *lives).parents


def test_a_parent_of_a_kind_that_nobody_lists() -> None:
    """Where nothing of the parent's kind was found there is nothing to look into."""
    stack = library({"Shelf/main": {}, "Book/b": {"shelf": "main"}})
    assert () == scope(BOOK, stack, thing("Sign/main", "web-main", "web")).parents
