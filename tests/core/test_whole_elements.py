"""What an element of a list leaves out is compared: it is AWS's default, nothing, or a value that AWS chooses."""

from typing import Annotated, Any

import pytest

from controller.core.model.equality import Blank, Default
from controller.core.model.shape import shape_of
from controller.core.model.spec import Computed, Keyed, Spec, Unordered, WriteOnly
from controller.core.planning.diff import Resolution, Unknowable, diff

Tree = dict[str, Any]


class Spoke(Spec):
    """What is in a part of an element."""

    length: Annotated[int | None, Default(30)] = None
    metal: str | None = None


class Wheel(Spec):
    """An element."""

    place: str
    spoke: Spoke | None = None
    """One of its spokes."""
    size: Annotated[int | None, Default(28)] = None
    patched: Annotated[bool | None, Blank()] = None
    maker: Annotated[str | None, Computed("the shop takes what it has")] = None
    lock: Annotated[str | None, WriteOnly()] = None
    colours: Annotated[list[str] | None, Unordered(), Default(("black", "red"))] = None
    nails: Annotated[list[str] | None, Unordered()] = None
    marks: dict[str, str] | None = None


class Bicycle(Spec):
    """What has elements, and a part that is none."""

    wheels: Annotated[list[Wheel] | None, Keyed("place")] = None
    spares: list[Wheel] | None = None
    spoke: Spoke | None = None
    marks: dict[str, str] | None = None


def nobody(expression: Any) -> Resolution:
    """Nothing is known."""
    return Unknowable(str(expression))


def changed(desired: Tree, observed: Tree, ignore: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """What differs, and how."""
    found = diff(shape_of(Bicycle), desired, observed, nobody, ignore).changes
    return [(change.path, change.op) for change in found]


@pytest.mark.parametrize(
    "more",
    [
        {"size": 27},
        {"size": 0},
        {"patched": True},
        {"spoke": {"metal": "steel"}},
        {"spoke": {"length": 31}},
        {"colours": ["black"]},
        {"nails": ["one"]},
        {"marks": {"a": "b"}},
    ],
)
def test_what_is_added_is_found(more: Tree) -> None:
    """In an element with a key and in one without, whatever it is."""
    (name,) = more
    wheel = {"place": "front"}
    assert [("wheels[front]", "change")] == changed({"wheels": [wheel]}, {"wheels": [{**wheel, **more}]})
    assert [(f"spares[0].{name}", "remove")] == changed({"spares": [wheel]}, {"spares": [{**wheel, **more}]})


def test_what_is_added_deep_in_an_element_is_found() -> None:
    """In a structure that the document names, and among free keys."""
    wheel = {"place": "front", "spoke": {"length": 31}, "marks": {"a": "b"}}
    more = {**wheel, "spoke": {"length": 31, "metal": "steel"}, "marks": {"a": "b", "c": "d"}}
    expected = [("spares[0].spoke.metal", "remove"), ("spares[0].marks[c]", "remove")]
    assert expected == changed({"spares": [wheel]}, {"spares": [more]})
    assert [("wheels[front]", "change")] == changed({"wheels": [wheel]}, {"wheels": [more]})


@pytest.mark.parametrize(
    "more",
    [
        {"size": 28},
        {"patched": False},
        {"spoke": {"length": 30}},
        {"spoke": {}},
        {"maker": "anybody"},
        {"lock": "anything"},
        {"colours": ["red", "black"]},
        {"nails": []},
        {"marks": {}},
    ],
)
def test_what_aws_fills_in_is_no_difference(more: Tree) -> None:
    """A default, in any order; nothing, in AWS's forms of it; what AWS chooses; and what is only written."""
    wheel = {"place": "front"}
    shown = {**wheel, **more}
    assert [] == changed({"wheels": [wheel], "spares": [wheel]}, {"wheels": [shown], "spares": [shown]})


def test_what_is_no_element_is_compared_as_far_as_it_is_said() -> None:
    """A structure and free keys of the thing itself: there AWS leaves the rest as it is."""
    desired = {"spoke": {"length": 31}, "marks": {"a": "b"}}
    assert [] == changed(desired, {"spoke": {"length": 31, "metal": "steel"}, "marks": {"a": "b", "c": "d"}})


def test_what_is_added_may_be_ignored() -> None:
    """In one element, in all, and in a structure of one."""
    wheel = {"place": "front"}
    observed = {"wheels": [{**wheel, "size": 27}], "spares": [{**wheel, "spoke": {"metal": "steel"}}]}
    ignore = ("wheels[].size", "spares[0].spoke")
    assert [] == changed({"wheels": [wheel], "spares": [wheel]}, observed, ignore)
