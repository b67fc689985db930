"""What is live in one account and region, and what the things in it say of each other."""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from controller.core.model.cloud import blaming
from controller.core.model.facts import Facts
from controller.core.model.kind import Catalog
from controller.core.model.live import Live, Phase, Placed, Thing
from controller.core.model.reference import (
    EXPRESSIONS,
    Foreign,
    Lookup,
)
from controller.core.model.shape import Record, Scalar, Tree
from controller.core.planning.diff import Known, Unknowable

MOST_NAMED = 5
"""So many things are named in place of what was looked up."""
COMPARING = "telling apart every"
"""What a kind's own code does where its things are matched with nodes."""
Query = tuple[tuple[str, str | bool | int], ...]


@dataclass(frozen=True)
class Inventory:
    """Everything live that was listed in one account and region, by kind; gone things are left out.

    What was listed in further regions stands beside it, each region by itself: ids and names are compared within one.
    """

    account: str
    region: str
    live: Mapping[str, tuple[Live, ...]]
    failed: Mapping[str, str] = field(default_factory=dict)
    """Kinds whose listing failed, with the reason: nothing may be concluded about them."""

    searched: Mapping[tuple[str, Query], tuple[Live, ...] | str] = field(default_factory=dict)
    """What look-ups of kinds that are not listed for them found, the best first, by kind and query; or why not."""

    unsearched: Mapping[str, str] = field(default_factory=dict)
    """Kinds that were listed, and whose orphans were not searched for, with the reason."""

    requested_at: Mapping[str, float] = field(default_factory=dict)
    """When each kind was asked for, by the clock of who asked: what came later may not be in it."""

    abroad: Mapping[str, "Inventory"] = field(default_factory=dict)
    """What was listed in the other regions in which the stacks are."""

    def at(self, region: str) -> "Inventory":
        """That of a region; this one for its own, and for an empty name."""
        if region in ("", self.region):
            return self
        return self.abroad.get(region) or Inventory(self.account, region, {})

    @property
    def regions(self) -> "dict[str, Inventory]":
        """All inventories by region, its own under an empty name."""
        return {"": self, **self.abroad}

    def requested(self, kinds: Collection[Placed], at: float) -> "Inventory":
        """The same, where these kinds were asked for at this time."""
        here = {kind: at for kind, region in kinds if not region}
        abroad = {
            name: there.requested([Placed(kind) for kind, region in kinds if region == name], at)
            for name, there in self.abroad.items()
        }
        return replace(self, requested_at={**self.requested_at, **here}, abroad=abroad)

    def without(self, kind: str, why: str) -> "Inventory":
        """The same, where nothing may be concluded about a kind."""
        live = {name: lives for name, lives in self.live.items() if name != kind}
        abroad = {region: inventory.without(kind, why) for region, inventory in self.abroad.items()}
        return replace(self, live=live, failed={**self.failed, kind: why}, abroad=abroad)

    def of(self, kind: str) -> tuple[Live, ...]:
        """The live things of one kind; empty where the listing failed."""
        return self.live.get(kind, ())


def told_everywhere(inventory: Inventory, what: Callable[[Inventory], Mapping[str, str]]) -> dict[str, str]:
    """What is told of kinds, of whatever region: `Vpc`, and `Vpc@us-east-1` of another."""
    parts = inventory.regions.items()
    return {str(Placed(kind, region)): why for region, part in parts for kind, why in what(part).items()}


def attribute_of(live: Live, attribute: str) -> Any:
    """An attribute, or a field by its dotted path; None while AWS shows none."""
    if attribute == "id":
        return live.id
    if attribute in live.attributes:
        return live.attributes[attribute]
    value: Any = live.fields
    for part in attribute.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def find(inventory: Inventory, wanted: Foreign | Lookup) -> Known | Unknowable:
    """The value behind a reference to what is not in this stack: exactly one live thing, or a reason."""
    inventory = inventory.at(wanted.region)
    kind = wanted.address.kind if isinstance(wanted, Foreign) else wanted.kind
    if kind in inventory.failed:
        return Unknowable(inventory.failed[kind])
    searched = inventory.searched.get((kind, wanted.query)) if isinstance(wanted, Lookup) else None
    if isinstance(searched, str):
        return Unknowable(searched)
    if searched is not None:
        matching = list(searched[:1])
    else:
        matching = [
            live for live in inventory.of(kind) if live.phase is not Phase.LEAVING and _is_wanted(live, wanted)
        ]
    if not matching:
        return Unknowable(f"{wanted} does not exist{_nearest(inventory, wanted)}")
    if len(matching) > 1:
        some = ", ".join(sorted(live.id for live in matching)[:MOST_NAMED])
        more = ", …" if len(matching) > MOST_NAMED else ""
        return Unknowable(f"{wanted} is ambiguous: {len(matching)} match ({some}{more})")
    value = attribute_of(matching[0], wanted.attribute)
    return Unknowable(f"{wanted} has no {wanted.attribute} yet") if value is None else Known(value)


