"""Observing: one listing a kind, and what is looked up."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from controller.core.model.cloud import Cloud, Meaning, Refused
from controller.core.model.kind import Catalog
from controller.core.model.live import Live, Placed, Thing
from controller.core.model.reader import Scope
from controller.core.model.reference import Lookup
from controller.core.model.spec import Spec
from controller.core.model.stack import Stack
from controller.core.planning.diff import Unknowable
from controller.core.planning.guard import GuardContext
from controller.core.planning.inventory import Inventory, find
from controller.core.planning.match import Match
from controller.core.planning.plan import make_plan
from controller.core.planning.plan_input import PlanInput
from controller.engine.observe import kinds_of, observe
from controller.engine.scope import ListingRequest
from tests.core.account import stack_of
from tests.core.kinds import Fake
from tests.core.library import Book, Shelf, library, shelf
from tests.engine.harness import ScriptedCloud, pool_of

Tree = dict[str, Any]
DENIED = Refused("ec2", "DescribeThings", "UnauthorizedOperation", Meaning.DENIED, "no")


class Listed(Fake):
    """A made-up kind that is listed as a test says."""

    name, spec = "Listed", Spec

    def __init__(self, listing: Callable[[], Iterable[Live]]) -> None:
        self.listing = listing

    def observe(self, cloud: Cloud, scope: Scope) -> Iterator[Live]:
        yield from self.listing()


def live(id: str) -> Live:
    """Something live."""
    return Live("Listed", id, {}, {})


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with pool_of() as pool:
        yield pool


# --- listings ---


def placed(*kinds: str) -> set[Placed]:
    """Kinds in the stacks' own region."""
    return {Placed(kind) for kind in kinds}


def test_kinds_are_listed_side_by_side(pool: ThreadPoolExecutor) -> None:
    """Each once, and only those that were asked for."""
    asked: list[str] = []

    def listing(kind: str) -> list[Live]:
        asked.append(kind)
        return [live(kind)]

    catalog = {kind: Listed(partial(listing, kind)) for kind in ("A", "B", "C")}
    found = observe(ScriptedCloud(), catalog, placed("A", "C"), pool, ListingRequest())
    assert sorted(asked) == ["A", "C"]
    assert found.live == {"A": (live("A"),), "C": (live("C"),)}
    assert (found.account, found.region) == ("123456789012", "us-east-1")


def test_a_listing_that_breaks_off_counts_for_nothing(pool: ThreadPoolExecutor) -> None:
    """Two pages and an error are not a short listing: the kind is unknown, the others are not."""

    def broken() -> Iterator[Live]:
        yield live("1")
        raise DENIED

    found = observe(
        ScriptedCloud(), {"A": Listed(broken), "B": Listed(list)}, placed("A", "B"), pool, ListingRequest()
    )
    assert found.failed == {"A": str(DENIED)}
    assert found.live == {"B": ()}
    assert found.of("A") == ()


def test_without_an_account_nothing_is_listed(pool: ThreadPoolExecutor) -> None:
    """Not even the account can be told: no listing, no inventory."""

    class Locked(ScriptedCloud):
        def account(self) -> str:
            raise DENIED

    with pytest.raises(Refused):
        observe(Locked(), {"A": Listed(lambda: pytest.fail("it was listed"))}, placed("A"), pool, ListingRequest())


def test_the_kinds_of_a_document_are_those_it_speaks_of() -> None:
    """Its nodes' kinds, what it looks up, and what it refers to in other stacks."""
    group = {"vpc": {"find": {"isDefault": True}}}
    endpoint = {
        "vpc": {"stack": "network", "name": "main"},
        "serviceName": "com.amazonaws.us-east-1.s3",
        "routeTables": [{"stack": "network", "name": "private"}],
    }
    assert kinds_of([stack_of({"SecurityGroup": {"a": group}})]) == placed("SecurityGroup", "Vpc")
    assert kinds_of([stack_of({"VpcEndpoint": {"a": endpoint}})]) == placed("VpcEndpoint", "Vpc", "RouteTable")


# --- one after the other, and what is looked up ---


class Library:
    """Shelves, books that are listed by their shelves, and what was asked, in its order."""

    def __init__(self, *shelves: Live, error: Refused | None = None) -> None:
        self.shelves, self.error = shelves, error
        self.asked: list[tuple[str, Any]] = []
        self.catalog = {"Book": _Books(self), "Shelf": _Shelves(self)}


class _Shelves(Shelf):
    searched_by = ("least",)

    def __init__(self, library: Library) -> None:
        self.library = library

    def observe(self, cloud: Cloud, scope: Scope) -> Iterator[Live]:
        self.library.asked.append(("Shelf", scope.parents))
        if self.library.error:
            raise self.library.error
        yield from self.library.shelves

    def search(self, cloud: Cloud, query: Mapping[str, Any]) -> Iterator[Live]:
        self.library.asked.append(("search", dict(query)))
        if self.library.error:
            raise self.library.error
        yield from (shelf(f"newest-{number}", owner="") for number in (2, 1))


class _Books(Book):
    def __init__(self, library: Library) -> None:
        self.library = library

    def observe(self, cloud: Cloud, scope: Scope) -> Iterator[Live]:
        self.library.asked.append(("Book", scope.parents))
        return iter(())


SHELVED = library({"Shelf/main": {}, "Book/b": {"shelf": "main"}})


