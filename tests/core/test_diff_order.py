"""Numbers that AWS moves by itself, and lists in which order means something."""

import pytest

from controller.core.model.call import Change
from controller.core.model.reference import Expression
from controller.core.model.shape import Tree, shape_of
from controller.core.planning.diff import Resolution, Unknowable, diff
from tests.core.library import BookSpec, ShelfSpec


def nobody(expression: Expression) -> Resolution:
    """Nobody knows anything."""
    return Unknowable("nobody knows")


@pytest.mark.parametrize(
    ("desired", "observed", "drifts"),
    [
        ({"books": 5, "least": 1, "most": 10}, {"books": 8, "least": 1, "most": 10}, False),
        ({"books": 5}, {"books": 8, "least": 1, "most": 8}, False),
        ({"books": 5, "least": 1, "most": 10}, {"books": 11, "least": 1, "most": 10}, True),
        ({"books": 5, "most": 7}, {"books": 8, "least": 1, "most": 7}, True),
        ({"books": 5}, {"books": 8}, True),
        ({"books": 5, "least": 1, "most": 10}, {"least": 1, "most": 10}, True),
    ],
)
def test_a_number_that_aws_moves(desired: Tree, observed: Tree, drifts: bool) -> None:
    """Between its limits, the document's or else the live ones, it is no drift where AWS has moved it."""
    found = diff(shape_of(ShelfSpec), desired, observed, nobody)
    assert (["books"] if drifts else []) == [change.path for change in found.changes]


def test_a_limit_that_changes_moves_the_number_along() -> None:
    """The document's limits count, not those that are live until they are corrected."""
    found = diff(shape_of(ShelfSpec), {"books": 5, "most": 6}, {"books": 8, "least": 1, "most": 10}, nobody)
    assert ["books", "most"] == [change.path for change in found.changes]


def test_lists_are_compared_side_by_side() -> None:
    """Where order means something each element is compared with its neighbour, whole."""
    desired = [{"text": "a"}, {"text": "b", "number": 2}]
    observed = [{"text": "a", "number": 1}, {"text": "c", "number": 2}]
    found = diff(shape_of(BookSpec), {"pages": desired}, {"pages": observed}, nobody)
    added = Change("pages[0].number", "remove", None, 1)
    assert [added, Change("pages[1].text", "change", "b", "c")] == found.changes


def test_lists_of_another_length_are_one_change() -> None:
    """With an element more or less nobody can say which belongs to which."""
    desired, observed = [{"text": "a"}], [{"text": "a"}, {"text": "b"}]
    found = diff(shape_of(BookSpec), {"pages": desired}, {"pages": observed}, nobody)
    assert [Change("pages", "change", desired, observed)] == found.changes
    found = diff(shape_of(BookSpec), {"pages": desired}, {}, nobody)
    assert [Change("pages", "add", desired, None)] == found.changes
