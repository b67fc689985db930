"""`python -m tests.torture`: many seeds, or one with its trace. Exits 1 when the program failed in any of them."""

import argparse
import os
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from controller.cli.collector import settle_collector
from tests.conftest import DUMMIES
from tests.torture.audit import Failure, Verdict
from tests.torture.faults import Sort
from tests.torture.figures import Figures, verdict_of
from tests.torture.scenarios import SETTINGS, scenario_of, tell
from tests.torture.story import Told

ORDER = "PYTHONHASHSEED"
"""The order of sets is a part of what a seed decides."""
TOLD_EVERY = 100


def main(arguments: Sequence[str]) -> int:
    """One seed with its trace, or many with their figures."""
    given = _arguments().parse_args(arguments)
    if given.seed is not None:
        return _one(given.seed, given.scenario or scenario_of(given.seed), given.faults)
    return _many(range(given.first, given.first + given.seeds), given.scenario, given.faults, given.workers)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="one alone, with a trace of its requests and faults")
    parser.add_argument("--scenario", choices=sorted(SETTINGS), help="one alone; the network mostly unless given")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    sorts = ", ".join(Sort)
    parser.add_argument("--faults", type=_sorts, default=tuple(Sort), help=f"only these, by commas, of {sorts}")
    return parser


def _sorts(text: str) -> tuple[Sort, ...]:
    return tuple(Sort(word) for word in text.split(",") if word)


def _one(seed: int, scenario: str, sorts: Collection[Sort]) -> int:
    told = tell(seed, scenario, sorts)
    print("\n".join(told.trace))
    print(verdict_of(told) if told.verdict else f"{scenario} seed {seed}: nothing was wrong")
    return 1 if told.verdict else 0


def _many(seeds: range, scenario: str | None, sorts: Collection[Sort], workers: int) -> int:
    figures, begun = Figures(), time.monotonic()
    for told in _told(seeds, scenario, sorts, workers):
        figures.add(told)
        if told.verdict:
            print(verdict_of(told), flush=True)
        if figures.scenarios.total() % TOLD_EVERY == 0:
            passed = f"{time.monotonic() - begun:.0f} s"
            print(f"… {figures.scenarios.total()} seeds, {figures.failures} failed, {passed}", flush=True)
    print("\n".join(figures.lines()))
    return 1 if figures.failures else 0


def _told(seeds: range, scenario: str | None, sorts: Collection[Sort], workers: int) -> Iterator[Told]:
    task = partial(_without_trace, scenario=scenario, sorts=sorts)
    if workers == 1:
        yield from map(task, seeds)
        return
    with ProcessPoolExecutor(workers, get_context("fork"), settle_collector) as pool:
        yield from pool.map(task, seeds, chunksize=5)


def _without_trace(seed: int, scenario: str | None, sorts: Collection[Sort]) -> Told:
    """Only the trace of one seed is ever read, and it is told anew for that. The others go on where one breaks."""
    scenario = scenario or scenario_of(seed)
    try:
        told = tell(seed, scenario, sorts)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told with its seed
        return Told(seed, scenario, tuple(sorts), Verdict(Failure.BED, f"{type(error).__name__}: {error}"))
    told.trace.clear()
    return told


def start() -> None:
    """In an environment where no real account can be meant, and where sets have one order."""
    settings = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")} | DUMMIES
    if os.environ.get(ORDER) != "0":
        os.execve(sys.executable, [sys.executable, "-m", "tests.torture", *sys.argv[1:]], {**settings, ORDER: "0"})  # noqa: S606  # this very program again
    os.environ.update(settings)
    settle_collector()
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    start()