def test_what_is_listed_by_its_parents_comes_after_them(pool: ThreadPoolExecutor) -> None:
    """Its listing is told what was found of them, in whatever order the kinds are named."""
    place = Library(shelf("main"))
    observe(ScriptedCloud(), place.catalog, placed("Book", "Shelf"), pool, ListingRequest((SHELVED,)))
    assert [("Shelf", ()), ("Book", ("web-main",))] == place.asked


def test_without_its_parents_a_kind_is_unknown(pool: ThreadPoolExecutor) -> None:
    """A listing of the parents that failed leaves the children unknown as well, not missing."""
    place = Library(error=DENIED)
    found = observe(ScriptedCloud(), place.catalog, placed("Book", "Shelf"), pool, ListingRequest((SHELVED,)))
    assert {"Shelf": str(DENIED), "Book": str(DENIED)} == found.failed
    assert [("Shelf", ())] == place.asked
    assert "Book" not in found.live


def test_what_is_listed_later_joins_the_rest(pool: ThreadPoolExecutor) -> None:
    """Children that are listed alone use what is known of their parents; a listing that works again is believed."""
    place = Library(shelf("main"))
    known = observe(ScriptedCloud(), place.catalog, placed("Shelf"), pool, ListingRequest((SHELVED,)))
    failed = replace(known, failed={"Book": "no"})
    found = observe(ScriptedCloud(), place.catalog, placed("Book"), pool, ListingRequest((SHELVED,)), failed)
    assert [("Shelf", ()), ("Book", ("web-main",))] == place.asked
    assert ({}, place.shelves) == (found.failed, found.of("Shelf"))


def test_a_look_up_asks_for_what_fits(pool: ThreadPoolExecutor) -> None:
    """Each query of the documents once, also where nodes share it; the best that fits comes first."""
    query = {"find": {"least": 7}}
    stack = library({"Book/a": {"shelf": query}, "Book/b": {"shelf": query}})
    place = Library()
    found = observe(ScriptedCloud(), place.catalog, [], pool, ListingRequest((stack,)))
    assert [("search", {"least": 7})] == place.asked
    (lives,) = found.searched.values()
    assert not isinstance(lives, str)
    assert ["web-newest-2", "web-newest-1"] == [live.id for live in lives]


def test_a_look_up_that_fails_says_why(pool: ThreadPoolExecutor) -> None:
    """What refers to it cannot be known then, for that reason; the rest of the account can."""
    stack = library({"Book/a": {"shelf": {"find": {"least": 7}}}})
    found = observe(ScriptedCloud(), Library(error=DENIED).catalog, [], pool, ListingRequest((stack,)))
    assert {("Shelf", (("least", 7),)): str(DENIED)} == found.searched
    assert Unknowable(str(DENIED)) == find(found, Lookup("Shelf", (("least", 7),)))


def test_what_is_not_searched_for_is_told_until_it_is(pool: ThreadPoolExecutor) -> None:
    """By its kind, with the reason; the plan says it once for all kinds that share it."""

    class Denied(Listed):
        def observe(self, cloud: Cloud, scope: Scope) -> Iterator[Live]:
            scope.unsearched("denied")
            yield from super().observe(cloud, scope)

    denied: Catalog = {"A": Denied(list), "B": Denied(list), "C": Listed(list)}
    found = observe(ScriptedCloud(), denied, placed(*denied), pool, ListingRequest(search=True))
    assert ({"A": "denied", "B": "denied"}, {}) == (found.unsearched, found.failed)
    stack = Stack("web", found.region, {})
    situation = GuardContext(stack, found.account, datetime(2026, 1, 2, tzinfo=UTC))
    plan = make_plan(PlanInput(stack, denied, found, Match(), situation))
    assert ("A, B: denied",) == plan.unsearched
    again = observe(ScriptedCloud(), {**denied, "A": Listed(list)}, placed("A"), pool, ListingRequest(), found)
    assert {"B": "denied"} == again.unsearched


# --- what only memory tells of ---


class Shy(Listed):
    """A kind whose listing leaves out what stands where nobody looks, and that shows it by its id."""

    def __init__(self, *there: str, error: Exception | None = None) -> None:
        super().__init__(lambda: [live("1")])
        self.there, self.error = there, error
        self.asked: list[str] = []

    def shows(self, cloud: Cloud, id: str) -> bool | None:
        self.asked.append(id)
        if self.error:
            raise self.error
        return id in self.there


def asked_for(kind: Shy, pool: ThreadPoolExecutor, *ids: str) -> Inventory:
    """What is found where these ids are remembered."""
    remembered = frozenset({*(Thing("A", id) for id in ids), Thing("B", "9")})
    return observe(
        ScriptedCloud(), {"A": kind}, placed("A"), pool, ListingRequest(search=True, remembered=remembered)
    )


def test_what_is_remembered_and_not_listed_is_asked_for(pool: ThreadPoolExecutor) -> None:
    """By its id, once; what the listing shows costs nothing more, and what is gone is gone."""
    kind = Shy("2")
    found = asked_for(kind, pool, "1", "2", "3")
    assert ["1", "2"] == [each.id for each in found.of("A")]
    assert ["2", "3"] == sorted(kind.asked)


def test_what_may_not_be_read_by_its_id_is_not_told_of(pool: ThreadPoolExecutor) -> None:
    """Whoever lost the permission together with the node does not lose sight of the whole kind; another failure says
    nothing, and leaves the kind unknown."""
    assert (live("1"),) == asked_for(Shy(error=DENIED), pool, "2").of("A")
    throttled = Refused("ec2", "DescribeThings", "Throttling", Meaning.THROTTLED, "slow down")
    assert {"A": str(throttled)} == asked_for(Shy(error=throttled), pool, "2").failed
