"""Observing: one bulk listing per account, region and kind, read again in every pass.

What no listing shows is a second, slower tier: see `details.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from graphlib import TopologicalSorter

from controller.core.model.cloud import Cloud, HoldfastError, Meaning, Refused, blaming
from controller.core.model.kind import Catalog
from controller.core.model.live import Live, Placed
from controller.core.model.reader import Reader
from controller.core.model.reference import Lookup
from controller.core.model.stack import Stack
from controller.core.planning.inventory import Inventory, Query
from controller.engine.scope import ListingRequest, parent_kinds, scope_of


def kinds_of(stacks: Iterable[Stack]) -> set[Placed]:
    """The kinds that some documents name, by their nodes or by what they refer to outside."""
    return {kind for stack in stacks for kind in stack.placed_kinds}


def every_kind(catalog: Catalog, regions: Iterable[str]) -> set[Placed]:
    """All kinds in the stacks' own region, and in these those that are in a region."""
    regional = [name for name, kind in catalog.items() if not kind.worldwide]
    return {Placed(name) for name in catalog} | {Placed(name, region) for region in regions for name in regional}


def observe(
    cloud: Cloud,
    catalog: Catalog,
    kinds: Iterable[Placed],
    pool: ThreadPoolExecutor,
    look: ListingRequest,
    known: Inventory | None = None,
) -> Inventory:
    """List these kinds side by side, those within others after them. A listing that fails leaves its kind unknown.

    `known` is what was listed before; the rest of it stays. Raises `Refused` or `Unreachable` when not even the
    account can be told.
    """
    named: dict[str, set[str]] = {"": set()}
    for kind, region in kinds:
        named.setdefault(region, set()).add(kind)
    inventory = known or Inventory(cloud.account(), cloud.region, {})
    abroad = dict(inventory.abroad)
    for region in sorted(named.keys() - {""}):
        there = look.at(region)
        abroad[region] = _observed(inventory.at(region), cloud.at(region), catalog, named[region], pool, there)
    return replace(_observed(inventory, cloud, catalog, named[""], pool, look), abroad=abroad)


def _observed(
    inventory: Inventory,
    cloud: Cloud,
    catalog: Catalog,
    kinds: set[str],
    pool: ThreadPoolExecutor,
    look: ListingRequest,
) -> Inventory:
    """The inventory of one region with these kinds listed; with all look-ups made, where it is a new one."""
    fresh = not (inventory.live or inventory.failed)
    searching = {name: kind for name, kind in catalog.items() if kind.searched_by and (name in kinds or fresh)}
    inventory = replace(inventory, searched={**inventory.searched, **dict(_searched(cloud, searching, pool, look))})
    for level in _levels(catalog, kinds):
        inventory = _with(inventory, cloud, catalog, level, pool, look)
    return inventory


def _levels(catalog: Catalog, kinds: Iterable[str]) -> Iterator[list[str]]:
    """The kinds in the order in which they can be listed: what is listed by its parents comes after those."""
    parents = {name: set(parent_kinds(catalog[name])) & {*kinds} for name in kinds}
    sorter = TopologicalSorter(parents)
    sorter.prepare()
    while sorter.is_active():
        level = sorter.get_ready()
        yield sorted(level)
        sorter.done(*level)


def _with(
    inventory: Inventory,
    cloud: Cloud,
    catalog: Catalog,
    kinds: list[str],
    pool: ThreadPoolExecutor,
    look: ListingRequest,
) -> Inventory:
    """The inventory with these kinds listed too."""
    live = {**inventory.live}
    failed = {name: why for name, why in inventory.failed.items() if name not in kinds}
    unsearched = {name: why for name, why in inventory.unsearched.items() if name not in kinds}
    futures = {}
    for name in kinds:
        lost = next(
            (inventory.failed[parent] for parent in parent_kinds(catalog[name]) if parent in inventory.failed), ""
        )
        if lost:
            failed[name] = lost
        else:
            untold = partial(unsearched.__setitem__, name)
            futures[name] = pool.submit(_list, catalog, name, cloud, inventory, look, untold)
    for name, future in futures.items():
        try:
            live[name] = future.result()
        except HoldfastError as error:
            failed[name] = str(error)
    return replace(inventory, live=live, failed=failed, unsearched=unsearched)


def _list(
    catalog: Catalog,
    name: str,
    cloud: Cloud,
    inventory: Inventory,
    look: ListingRequest,
    unsearched: Callable[[str], None],
) -> tuple[Live, ...]:
    kind = catalog[name]
    with blaming("listing every", name):
        scope = replace(scope_of(catalog, kind, inventory, look), unsearched=unsearched)
        lives = tuple(kind.observe(cloud, scope))
        there = {thing.id for thing in look.remembered if (thing.kind, thing.region) == (name, look.region)}
        lost = there - {live.id for live in lives}
        lives = (*lives, *(Live(name, id, {}, {}) for id in sorted(lost) if _shows(kind, cloud, id)))
        return tuple(replace(live, region=look.region) for live in lives) if look.region else lives


def _shows(kind: Reader, cloud: Cloud, id: str) -> bool:
    """Whether AWS shows a thing that is asked for by its id. What may not be read is none of ours any more."""
    try:
        return kind.shows(cloud, id) is True
    except Refused as error:
        if error.meaning is not Meaning.DENIED:
            raise
        return False


def _searched(
    cloud: Cloud, catalog: Catalog, pool: ThreadPoolExecutor, look: ListingRequest
) -> Iterator[tuple[tuple[str, Query], tuple[Live, ...] | str]]:
    """What the look-ups of kinds that are asked for them find, or why one has failed."""
    wanted = {
        (kind, lookup.query) for kind in catalog for lookup in look.elsewhere(kind) if isinstance(lookup, Lookup)
    }
    futures = {key: pool.submit(_search, catalog[key[0]], cloud, look.region, dict(key[1])) for key in sorted(wanted)}
    for key, future in futures.items():
        try:
            yield key, future.result()
        except HoldfastError as error:
            yield key, str(error)


def _search(kind: Reader, cloud: Cloud, region: str, query: Mapping[str, str | bool | int]) -> tuple[Live, ...]:
    with blaming("looking up a", kind.name):
        return tuple(replace(live, region=region) if region else live for live in kind.search(cloud, query))