def _is_wanted(live: Live, wanted: Foreign | Lookup) -> bool:
    if isinstance(wanted, Foreign):
        return live.owner is not None and live.owner[:2] == (wanted.stack, wanted.address.name)
    return all(_text(_shown(live, key)) == _text(value) for key, value in wanted.query)


def _nearest(inventory: Inventory, wanted: Foreign | Lookup) -> str:
    """What there is in place of what was looked up: the values of the first key for which nothing fits."""
    if isinstance(wanted, Foreign) or (wanted.kind, wanted.query) in inventory.searched:
        return ""
    lives = inventory.of(wanted.kind)
    for key, value in wanted.query:
        there = sorted({str(_text(shown)) for live in lives if (shown := _shown(live, key)) is not None})
        lives = tuple(live for live in lives if _text(_shown(live, key)) == _text(value))
        if not lives:
            named = get_close_matches(str(_text(value)), there, n=MOST_NAMED) or there
            some = ", ".join(named[:MOST_NAMED])
            return f"; for {key} there is {some}{', …' if len(named) > MOST_NAMED else ''}" if named else ""
    return ""


def _text(value: Any) -> Any:
    """A number, or true and false, as a text, for AWS and a document may write either."""
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else value


def _shown(live: Live, key: str) -> Any:
    return live.tags.get(key[4:]) if key.startswith("tag:") else attribute_of(live, key)


def natural_key(kind: Facts, fields: Tree) -> Hashable | None:
    """The values that tell a thing of this kind from others without tags; None where one is not known."""
    parts = []
    with blaming(COMPARING, kind.name):
        for name in kind.natural_key:
            shape, value = kind.shape.fields[name].shape, fields.get(name)
            if not isinstance(shape, Scalar) or value is None or isinstance(value, EXPRESSIONS):
                return None
            parts.append(shape.equality.normal(value))
    return tuple(parts) or None


def at_path(value: Any, path: Iterable[str]) -> Iterator[Any]:
    """Every value at a path of field names; lists on the way are walked through."""
    first, *rest = [*path] or [""]
    if isinstance(value, list):
        for part in value:
            yield from at_path(part, path)
    elif not first:
        yield value
    elif isinstance(value, Mapping) and first in value:
        yield from at_path(value[first], rest)


def pointing(catalog: Catalog, lives: Iterable[Live]) -> Callable[[Live], set[Thing]]:
    """A function that says which of these things another refers to, itself left out.

    What only a region tells apart is referred to from within that alone; an ARN, and what is in no region, from
    everywhere.
    """

    worldwide = {name for name, kind in catalog.items() if kind.worldwide}

    def place(kind: str, value: str, region: str) -> str:
        return "" if value.startswith("arn:") or kind in worldwide else region

    known = {
        (live.kind, name, value, live.region and place(live.kind, value, live.region)): live.thing
        for live in lives
        for name, value in _names(live)
    }

    def targets(live: Live) -> set[Thing]:
        values = (
            (kind, part.to.attribute, value, live.region and place(kind, value, live.region))
            for path, part in catalog[live.kind].shape.references
            if part.to and not part.write_only
            for value in at_path(live.fields, path)
            if isinstance(value, str)
            for kind in part.to.kinds
        )
        return {known[value] for value in values if value in known} - {live.thing}

    return targets


def _names(live: Live) -> Iterator[tuple[str, str]]:
    """All by which others may refer to a thing."""
    yield "id", live.id
    for name, value in (*live.attributes.items(), *live.fields.items()):
        if isinstance(value, str):
            yield name, value


def given(shape: Record, fields: Tree) -> Iterator[Any]:
    """What a thing gives itself to: the values of its references that give."""
    for path, part in shape.references:
        if part.to and part.to.gives:
            yield from at_path(fields, path)


def member_ids(lives: Iterable[Live]) -> dict[tuple[str, Hashable], str]:
    """AWS's own ids of elements by field and element, over all live things of a kind."""
    return {
        (name, element): id for live in lives for name, ids in live.members.items() for element, id in ids.items()
    }
