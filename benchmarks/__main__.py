"""Measure the product against its bounds: `python -m benchmarks [--json] [--quick]`; exit 1 when one is broken."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from benchmarks import convergence, memory, steady
from benchmarks.figures import Figure, table

Measurement = Callable[[Path], list[Figure]]


def measurements(quick: bool) -> Iterator[Measurement]:
    """What there is to measure; `quick` leaves out what takes a minute."""
    yield partial(steady.measure, 1_000)
    if not quick:
        yield partial(steady.measure, steady.MANY)
    yield steady.measure_sharing
    yield partial(memory.measure, memory.MANY)
    yield partial(convergence.measure, 100, attempts=2)
    if not quick:
        yield partial(convergence.measure, 300)


def main() -> int:
    """Measure, print as it comes, and say whether every bound was kept."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--json", action="store_true", help="one list of figures, for programs")
    options.add_argument("--quick", action="store_true", help="only the smaller sizes")
    given = options.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        for measure in measurements(given.quick):
            measured = measure(Path(folder))
            figures += measured
            if not given.json:
                print(table(measured), end="\n\n", flush=True)
    if given.json:
        print(json.dumps([{**asdict(figure), "kept": figure.kept} for figure in figures], indent=2))
    return 0 if all(figure.kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
