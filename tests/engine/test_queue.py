"""The queue: every name that is due is taken, by one pair of hands at a time, and none is forgotten."""

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from controller.engine.queue import Queue
from tests.cli.kit import until
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> Queue:
    return Queue(clock)


def taken(queue: Queue) -> list[str]:
    """All that is due now, in the order in which it is given out."""
    found = []
    queue.add("the last", 0.0)
    while (name := queue.take()) != "the last":
        assert name
        found.append(name)
    queue.done("the last")
    for each in found:
        queue.done(each)
    return found


def hand(task: Callable[[], object]) -> threading.Thread:
    """A pair of hands that has begun."""
    thread = threading.Thread(target=task, daemon=True)
    thread.start()
    return thread


# --- what is due ---


def test_the_one_that_has_been_due_for_longest_comes_first(queue: Queue, clock: Clock) -> None:
    """Nobody waits for ever behind others that are quicker to come back."""
    for name in ("a", "b", "c"):
        queue.add(name)
        clock.time += 1
    queue.add("early", -10)
    clock.time += 1
    assert ["early", "a", "b", "c"] == taken(queue)


def test_a_name_stands_in_it_once(queue: Queue, clock: Clock) -> None:
    """However often it is added."""
    for _ in range(5):
        queue.add("a")
    assert ["a"] == taken(queue)
    assert [] == taken(queue)


def test_the_earliest_time_counts(queue: Queue, clock: Clock) -> None:
    """Neither does a later one put it off, nor does an earlier one leave the later behind."""
    queue.add("a", 10)
    queue.add("a", 5)
    queue.add("a", 20)
    clock.time += 4.9
    assert [] == taken(queue)
    clock.time += 0.2
    assert ["a"] == taken(queue)
    clock.time += 100
    assert [] == taken(queue)


def test_after_its_turn_a_name_is_due_when_it_was_said(queue: Queue, clock: Clock) -> None:
    """In so many seconds, or not at all."""
    queue.add("a")
    queue.add("b")
    for name, after in ((queue.take(), 30.0), (queue.take(), None)):
        assert name
        queue.done(name, after)
    assert [] == taken(queue)
    clock.time += 31
    assert ["a"] == taken(queue)


@pytest.mark.parametrize("after", [None, 0.0, 30.0])
def test_what_is_added_during_its_turn_is_due_right_after_it(queue: Queue, after: float | None) -> None:
    """Something changed while it was looked at: it is looked at again, and not sooner, nor twice."""
    queue.add("a")
    assert "a" == queue.take()
    for _ in range(3):
        queue.add("a")
    queue.add("b")
    assert "b" == queue.take()
    queue.done("a", after)
    assert "a" == queue.take()
    queue.done("a")
    assert [] == [each for each in taken(queue) if after is None]


def test_who_asks_too_early_waits(queue: Queue, clock: Clock) -> None:
    """Until it is due, or something else is."""
    found: list[str | None] = []
    queue.add("later", 1000)
    waiting = hand(lambda: found.append(queue.take()))
    queue.add("now")
    waiting.join(10)
    assert ["now"] == found


def test_what_becomes_due_is_given_out_in_time() -> None:
    """With a real clock: nobody has to wake it."""
    queue = Queue()
    began = time.monotonic()
    queue.add("a", 0.1)
    assert "a" == queue.take()
    assert 0.1 <= time.monotonic() - began < 10


# --- many hands ---


def test_a_name_is_in_one_pair_of_hands_and_none_is_forgotten() -> None:
    """Eight hands, a few names, and more and more to do: after the last that was added there is another turn."""
    queue, names = Queue(), [f"n{number}" for number in range(5)]
    lock, busy, wanted, seen = threading.Lock(), set[str](), Counter[str](), Counter[str]()

    def work() -> None:
        while (name := queue.take()) is not None:
            with lock:
                assert name not in busy
                busy.add(name)
                seen[name] = wanted[name]
            time.sleep(0)
            with lock:
                busy.discard(name)
            queue.done(name, 0.001 if seen[name] % 3 else None)

    hands = [hand(work) for _ in range(8)]
    for _ in range(300):
        for name in names:
            with lock:
                wanted[name] += 1
            queue.add(name)
    until(lambda: seen == wanted, lambda: f"{seen} {wanted}")
    queue.close()
    for each in hands:
        each.join(10)
        assert not each.is_alive()


# --- the end of a term ---


def test_clear_forgets_all_and_waits_for_every_hand(queue: Queue, clock: Clock) -> None:
    """What was begun is awaited; what it asks for at its end is forgotten too."""
    for name in ("a", "b", "c"):
        queue.add(name)
        clock.time += 1
    assert ["a", "b"] == [queue.take(), queue.take()]
    idle = queue.idle
    assert not idle
    clearing = hand(queue.clear)
    queue.done("a", 0.0)
    queue.add("a")
    clearing.join(0.05)
    assert clearing.is_alive()
    queue.done("b", 0.0)
    clearing.join(10)
    assert not clearing.is_alive()
    assert queue.idle
    assert [] == taken(queue)


def test_clear_of_an_empty_one_returns_at_once(queue: Queue) -> None:
    """And afterwards it is as good as new."""
    queue.clear()
    queue.add("a")
    assert ["a"] == taken(queue)


def test_hands_go_on_after_a_clear(queue: Queue) -> None:
    """They wait for the next term; they do not end."""
    found: list[str | None] = []
    waiting = hand(lambda: found.append(queue.take()))
    queue.clear()
    queue.add("a")
    waiting.join(10)
    assert ["a"] == found


# --- the end ---


def test_a_closed_one_lets_all_hands_go(queue: Queue) -> None:
    """Those who wait, and those who come; also when there is something to do."""
    found: list[str | None] = []
    waiting = [hand(lambda: found.append(queue.take())) for _ in range(4)]
    queue.close()
    for each in waiting:
        each.join(10)
    queue.add("a")
    assert [None] * 5 == [*found, queue.take()]


def test_a_closed_one_takes_back_what_was_taken(queue: Queue) -> None:
    """A turn that was under way ends as any other."""
    queue.add("a")
    assert "a" == queue.take()
    queue.close()
    queue.done("a", 0.0)
    assert queue.idle
