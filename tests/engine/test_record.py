"""Memory outlives the program as a record, and nothing that a record says makes anything unsafe."""

import json
from typing import Any

import pytest

from controller.core.model.cloud import Meaning, Refused
from controller.core.model.reference import Address
from controller.core.planning.step import Action, State, Step
from controller.engine.incidents import Made
from controller.engine.memory import FIRST_BACKOFF, LONGEST_BACKOFF, Memory
from controller.engine.record import FOREVER, recall, record_of
from tests.clock import Clock

A = Address("Thing", "a")
KINDS = {"Thing"}


def full(clock: Clock) -> Memory:
    """A memory with something of everything."""
    memory = Memory(clock, ids={A: "id-a"}, seen=frozenset({A}), since={A: clock.time - 5})
    memory.copies[A] = frozenset({"copy-of-a"})
    memory.born({Address("Thing", "b"): "id-b"})
    memory.intend([A])
    memory.presumed = {Address("Thing", "c"): memory.clock()}
    memory.departing = {A}
    memory.corrected(Step(A, State.DRIFTED, Action.UPDATE))
    memory.failed(Address("Thing", "b"), Refused("ec2", "CreateThing", "Code", Meaning.DENIED, "no"))
    return memory


def test_a_memory_comes_back_as_it_was() -> None:
    """Through JSON, and to a program whose clock began elsewhere: what was so long ago is so long ago."""
    before, after = Clock(), Clock()
    after.time = 40.0
    memory, again = full(before), Memory(after)
    recall(again, json.loads(json.dumps(record_of(memory, 0.0))), KINDS, before.time + 7 - after.time)
    assert memory.ids == again.ids
    assert memory.copies == again.copies
    assert memory.seen == again.seen
    assert {A: 40.0 - 12} == again.since
    assert {A: 40.0 - 7} == again.intents
    assert Made("id-b", 33.0) == again.made[Address("Thing", "b")]
    assert {Address("Thing", "c"): 40.0 - 7} == again.presumed
    assert memory.departing == again.departing
    assert memory.repeats() == again.repeats()
    assert 40.0 + FIRST_BACKOFF - 7 == again.failures[Address("Thing", "b")].due


def test_what_is_recalled_was_not_seen_by_this_program() -> None:
    """So that a stale or foreign record never makes anything ours by itself."""
    clock = Clock()
    memory = Memory(clock)
    recall(memory, record_of(full(clock), 0.0), KINDS, 0.0)
    assert {A, Address("Thing", "b")} == memory.recalled
    assert memory.mine == set()
    assert memory.looked == {}


@pytest.mark.parametrize(
    "record",
    [
        {},
        {
            "ids": [],
            "copies": {"Thing/a": 3},
            "seen": "x",
            "made": 3,
            "intents": None,
            "repeats": True,
            "failures": {"Thing/a": []},
        },
        {"ids": {"a": "x", "Thing/a": 7, "/": "", "Thing/b": ["x"]}, "seen": {"Thing": True}},
        {"made": {"Thing/a": ["id"]}, "intents": {"Thing/a": "soon"}, "repeats": {"Thing/a": ["f", "many", 1]}},
        {"ids": {"Gone/a": "id"}, "intents": {"Gone/a": 1.0}, "made": {"Gone/a": ["id", 1.0]}},
        {"intents": {"Thing/a": float("nan")}, "since": {"Thing/a": float("inf")}},
    ],
)
def test_what_cannot_be_read_is_left_out(record: dict[str, Any]) -> None:
    """Garbage, cut entries, kinds of another version: the rest counts, and nothing is raised."""
    memory = Memory(Clock())
    recall(memory, record, KINDS, 0.0)
    assert memory == Memory(memory.clock)


def test_no_clock_makes_anything_last() -> None:
    """A record from the future, or of long ago, is neither for ever young nor for ever waiting."""
    clock = Clock()
    memory = Memory(clock)
    times = {"intents": {"Thing/a": clock.time + 1e9}, "failures": {"Thing/a": [1, clock.time + 1e9, "no", False]}}
    recall(memory, {**times, "since": {"Thing/a": -1e12}}, KINDS, 0.0)
    assert memory.intents[A] == clock.time
    assert memory.failures[A].due == clock.time + LONGEST_BACKOFF
    assert memory.since[A] == clock.time - FOREVER
