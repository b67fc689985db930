"""What a document looks up is asked for as its kind can be: a misspelled key would never find anything."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from controller.core.document.checks import DocumentScope, Fault
from controller.core.document.problem import Loc, near
from controller.core.model.cloud import Bug, blaming
from controller.core.model.kind import Kind
from controller.core.model.paths import fields_in
from controller.core.model.reference import Lookup
from controller.core.model.shape import Scalar

TAG = "tag:"


def lookup_faults(world: DocumentScope) -> Iterator[Fault]:
    """Every key of every look-up that nothing can be found by."""
    keys: dict[str, list[str]] = {}
    for node in chain(world.nodes.values(), world.faulty.values()):
        for at, lookup in _lookups(node.fields):
            try:
                with blaming("looking at the keys of", lookup.kind):
                    known = keys[lookup.kind] = keys.get(lookup.kind) or keys_of(world.catalog[lookup.kind])
            except Bug as bug:
                yield Fault(node.address, at, str(bug))
                continue
            for key in (key for key, _ in lookup.query if not (key in known or key.startswith(TAG))):
                hint = near(key, known) or f"its keys are {', '.join(known)} and {TAG}<key>"
                yield Fault(node.address, (*at, "find", key), f"{lookup.kind} cannot be looked up by {key}", hint)


def keys_of(kind: Kind) -> list[str]:
    """What things of a kind can be looked up by, besides tags: what AWS lists, or takes as a filter."""
    if kind.searched_by:
        return sorted(kind.searched_by)
    always, unlisted = kind.detailed({}), kind.unlisted(kind.exports)
    listed = {name for name in kind.shape.fields if kind.detailed({name: ()}) <= always}
    scalars = [
        path
        for path, part in fields_in(kind.shape)
        if isinstance(part.shape, Scalar) and "[]" not in path and not part.write_only
    ]
    return sorted({"id", *kind.exports, *(path for path in scalars if path.split(".")[0] in listed)} - unlisted)


def _lookups(value: Any, at: Loc = ()) -> Iterator[tuple[Loc, Lookup]]:
    """Every look-up in a tree with its place."""
    if isinstance(value, Lookup):
        yield at, value
    elif isinstance(value, Mapping | list):
        for step, part in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _lookups(part, (*at, step))
