"""What AWS does not show yet: things and tags made a moment ago."""

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.engine.harness import Clock
from tests.slow.wire import Asked, Refusal, Tree
from tests.torture.faults import READS, Sort, Weather
from tests.torture.kept import BY_LISTING, BY_MAKER, Kept

LONGEST = {Sort.LATE: 40.0, Sort.LATE_TAGS: 20.0, Sort.EARLY: 8.0}
"""Seconds; how long a kind lags in a story is drawn up to this."""
SHOWN_ALREADY = 0.2
"""How often a read finds somebody who knows already,"""
FLAPPING = 8.0
"""so many seconds before everybody does."""
TAGS = "Tags"


class Lag:
    """Remembers what is young, and shows the world as somebody does who has not heard of it."""

    def __init__(self, clock: Clock, chance: Random, weather: Weather) -> None:
        self.clock, self.chance, self.weather = clock, chance, weather
        self.seconds: dict[tuple[Sort, str], float] = {}
        self.young: dict[Sort, dict[str, tuple[Kept, float]]] = {sort: {} for sort in LONGEST}
        """Ids, and until when nobody knows of them, by sort."""

    def note(self, asked: Asked, answer: Tree) -> str:
        """A call was granted: what it has made is young. The id of that, if it made anything."""
        kept = BY_MAKER.get((asked.service, asked.operation))
        if kept is None:
            return ""
        id = born_id(kept, asked, answer)
        for sort in sorted(self.weather.sorts & LONGEST.keys()):
            self._hide(sort, kept, id)
        return id

    def _hide(self, sort: Sort, kept: Kept, id: str) -> None:
        if (sort, kept.kind) not in self.seconds:
            self.seconds[sort, kept.kind] = self.chance.choice((0.0, 1.0)) * self.chance.uniform(1, LONGEST[sort])
        until = min(self.clock() + self.seconds[sort, kept.kind], self.weather.until)
        if until > self.clock():
            self.young[sort][id] = kept, until

    def refuses(self, asked: Asked) -> Refusal | None:
        """A request that names what is too young is not granted."""
        if not self.young[Sort.EARLY]:
            return None
        for id in self._hidden(Sort.EARLY, set(_named(asked.parameters))):
            kept, _ = self.young[Sort.EARLY][id]
            return Refusal(kept.missing, kept.status, f"The ID '{id}' does not exist")
        return None

    def hides(self, asked: Asked, body: bytes) -> bool:
        """Whether an answer shows anything that is young."""
        ids = {*self.young[Sort.LATE], *self.young[Sort.LATE_TAGS]}
        return asked.operation.startswith(READS) and any(id.encode() in body for id in ids)

    def show(self, asked: Asked, answer: Tree) -> set[Sort]:
        """Take out of a read what is young; what sorts of lag there were."""
        kept = BY_LISTING.get((asked.service, asked.operation))
        if kept is None or kept.member not in answer:
            return set()
        found: set[Sort] = set()
        items = answer[kept.member]
        late = set(self._hidden(Sort.LATE, {item.get(kept.id, "") for item in items}))
        if late:
            found.add(Sort.LATE)
            answer[kept.member] = items = [item for item in items if item.get(kept.id) not in late]
        for id in self._hidden(Sort.LATE_TAGS, {item.get(kept.id, "") for item in items}):
            found.add(Sort.LATE_TAGS)
            for item in items:
                if item[kept.id] == id:
                    item.pop(TAGS, None)
        return found

    def _hidden(self, sort: Sort, ids: set[str]) -> Iterator[str]:
        """Those of the ids that this read does not know of."""
        for id in sorted(ids & self.young[sort].keys()):
            left = self.young[sort][id][1] - self.clock()
            if left <= 0:
                del self.young[sort][id]
            elif left > FLAPPING or self.chance.random() >= SHOWN_ALREADY:
                yield id


def born_id(kept: Kept, asked: Asked, answer: Tree) -> str:
    """The id that a maker's answer gives: its own member, or that of the one structure in it."""
    inner = next((value for value in answer.values() if isinstance(value, dict) and kept.id in value), answer)
    return str(inner.get(kept.id) or asked.parameters.get(kept.id, ""))


def _named(value: Any, name: str = "") -> Iterator[str]:
    """Every text in the parameters of a request, filters left out: they are no question for one thing."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("Filters", "Filter", "TagSpecifications", TAGS):
                yield from _named(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, name)
    elif isinstance(value, str):
        yield value
