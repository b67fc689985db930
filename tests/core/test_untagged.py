"""Things that take no tags and left the document: told by their names, or by memory alone, and then never deleted."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from controller.core.model.kind import Catalog
from controller.core.model.live import Live
from controller.core.model.reference import Address
from controller.core.model.spec import Immutable, Named, Spec
from controller.core.model.stack import Stack
from controller.core.planning.candidates import Remembered
from controller.core.planning.guard import GuardContext
from controller.core.planning.inventory import Inventory
from controller.core.planning.match import Match
from controller.core.planning.matching import match
from controller.core.planning.plan import make_plan
from controller.core.planning.plan_input import PlanInput
from controller.core.planning.removal import make_destroy_plan
from controller.core.planning.step import Action, State
from tests.core.account import at
from tests.core.kinds import Fake
from tests.core.library import ACCOUNT, LIBRARY, REGION, book, inventory, library, shelf, thing, title


class LeafletSpec(Spec):
    """What stands on nothing."""

    book_name: Annotated[str | None, Named(40), Immutable()] = None
    """Its name in AWS."""


class Leaflet(Fake):
    """What stands on nothing, and takes no tags."""

    name, spec, natural_key = "Leaflet", LeafletSpec, ("bookName",)


KINDS: Catalog = {**LIBRARY, "Leaflet": Leaflet()}
OLD, NEW = at("Book/old"), at("Book/new")
FIXED = book("b-1", "web-main", "fixed")


def leaflet(id: str, name: str) -> Live:
    """A live leaflet, which nothing marks."""
    return thing(f"Leaflet/{id}", id, bookName=name)


def told(stack: Stack, *lives: Live, remembered: dict[Address, str] | None = None) -> Match:
    """What is said of these things."""
    listed = {kind: tuple(live for live in lives if live.kind == kind) for kind in KINDS}
    return match(stack, KINDS, Inventory(ACCOUNT, REGION, listed), Remembered(remembered or {}))


def test_a_name_is_enough_where_a_kind_stands_in_nothing() -> None:
    """It was made of stack and node, and nobody gives such a name by hand; a name of another stack is not ours."""
    stack = library({"Shelf/main": {}})
    found = told(
        stack, leaflet("l-1", title("old")), leaflet("l-2", title("old", "other")), leaflet("l-3", "web-old")
    )
    assert [(at("Leaflet/old"), "l-1")] == [(address, live.id) for address, live in found.orphans]
    assert [] == found.former


def test_stacks_of_one_name_are_told_apart_by_memory() -> None:
    """Two clusters may keep a stack of one name in one account, and would give one name: what was ours is ours."""
    stack, left = library({"Shelf/main": {}}, origin="prod/uid"), leaflet("l-1", title("old"))
    assert ([], []) == (told(stack, left).orphans, told(stack, left).former)
    known = told(stack, left, remembered={at("Leaflet/old"): "l-1"})
    assert [(at("Leaflet/old"), left)] == known.orphans


def test_a_name_counts_elsewhere_where_memory_agrees() -> None:
    """On a shelf that is not ours a copy may have the name."""
    stack, left = library({"Shelf/main": {}}), book("b-1", "theirs", title("old"))
    assert [] == told(stack, left).orphans
    assert [(OLD, left)] == told(stack, left, remembered={OLD: "b-1"}).orphans


def test_a_child_of_what_left_the_document_is_found_with_it() -> None:
    """What its parent is an orphan of is no stranger."""
    left = book("b-1", "web-gone", title("old"))
    found = told(library({"Shelf/main": {}}), shelf("gone"), left)
    assert [at("Shelf/gone"), OLD] == [address for address, _ in found.orphans]


def test_what_only_memory_tells_of_is_told() -> None:
    """A name that the document fixed says nothing: without memory nobody knows, with it nobody can prove."""
    stack = library({"Shelf/main": {}})
    assert ([], []) == (told(stack, FIXED).orphans, told(stack, FIXED).former)
    found = told(stack, FIXED, remembered={OLD: "b-1"})
    assert ([], [(OLD, FIXED)]) == (found.orphans, found.former)


def test_what_another_node_is_now_is_not_left_behind() -> None:
    """A node that was renamed keeps its thing."""
    stack = library({"Shelf/main": {}, "Book/new": {"shelf": "main", "bookName": "fixed"}})
    found = told(stack, shelf("main"), FIXED, remembered={OLD: "b-1"})
    assert ({at("Shelf/main"), NEW}, []) == ({*found.live}, found.former)


def test_what_may_be_a_node_is_not_left_behind() -> None:
    """Not what stands in the place of a node, nor what is in doubt to be one."""
    stack = library({"Book/new": {"shelf": {"find": {"shelfName": "theirs"}}, "bookName": "fixed"}})
    theirs = shelf("theirs", owner="", id="theirs"), replace(FIXED, fields={**FIXED.fields, "shelf": "theirs"})
    found = told(stack, *theirs, remembered={OLD: "b-1"})
    assert ([NEW], []) == ([*found.conflicts], found.former)


def given(stack: Stack, *lives: Live, remembered: dict[Address, str]) -> PlanInput:
    """What the plans are made from."""
    found = inventory(*lives)
    situation = GuardContext(stack, ACCOUNT, datetime(2026, 1, 2, tzinfo=UTC))
    return PlanInput(stack, LIBRARY, found, match(stack, LIBRARY, found, Remembered(remembered or {})), situation)


def test_what_only_memory_tells_of_is_never_deleted() -> None:
    """It is an orphan with its id, kept whatever `allow` says, and it keeps nothing else from going: it may be
    somebody else's by now, and whether it stands in the way is AWS's to say."""
    stack = library({"Shelf/main": {}})
    left = replace(FIXED, fields={**FIXED.fields, "shelf": "web-gone"})
    seen = given(stack, shelf("main"), shelf("gone"), left, remembered={OLD: "b-1"})
    for plan in (make_plan(seen), make_destroy_plan(seen)):
        steps = {step.address: step for step in plan.steps}
        orphan = steps[OLD]
        assert (State.ORPHANED, Action.DELETE, "b-1") == (orphan.state, orphan.action, orphan.id)
        assert orphan.blocked is not None
        assert "ownership" == orphan.blocked.by
        assert "b-1 was Book/old when last seen" in orphan.blocked.why
        assert steps[at("Shelf/gone")].acts
        assert not plan.in_sync
