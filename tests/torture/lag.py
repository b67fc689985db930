"""What AWS does not show yet: things and tags made a moment ago."""

import re
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.clock import Clock
from tests.slow.wire import Asked, Refusal, Tree
from tests.torture.faults import READS, Sort, Weather
from tests.torture.kept import BY_LISTING, BY_MAKER, Kept

LONGEST = {Sort.LATE: 40.0, Sort.LATE_TAGS: 20.0, Sort.EARLY: 8.0}
"""Seconds; how long a kind lags in a story is drawn up to this."""
SHOWN_ALREADY = 0.2
"""How often a read finds somebody who knows already,"""
FLAPPING = 8.0
"""so many seconds before everybody does."""
TAGS = ("Tags", "TagSet", "TagList")
Key = tuple[str, str]
"""Kind and id: an id may be a name, which things of several kinds have."""


class Lag:
    """Remembers what is young, and shows the world as somebody does who has not heard of it."""

    def __init__(self, clock: Clock, chance: Random, weather: Weather) -> None:
        self.clock, self.chance, self.weather = clock, chance, weather
        self.seconds: dict[tuple[Sort, str], float] = {}
        self.young: dict[Sort, dict[Key, tuple[Kept, float]]] = {sort: {} for sort in LONGEST}
        """Ids, and until when nobody knows of them, by sort."""

    def note(self, asked: Asked, answer: Tree) -> str:
        """A call was granted: what it has made is young. The id of that, if it made anything."""
        kept = BY_MAKER.get((asked.service, asked.operation))
        if kept is None:
            return ""
        id = born_id(kept, asked, answer)
        for sort in sorted(self.weather.sorts & LONGEST.keys()):
            if sort is Sort.EARLY and not kept.missing:
                continue
            self._hide(sort, kept, id)
        return id

    def _hide(self, sort: Sort, kept: Kept, id: str) -> None:
        if (sort, kept.kind) not in self.seconds:
            self.seconds[sort, kept.kind] = self.chance.choice((0.0, 1.0)) * self.chance.uniform(1, LONGEST[sort])
        until = min(self.clock() + self.seconds[sort, kept.kind], self.weather.until)
        if until > self.clock():
            self.young[sort][kept.kind, id] = kept, until

    def refuses(self, asked: Asked) -> Refusal | None:
        """A request that names what is too young is not granted."""
        if not self.young[Sort.EARLY]:
            return None
        named = set(_named(asked.parameters))
        for key in self._hidden(Sort.EARLY, {key for key in self.young[Sort.EARLY] if key[1] in named}):
            kept, _ = self.young[Sort.EARLY][key]
            return Refusal(kept.missing, kept.status, f"The ID '{key[1]}' does not exist")
        return None

    def hides(self, asked: Asked, body: bytes) -> bool:
        """Whether an answer shows anything that is young."""
        ids = {id for sort in (Sort.LATE, Sort.LATE_TAGS) for _, id in self.young[sort]}
        if not ids or not asked.operation.startswith(READS):
            return False
        named = " ".join(_named(asked.parameters))
        return any(id.encode() in body or id in named for id in ids)

    def show(self, asked: Asked, answer: Tree) -> set[Sort]:
        """Take out of a read what is young; what sorts of lag there were."""
        kept = BY_LISTING.get((asked.service, asked.operation))
        found: set[Sort] = set()
        if kept and self._leave_out(kept, answer):
            found.add(Sort.LATE)
        if self.young[Sort.LATE_TAGS] and self._untag(asked, kept, answer):
            found.add(Sort.LATE_TAGS)
        return found

    def _leave_out(self, kept: Kept, answer: Tree) -> bool:
        """A listing without what is young; whether there was any."""
        lists = [*lists_at(answer, kept.member)]
        late = {
            id
            for _, id in self._hidden(
                Sort.LATE, {_key(kept, item) for holder, name in lists for item in holder[name]}
            )
        }
        for holder, name in lists if late else ():
            holder[name] = [item for item in holder[name] if item.get(kept.id) not in late]
            if "Quantity" in holder:
                holder["Quantity"] = len(holder[name])
        return bool(late)

    def _untag(self, asked: Asked, kept: Kept | None, answer: Tree) -> bool:
        """The tags of what is young are not shown, in its listing or asked for by its id; whether there were any."""
        tagged = (
            [(_key(kept, item), item) for holder, name in lists_at(answer, kept.member) for item in holder[name]]
            if kept
            else []
        )
        for key, (of, _) in self.young[Sort.LATE_TAGS].items():
            if of.service == asked.service and not kept:
                tagged += [(key, each) for each in _tags_asked_for(key[1], asked, answer)]
        hidden = set(self._hidden(Sort.LATE_TAGS, {key for key, _ in tagged}))
        for key, item in tagged:
            if key in hidden:
                for name in TAGS:
                    item.pop(name, None)
        return bool(hidden)

    def _hidden(self, sort: Sort, keys: set[Key]) -> Iterator[Key]:
        """Those things that this read does not know of."""
        for key in sorted(keys & self.young[sort].keys()):
            left = self.young[sort][key][1] - self.clock()
            if left <= 0:
                del self.young[sort][key]
            elif left > FLAPPING or self.chance.random() >= SHOWN_ALREADY:
                yield key


def born_id(kept: Kept, asked: Asked, answer: Tree) -> str:
    """The id of what was made: a member of the answer, or of the first structure in it that has one, or asked for."""
    parts = [each for value in answer.values() for each in (value if isinstance(value, list) else [value])]
    inner = next((part for part in parts if isinstance(part, dict) and kept.id in part), answer)
    return str(inner.get(kept.id) or asked.parameters.get(kept.id, ""))


def lists_at(value: Tree, path: str) -> Iterator[tuple[Tree, str]]:
    """Each list at a path, by what it stands in and its name there."""
    name, _, rest = path.partition(".")
    inner = value.get(name)
    if rest:
        for each in inner if isinstance(inner, list) else [inner or {}]:
            yield from lists_at(each, rest)
    elif isinstance(inner, list):
        yield value, name


def _key(kept: Kept, item: Tree) -> Key:
    return kept.kind, str(item.get(kept.id, ""))


def _tags_asked_for(id: str, asked: Asked, answer: Tree) -> Iterator[Tree]:
    """What shows the tags of one thing to somebody who has asked for them by its id."""
    named = [text for text in _named(asked.parameters) if re.split("[:/]", text)[-1] == id or text == id]
    for text in named:
        described = answer.get("TagDescriptions")
        yield from (answer,) if described is None else (each for each in described if each.get("ResourceArn") == text)


def _named(value: Any, name: str = "") -> Iterator[str]:
    """Every text in the parameters of a request, filters left out: they are no question for one thing."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("Filters", "Filter", "TagSpecifications", *TAGS):
                yield from _named(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, name)
    elif isinstance(value, str):
        yield value
