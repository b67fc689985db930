"""The benchmarks' yardstick: the lower bound of a graph of calls, and the table of what was measured."""

from collections.abc import Mapping
from graphlib import CycleError

import pytest

from benchmarks.bound import Bound, longest, lower_bound
from benchmarks.figures import Figure, table

DIAMOND = {"vpc": (), "left": ("vpc",), "right": ("vpc",), "route": ("left", "right"), "alone": ()}
PLENTY = (1000, 100.0)


def bound(before: Mapping[str, tuple[str, ...]], in_flight: int = 32, **buckets: tuple[float, float]) -> Bound:
    """The bound of calls of 0.1 s whose API is their first letter; only the named buckets can run dry."""
    return lower_bound(before, lambda call: call[0], lambda api: buckets.get(api, PLENTY), 0.1, in_flight)


def test_the_longest_chain_is_counted_in_calls() -> None:
    """Each call stands as deep as the longest way to it."""
    assert {"vpc": 1, "left": 2, "right": 2, "route": 3, "alone": 1} == longest(DIAMOND)


def test_a_chain_takes_its_calls_one_after_the_other() -> None:
    """Three calls that wait for each other take three times the latency."""
    assert pytest.approx(0.3) == bound(DIAMOND).seconds


def test_calls_in_flight_bound_a_wide_graph() -> None:
    """Where nothing waits for anything, only so many calls can be under way."""
    wide = {f"a{number}": () for number in range(64)}
    found = bound(wide, in_flight=16)
    assert pytest.approx(0.1) == found.chain
    assert pytest.approx(0.4) == found.in_flight
    assert found.in_flight == found.seconds


def test_a_bucket_bounds_what_is_over_its_burst() -> None:
    """The burst is free, the rest comes at the refill, and the last call still has to be made."""
    wide = {f"n{number}": () for number in range(15)}
    found = bound(wide, n=(10, 1.0))
    assert "n" == found.api
    assert pytest.approx(5.1) == found.bucket


def test_a_bucket_is_chained_with_what_comes_before_and_after() -> None:
    """Neither the first of its calls nor the last can be made before what it waits for, or end it all."""
    nets = {f"n{number}": ("v", "s") for number in range(12)}
    routes = {f"r{number}": (f"n{number}",) for number in range(12)}
    found = bound({"v": (), "s": ("v",), **nets, **routes}, n=(10, 1.0))
    assert pytest.approx(0.2 + 2.0 + 0.2) == found.seconds


def test_the_slowest_bucket_counts() -> None:
    """Of several buckets the one that takes longest is told."""
    calls = dict.fromkeys(("a1", "a2", "a3", "b1", "b2"), ())
    found = bound(calls, a=(1, 4.0), b=(1, 1.0))
    assert "b" == found.api
    assert pytest.approx(1.1) == found.bucket


def test_nothing_to_do_takes_no_time() -> None:
    """An empty graph has the bound zero."""
    assert 0 == bound({}).seconds


def test_a_circle_has_no_bound() -> None:
    """What waits for itself is never made."""
    with pytest.raises(CycleError):
        bound({"a": ("b",), "b": ("a",)})


@pytest.mark.parametrize(
    ("figure", "kept"),
    [
        (Figure("", "told only", 5), True),
        (Figure("", "under its bound", 0.2, most=0.3), True),
        (Figure("", "over its bound", 0.4, most=0.3), False),
        (Figure("", "as it must be", 9, exactly=9), True),
        (Figure("", "one more", 10, exactly=9), False),
    ],
)
def test_a_figure_knows_whether_its_bound_is_kept(figure: Figure, kept: bool) -> None:
    """The exit code of the benchmarks hangs on it."""
    assert kept is figure.kept


def test_the_table_names_what_is_broken() -> None:
    """A broken bound stands out in its row."""
    lines = table([Figure("Calls", "of a pass", 10, exactly=9), Figure("Calls", "told", 2.5, "s")]).splitlines()
    assert ["Calls", "of a pass 10 = 9 BROKEN", "told 2.5 s"] == [" ".join(line.split()) for line in lines]
