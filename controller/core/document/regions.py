"""The rules on regions: where nodes are, where AWS has their kinds, and where what they refer to has to be."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from controller.core.document.checks import DocumentScope, Fault
from controller.core.document.problem import Loc
from controller.core.model.cloud import Bug, blaming
from controller.core.model.kind import Catalog
from controller.core.model.node import Node
from controller.core.model.reference import (
    Address,
    Expression,
    Foreign,
    Lookup,
    Placeholder,
    expressions_in,
    replace_expressions,
)
from controller.core.model.shape import Field, Tree
from controller.core.model.spec import Zone


def region_faults(world: DocumentScope) -> Iterator[Fault]:
    """Everything that is wrong with where nodes are."""
    for rule in RULES:
        yield from rule(world)


def placed(fields: Tree, region: str, home: str, catalog: Catalog) -> Tree:
    """The fields of a node, where what is looked for in AWS is looked for in its region, unless it says where.

    As everywhere, the region `home` of the stack has an empty name.
    """

    def place(expression: Expression) -> Expression:
        if not isinstance(expression, Foreign | Lookup):
            return expression
        kind = expression.kind if isinstance(expression, Lookup) else expression.address.kind
        there = "" if catalog[kind].worldwide else expression.region or region
        return replace(expression, region="" if there == home else there)

    named = any(isinstance(expression, Foreign | Lookup) for expression in expressions_in(fields))
    return dict(replace_expressions(fields, place)) if named else fields


def kinds_are_where_they_are_wanted(world: DocumentScope) -> Iterator[Fault]:
    """AWS has the kind in the region of the node."""
    places = {(address.kind, node.region): address for address, node in world.nodes.items() if node.region}
    lacking = {place: why for place, address in places.items() if (why := _lacking(world, address, place[1]))}
    for address, node in world.nodes.items() if lacking else ():
        if (address.kind, node.region) in lacking:
            yield Fault(address, (), lacking[address.kind, node.region])


def _lacking(world: DocumentScope, address: Address, region: str) -> str:
    """Why no node of this kind can be in a region; empty where one can."""
    kind = world.catalog[address.kind]
    try:
        with blaming("looking for the region of", address):
            offered = kind.is_offered(region)
    except Bug as bug:
        return str(bug)
    return "" if offered else f"AWS has no {kind.name} {'for accounts with' if kind.worldwide else 'in'} {region}"


def references_stay_in_their_region(world: DocumentScope) -> Iterator[Fault]:
    """What a field refers to is where AWS wants it: where the node is, unless the field says another region."""
    for node in world.nodes.values():
        for path, part in world.catalog[node.address.kind].shape.references:
            wanted = part.to.region if part.to else ""
            wanted = wanted or ("" if world.catalog[node.address.kind].worldwide else node.region)
            for at, value in _at(node.fields, path) if wanted else ():
                message, hint = _misplaced(world, node, part, value, wanted)
                if message:
                    yield Fault(node.address, at, message, hint)


def zones_are_in_the_region(world: DocumentScope) -> Iterator[Fault]:
    """The name of a zone begins with that of its region; Local Zones and Wavelength Zones have more behind it."""
    for address, node in world.nodes.items():
        for path, _ in world.catalog[address.kind].shape.zones if node.region else ():
            for at, zone in _at(node.fields, path):
                if isinstance(zone, str) and zone != Zone.EVERY and not re.match(rf"{node.region}(-|[a-z]\Z)", zone):
                    hint = f"its zones are {node.region}a and so on"
                    yield Fault(address, at, f"{zone} is no zone of {node.region}", hint)


def arns_are_of_the_partition(world: DocumentScope) -> Iterator[Fault]:
    """An ARN of another partition of AWS names nothing that AWS would find."""
    for address, node in world.nodes.items():
        try:
            with blaming("looking for the partition of", address):
                partition = world.catalog[address.kind].partition(node.region) if node.region else ""
        except Bug as bug:
            yield Fault(address, (), str(bug))
            continue
        for at, arn in _arns(node.fields, ()) if partition else ():
            if arn.split(":", 2)[1] != partition:
                message = f"{arn} is not in the partition of {node.region}"
                yield Fault(address, at, message, f"ARNs begin with arn:{partition}: there")


def _arns(value: Any, at: Loc) -> Iterator[tuple[Loc, str]]:
    """Every text that is an ARN of a partition of AWS, at any depth, with where it stands."""
    if isinstance(value, str):
        if value.startswith(("arn:aws:", "arn:aws-")):
            yield at, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _arns(part, (*at, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _arns(part, (*at, index))


def _at(value: Any, path: Sequence[str], at: Loc = ()) -> Iterator[tuple[Loc, Any]]:
    """Every value at a path of field names, with where it stands; lists on the way are walked through."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _at(item, path, (*at, index))
    elif not path:
        yield at, value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:], (*at, path[0]))


def _misplaced(world: DocumentScope, node: Node, part: Field, value: Any, wanted: str) -> tuple[str, str]:
    """What is wrong with where a reference leads, and what would be right; nothing where it leads to `wanted`."""
    told = f"{part.name} has to be in {wanted}"
    target = world.nodes.get(value.address) if isinstance(value, Placeholder) else None
    if target and target.region not in ("", wanted) and not world.catalog[target.address.kind].worldwide:
        hint = f"write region: {wanted} in {target.address}"
        if not (part.to and part.to.region):
            told, hint = f"{node.address} is in {wanted}", "AWS wants both in the same region"
        return f"{target.address} is in {target.region}, and {told}", hint
    named = part.to and not (part.to.attribute == "id" and world.catalog[part.to.kinds[0]].id_from)
    region = value.split(":")[3] if named and isinstance(value, str) and value.count(":") > 4 else ""
    if region and value.startswith("arn:") and region != wanted:
        return f"{value} is in {region}, and {told}", "AWS accepts none of another region here"
    return "", ""


RULES = (
    kinds_are_where_they_are_wanted,
    references_stay_in_their_region,
    zones_are_in_the_region,
    arns_are_of_the_partition,
)
