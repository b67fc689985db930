"""Listings that are asked for by state: the emulator would compare the state it has, not the one that is shown."""

from typing import Any, NamedTuple

from tests.slow.rules import KINDS
from tests.slow.things import values_at
from tests.slow.wire import Asked, Tree
from tests.slow.words import Kind


class ByState(NamedTuple):
    """A listing of one kind by its states, and the parameters that ask for it without."""

    kind: Kind
    states: frozenset[str]
    parameters: Tree


def by_state(asked: Asked) -> ByState | None:
    """What a request wants of the states of slow things, if it does."""
    for kind in KINDS:
        if kind.filtered and (kind.service, kind.filtered.operation) == (asked.service, asked.operation):
            member, name = kind.filtered.member, kind.filtered.name
            filters: list[Tree] = asked.parameters.get(member, [])
            wanted = [each for each in filters if each.get("Name") == name]
            if wanted:
                rest = [each for each in filters if each.get("Name") != name]
                states = frozenset(state for each in wanted for state in each.get("Values", ()))
                return ByState(kind, states, {**asked.parameters, member: rest})
    return None


def thin(value: Any, wanted: ByState) -> bool:
    """Takes out what is in another state; false where nothing of it is left."""
    if isinstance(value, list):
        full, value[:] = bool(value), [item for item in value if thin(item, wanted)]
        return bool(value) or not full
    if not isinstance(value, dict):
        return True
    if values_at(value, wanted.kind.id) and (states := values_at(value, _path(wanted.kind))):
        return bool(wanted.states & set(states))
    left = [thin(part, wanted) for part in value.values()]  # each of them, also after one of which nothing is left
    return all(left)


def _path(kind: Kind) -> str:
    assert kind.filtered is not None
    return kind.filtered.path
