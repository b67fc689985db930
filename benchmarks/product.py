"""The product in a process of its own, wired as its commands wire it; the benchmarks talk to it line by line.

    python -m benchmarks.product passes DOCUMENT…      a pass for each line on standard input
    python -m benchmarks.product converge DOCUMENT…    passes until all is ready, for each stack

Each line on standard output is a JSON object that says what the step just made has cost.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from controller.cli.collector import settle_collector
from controller.cli.documents import read, source_at
from controller.cli.wiring import Parts, parts
from controller.core.model.stack import Stack
from controller.engine.loop import Result
from controller.engine.reconcile import Intent
from controller.report import logs

TIMEOUT_SECONDS = 300.0


def tell(what: str, since: float, **facts: Any) -> None:
    """One line: CPU seconds since `since`, the most memory so far, and the facts."""
    cost = {"cpu": time.process_time() - since, "peak_mb": peak_mb()}
    print(json.dumps({"what": what, **cost, **facts}), flush=True)


def peak_mb() -> float:
    """The most memory that was resident at any time."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def passes(given: Parts, stacks: Sequence[Stack]) -> None:
    """A pass over all stacks for each line that comes in."""
    for _ in sys.stdin:
        since = time.process_time()
        verdicts = [_in_sync(result) for result in given.controller.passes(stacks, Intent())]
        tell("pass", since, in_sync=all(verdicts))


def _in_sync(result: Result) -> bool:
    if result.error:
        raise result.error
    return result.done is not None and result.done.plan.in_sync


def converge(given: Parts, stacks: Sequence[Stack]) -> None:
    """Make everything, a stack after the other, in a program that has looked once: its start is told apart."""
    since, began = time.process_time(), time.monotonic()
    for result in given.controller.passes(stacks, Intent(write=False)):
        _in_sync(result)
    tell("looked", since, seconds=time.monotonic() - began)
    for stack in stacks:
        since, began = time.process_time(), time.monotonic()
        in_sync = _in_sync(given.controller.converge(stack, Intent(), TIMEOUT_SECONDS))
        tell("converged", since, in_sync=in_sync, seconds=time.monotonic() - began)


def loaded(given: Parts, paths: Iterator[Path]) -> list[Stack]:
    """The stacks of the documents, read and declared as the loop does it."""
    since = time.process_time()
    stacks = read(source_at(list(paths)), given.catalog)
    given.telemetry.declare(stacks)
    tell("loaded", since, nodes=sum(len(stack.nodes) for stack in stacks))
    settle_collector()
    return stacks


def main() -> None:
    """Load the documents and do what is asked."""
    mode, *paths = sys.argv[1:]
    logs.set_up("error")
    with parts() as given:
        {"passes": passes, "converge": converge}[mode](given, loaded(given, map(Path, paths)))


if __name__ == "__main__":
    main()
