"""What many want at once is asked for once, and nobody gets an answer that is too old for him."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from controller.core.model.cloud import HoldfastError, Meaning, Unreachable
from controller.engine.sharing import Shared
from controller.engine.stop import Stops
from tests.cli.kit import until

AWAY = Unreachable("ec2", "DescribeVpcs", Meaning.TRANSIENT, "no answer")


class Ticking:
    """A clock that goes on by one each time that somebody looks, so that no two moments are the same."""

    def __init__(self) -> None:
        self.time, self.lock = 0, threading.Lock()

    def __call__(self) -> float:
        with self.lock:
            self.time += 1
            return float(self.time)


@dataclass
class Source:
    """Answers with how often it was asked, as soon as the test lets it; `fails` is how often it fails first."""

    fails: int = 0
    asked: int = 0
    at_once: int = 0
    open: threading.Event = field(default_factory=threading.Event)
    inside: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self) -> int:
        self.asked += 1
        self.at_once += 1
        assert 1 == self.at_once
        self.inside.release()
        self.open.wait(10)
        self.at_once -= 1
        if self.asked <= self.fails:
            raise AWAY
        return self.asked


class Crowd:
    """Many who want something of one `Shared`, each in a thread of its own."""

    def __init__(self, source: Source) -> None:
        self.source, self.clock = source, Ticking()
        self.shared = Shared[int](self.clock)
        self.pool = ThreadPoolExecutor(32)

    def come(self, count: int = 1, good: Callable[[int], bool] = lambda _: True) -> list["Future[int]"]:
        """So many come, and are there before this returns."""
        before = self.clock.time
        futures = [self.pool.submit(self.shared.get, self.source, good) for _ in range(count)]
        until(lambda: self.clock.time >= before + count, lambda: "they come")
        return futures


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def crowd(source: Source) -> Crowd:
    return Crowd(source)


def results(futures: list["Future[int]"]) -> list[int | HoldfastError]:
    """What each got."""
    return [error if isinstance(error := each.exception(10), HoldfastError) else each.result() for each in futures]


def test_who_comes_meanwhile_takes_the_same(crowd: Crowd, source: Source) -> None:
    """One asks, all the others wait for him."""
    first = crowd.come()
    assert source.inside.acquire(timeout=10)
    others = crowd.come(20)
    source.open.set()
    assert [1] * 21 == results(first + others)
    assert 1 == source.asked


def test_a_good_answer_is_kept(crowd: Crowd, source: Source) -> None:
    """Whoever comes later takes it too."""
    source.open.set()
    assert [1] * 3 == [crowd.shared.get(source, lambda _: True) for _ in range(3)]


def test_who_needs_a_newer_one_asks(crowd: Crowd, source: Source) -> None:
    """And it takes the place of the older one."""
    source.open.set()
    assert 1 == crowd.shared.get(source, lambda _: True)
    assert 2 == crowd.shared.get(source, lambda answer: answer > 1)
    assert 2 == crowd.shared.get(source, lambda _: True)


def test_who_waited_and_needs_a_newer_one_still_asks(crowd: Crowd, source: Source) -> None:
    """An answer that was begun too early for him is not good, however new it is; two like him ask once."""
    first = crowd.come()
    assert source.inside.acquire(timeout=10)
    others = crowd.come(5, lambda answer: answer > 1)
    source.open.set()
    assert [1] == results(first)
    assert [2] * 5 == results(others)


def test_an_error_is_shared_with_those_who_waited(crowd: Crowd, source: Source) -> None:
    """Otherwise each of them would find out for himself, one after the other, how long an outage takes to tell."""
    source.fails = 1
    first = crowd.come()
    assert source.inside.acquire(timeout=10)
    others = crowd.come(20)
    source.open.set()
    assert [AWAY] * 21 == results(first + others)
    assert 1 == source.asked


def test_an_error_is_not_kept(crowd: Crowd, source: Source) -> None:
    """Whoever comes after it asks again."""
    source.fails = 1
    source.open.set()
    with pytest.raises(Unreachable):
        crowd.shared.get(source, lambda _: True)
    assert [2] * 3 == [crowd.shared.get(source, lambda _: True) for _ in range(3)]


def test_a_clock_that_stands_still_shares_no_error() -> None:
    """Of two who come at the same moment, nobody knows whether one had waited."""
    source = Source(fails=1)
    source.open.set()
    shared = Shared[int](lambda: 7.0)
    with pytest.raises(Unreachable):
        shared.get(source, lambda _: True)
    assert 2 == shared.get(source, lambda _: True)


def test_an_answer_outlives_an_error(crowd: Crowd, source: Source) -> None:
    """To whom the old one is good enough, it still is."""
    source.open.set()
    assert 1 == crowd.shared.get(source, lambda _: True)
    source.fails = 2
    with pytest.raises(Unreachable):
        crowd.shared.get(source, lambda answer: answer > 1)
    assert 1 == crowd.shared.get(source, lambda _: True)


def test_a_bug_is_shared_with_nobody(crowd: Crowd) -> None:
    """It goes where it came from, and the next one asks for himself."""

    def broken() -> int:
        raise KeyError("bug")

    with pytest.raises(KeyError, match="bug"):
        crowd.shared.get(broken, lambda _: True)
    assert 7 == crowd.shared.get(lambda: 7, lambda _: True)


def test_several_stops_are_one() -> None:
    """Set as soon as one of them is, and no longer when that is taken back."""
    first, second = threading.Event(), threading.Event()
    both = Stops((first, second))
    assert not both.is_set()
    second.set()
    assert both.is_set()
    second.clear()
    assert not both.is_set()
    assert not Stops(()).is_set()
