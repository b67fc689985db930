"""Listings that do not show a new thing at once."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.slow.wire import Asked, Tree

_CREATES = ("Allocate", "Copy", "Create", "Import", "Register", "Request", "Run")
_NAMES = ("Id", "Arn", "ARN", "Identifier", "Name")


class Late(NamedTuple):
    """How late a listing is: the member that names its elements, and seconds."""

    id: str
    seconds: float


class Lateness:
    """Remembers when each thing was born, and leaves the newborn out of the listings that are late."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._born: dict[tuple[str, str], float] = {}

    def note(self, asked: Asked, answer: Tree) -> None:
        """What a creation answers with, and was not asked with, is new; a name that is asked for is new as well."""
        if creates(asked):
            given = set(_texts(_top(asked.parameters)))
            known = set(_texts(asked.parameters)) - given
            for name in (given | set(_texts(answer))) - known:
                self._born.setdefault((asked.region, name), self._clock())

    def show(self, asked: Asked, answer: Tree, late: Late | None) -> None:
        """Takes out of a late listing what is too young for it."""
        if late is not None:
            self._thin(answer, asked.region, late)

    def _thin(self, value: Any, region: str, late: Late) -> None:
        for part in value.values() if isinstance(value, dict) else ():
            self._thin(part, region, late)
        if isinstance(value, list):
            value[:] = [item for item in value if not self._young(item, region, late)]
            for item in value:
                self._thin(item, region, late)

    def _young(self, item: Any, region: str, late: Late) -> bool:
        name = item.get(late.id) if isinstance(item, dict) else None
        born = self._born.get((region, str(name)))
        return born is not None and self._clock() < born + late.seconds


def creates(asked: Asked) -> bool:
    """Whether a call may make something."""
    return asked.operation.startswith(_CREATES)


def _top(parameters: Tree) -> Tree:
    """The names that a creation gives: a name it takes for itself, not the ids of others."""
    return {name: value for name, value in parameters.items() if name.endswith(("Name", "Identifier"))}


def _texts(value: Any, name: str = "") -> list[str]:
    """Every text in a tree that names something."""
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in _texts(item, key)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item, name)]
    return [value] if isinstance(value, str) and name.endswith((*_NAMES, "Ids", "Arns", "Names")) else []
