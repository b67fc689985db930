"""What completes others is given to them whole, or not at all."""

from typing import Annotated

from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import shape_of
from controller.core.model.spec import Spec, To, Unordered
from controller.core.planning.diff import Unknowable, diff


class Lamp(Spec):
    """It stands in some rooms, and gives its light to others."""

    stands: Annotated[list[Annotated[str, To("Room")]] | None, Unordered()] = None
    lights: Annotated[list[Annotated[str, To("Room", gives=True)]] | None, Unordered()] = None


SHAPE, HALL = shape_of(Lamp), Placeholder(Address("Room", "hall"))


def nobody_knows(expression: object) -> Unknowable:
    """No reference is known."""
    return Unknowable("nobody knows")


def test_what_is_not_known_whole_is_given_to_no_others() -> None:
    """They would rely on half of it: nothing that it gives is changed, and the plan says what that waits for."""
    desired = {"lights": ["room-2"], "stands": [HALL]}
    found = diff(SHAPE, desired, {"lights": ["room-1"], "stands": ["room-9"]}, nobody_knows)
    assert found.changes == []
    assert [each.partition(":")[0] for each in found.uncompared] == [
        "stands[hall]",
        "lights[room-2]",
        "lights[room-1]",
    ]


def test_one_that_is_not_known_keeps_nothing_from_the_others() -> None:
    """Of those that it is given to, each is served by itself."""
    found = diff(SHAPE, {"lights": ["room-2", HALL]}, {"lights": []}, nobody_knows)
    assert [each.path for each in found.changes] == ["lights[room-2]"]
