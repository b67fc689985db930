"""Nodes that would take the same live thing for theirs: of one kind, with one name in one place.

Names that documents leave open never meet, see `naming.py`; those that they fix may, within a stack and between the
stacks that are loaded together.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from controller.core.model.facts import Facts
from controller.core.model.kind import Catalog
from controller.core.model.reference import EXPRESSIONS, Address, Foreign, Placeholder
from controller.core.model.shape import Scalar
from controller.core.model.spec import Span
from controller.core.model.stack import Stack


class Claim(NamedTuple):
    """A node that says which thing is its own, by the name in a field."""

    stack: Stack
    address: Address
    field: str

    @property
    def region(self) -> str:
        """Where it is."""
        return self.stack.where(self.address) or self.stack.region

    @property
    def name(self) -> str:
        """The name."""
        return str(self.stack.nodes[self.address].fields[self.field])


def meetings(stacks: Iterable[Stack], catalog: Catalog) -> Iterator[tuple[Claim, Claim]]:
    """Every node that meets another, with the first that it meets; of two that meet, both."""
    by_name = {stack.name: stack for stack in stacks}
    claims: dict[Hashable, list[Claim]] = defaultdict(list)
    for stack in by_name.values():
        for address in stack.nodes:
            for key, claim in _claims(by_name, catalog, stack, address):
                claims[key].append(claim)
    for several in claims.values():
        for claim in several if len(several) > 1 else ():
            other = next(
                (claimed for claimed in several if claimed is not claim and _one_place(catalog, claim, claimed)), None
            )
            if other:
                yield claim, other


def _claims(
    stacks: Mapping[str, Stack], catalog: Catalog, stack: Stack, address: Address
) -> Iterator[tuple[Hashable, Claim]]:
    """The claim of a node whose natural key has a name in it and is known beforehand."""
    kind = catalog[address.kind]
    named = [name for name in kind.natural_key if kind.shape.fields[name].named]
    key = [_said(stacks, catalog, stack, kind, address, name) for name in kind.natural_key] if named else []
    if named and None not in key:
        yield (kind.name, *key), Claim(stack, address, named[0])


def _said(
    stacks: Mapping[str, Stack], catalog: Catalog, stack: Stack, kind: Facts, address: Address, name: str
) -> Hashable | None:
    """One value of a natural key: a text, or the node that it will come from; None when nobody knows it yet."""
    shape, value = kind.shape.fields[name].shape, stack.nodes[address].fields.get(name)
    if isinstance(value, Placeholder):
        value = _of(stacks, catalog, stack.name, value.address, value.attribute)
    elif isinstance(value, Foreign):
        value = _of(stacks, catalog, value.stack, value.address, value.attribute)
    if isinstance(value, EXPRESSIONS) or not isinstance(shape, Scalar):
        return None
    return shape.equality.normal(value) if isinstance(value, str) else value


def _of(stacks: Mapping[str, Stack], catalog: Catalog, stack: str, address: Address, attribute: str) -> Any:
    """An attribute of a node: its value, where that is its name, or else whose it is."""
    node = stacks[stack].nodes.get(address) if stack in stacks else None
    name = node.fields.get(catalog[address.kind].id_from) if node and attribute == "id" else None
    return name if isinstance(name, str) else (stack, address, attribute)


def _one_place(catalog: Catalog, one: Claim, other: Claim) -> bool:
    """Whether the two names are in the same region, or account, or world, as the kind has it."""
    word = catalog[one.address.kind].shape.fields[one.field].named
    span = word.span if word else Span.REGION
    accounts = {one.stack.account_id, other.stack.account_id} - {""}
    apart = span is not Span.WORLD and len(accounts) > 1
    return not apart and (span is not Span.REGION or one.region == other.region)
