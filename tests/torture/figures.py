"""What many seeds came to."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.torture.audit import Failure
from tests.torture.faults import Sort
from tests.torture.story import Told

SEEDS_SHOWN = 12


@dataclass
class Figures:
    """Counts, and the seeds that failed by class."""

    scenarios: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    failed: dict[Failure, list[Told]] = field(default_factory=lambda: defaultdict(list))

    def add(self, told: Told) -> None:
        """One more seed."""
        self.scenarios[told.scenario] += 1
        self.counts.update(told.counts)
        if told.verdict:
            self.failed[told.verdict.failure].append(told)

    @property
    def failures(self) -> int:
        """How many seeds failed."""
        return sum(map(len, self.failed.values()))

    def lines(self) -> Iterator[str]:
        """All of it, for people."""
        seeds = ", ".join(f"{name} {number}" for name, number in sorted(self.scenarios.items()))
        yield f"seeds      {self.scenarios.total()} ({seeds})"
        for name in ("chapters", "starts", "requests", "writes", "twins told"):
            yield f"{name:<10} {self.counts[name]:,}"
        faults = ", ".join(f"{sort} {self.counts[sort]:,}" for sort in Sort if self.counts[sort])
        yield f"faults     {faults or 'none'}"
        yield f"failures   {self.failures}"
        for failure, stories in sorted(self.failed.items()):
            yield from _class_of(failure, stories)


def _class_of(failure: Failure, stories: list[Told]) -> Iterator[str]:
    by_sort = Counter(sort for told in stories for sort in told.sorts)
    seeds = " ".join(f"{told.scenario}:{told.seed}" for told in stories[:SEEDS_SHOWN])
    more = " …" if len(stories) > SEEDS_SHOWN else ""
    yield f"  {failure}: {len(stories)} — {seeds}{more}"
    yield f"    among {', '.join(f'{sort} {number}' for sort, number in by_sort.most_common())}"


def verdict_of(told: Told) -> str:
    """One failure in words: scenario, seed, request and why."""
    assert told.verdict is not None
    sorts = ", ".join(told.sorts)
    place = f", request {told.verdict.request}" if told.verdict.request else ""
    return f"{told.scenario} seed {told.seed} ({sorts}){place}: {told.verdict.failure}: {told.verdict.why}"
