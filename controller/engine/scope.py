"""What a round of listings is for: which things of a kind the documents speak of, and where to look for them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from controller.core.model.facts import Facts
from controller.core.model.kind import Catalog
from controller.core.model.live import Live, Placed, Thing
from controller.core.model.naming import stem
from controller.core.model.node import Node
from controller.core.model.reader import Recall, Scope, TagsByTarget, recall_nothing
from controller.core.model.reference import Address, Expression, Foreign, Lookup, Placeholder, replace_expressions
from controller.core.model.stack import Stack
from controller.core.planning.diff import Known
from controller.core.planning.inventory import Inventory, find, natural_key


@dataclass(frozen=True)
class ListingRequest:
    """A round of listings for some stacks."""

    stacks: tuple[Stack, ...] = ()
    search: bool = False
    """What is ours and no document names any more is wanted too."""
    everything: bool = False
    """Whatever there is, ours or not."""
    recall: Recall = recall_nothing
    remembered: frozenset[Thing] = frozenset()
    """What no document names any more and only memory tells of: asked for by its id where no listing shows it."""
    region: str = ""
    """Where it is made, if not in the stacks' own region."""
    moved: Mapping[str, Mapping[Address, str]] = field(default_factory=dict)
    """By stack, the nodes that are still where the document had them before, with that region."""

    def at(self, region: str) -> "ListingRequest":
        """The same round in another region, whose tags are remembered by themselves."""

        def recall(kind: str, targets: Sequence[str], read: Callable[[Sequence[str]], TagsByTarget]) -> TagsByTarget:
            return self.recall(str(Placed(kind, region)), targets, read)

        return replace(self, region=region, recall=recall)

    @property
    def names(self) -> frozenset[str]:
        """The names of the stacks, and those that their things had before."""
        return frozenset(identity.stack for stack in self.stacks for identity in stack.identities)

    def nodes(self, kind: str) -> Iterator[Node]:
        """The nodes of one kind in the region."""
        return (node for _, node in self.owned_nodes(kind))

    def owned_nodes(self, kind: str) -> Iterator[tuple[Stack, Node]]:
        """The same, each with its stack."""
        for stack in self.stacks:
            part = stack.parts.get(self.region)
            yield from ((stack, node) for node in (part.by_kind.get(kind, ()) if part else ()))
            for address, region in self.moved.get(stack.name, {}).items():
                if (address.kind, region) == (kind, self.region):
                    yield stack, stack.nodes[address]

    def elsewhere(self, kind: str) -> Iterator[Foreign | Lookup]:
        """What the documents refer to outside of their stacks, of one kind and in the region."""
        named = (reference for stack in self.stacks for reference in stack.elsewhere.get(kind, ()))
        return (reference for reference in named if reference.region == self.region)


def parent_kinds(kind: Facts) -> tuple[str, ...]:
    """The kinds of what a kind is listed by."""
    to = kind.shape.fields[kind.parent].to if kind.parent else None
    return to.kinds if to else ()


def scope_of(catalog: Catalog, kind: Facts, inventory: Inventory, look: ListingRequest) -> Scope:
    """What the documents want of one kind, with what was found of its parents so far."""
    foreign = [reference for reference in look.elsewhere(kind.name) if isinstance(reference, Foreign)]
    lookups = [reference for reference in look.elsewhere(kind.name) if isinstance(reference, Lookup)]
    names = _keys(catalog, kind, look) if kind.scoped else frozenset()
    looked_up = {natural_key(kind, dict(lookup.query)) for lookup in lookups if kind.scoped}
    return Scope(
        stacks=look.names | {reference.stack for reference in foreign},
        keys=names | (looked_up - {None}),
        names=names,
        parents=tuple(sorted(set(_parents(catalog, kind, inventory, look)))),
        search=look.search or bool(foreign),
        everything=look.everything
        or any(key.startswith("tag:") for lookup in lookups for key, _ in lookup.query)
        or any(_may_be_any(kind, node) for node in look.nodes(kind.name)),
        recall=look.recall,
    )


def _may_be_any(kind: Facts, node: Node) -> bool:
    """Whether a node's natural key is not known beforehand, so that only the tags tell which thing it is."""
    return kind.tags_unlisted and natural_key(kind, node.fields) is None


def _keys(catalog: Catalog, kind: Facts, look: ListingRequest) -> frozenset[Any]:
    """The natural keys of the nodes of a kind, as far as they are known before anything is read."""
    nodes = look.owned_nodes(kind.name)
    keys = (natural_key(kind, _foreseen(catalog, kind, stack, node)) for stack, node in nodes)
    return frozenset(key for key in keys if key is not None)


def _foreseen(catalog: Catalog, kind: Facts, stack: Stack, node: Node) -> dict[str, Any]:
    """The fields of a node's natural key, with the ids of others that are known because they are names."""

    def known(expression: Expression) -> Any:
        if not isinstance(expression, Placeholder) or expression.attribute != "id":
            return expression
        target = stack.nodes.get(expression.address)
        name = target.fields.get(catalog[expression.address.kind].id_from) if target else None
        return name if isinstance(name, str) else expression

    return {name: replace_expressions(node.fields.get(name), known) for name in kind.natural_key}


def _parents(catalog: Catalog, kind: Facts, inventory: Inventory, look: ListingRequest) -> Iterator[str]:
    """The ids of the parents to look into: ours, those that may be ours, and those that a document names."""
    for name in parent_kinds(kind):
        keys = _keys(catalog, catalog[name], look) if name in catalog else frozenset()
        yield from (
            live.id for live in inventory.of(name) if look.everything or _may_be_ours(catalog, live, keys, look)
        )
    for node in look.nodes(kind.name) if kind.parent else ():
        said = node.fields.get(kind.parent)
        named = find(inventory, said) if isinstance(said, Foreign | Lookup) else None
        yield from [said] if isinstance(said, str) else [named.value] if isinstance(named, Known) else []


def _may_be_ours(catalog: Catalog, live: Live, keys: frozenset[Any], look: ListingRequest) -> bool:
    if live.owner is not None:
        return live.owner.stack in look.names
    key = natural_key(catalog[live.kind], live.fields)
    return key in keys or stem(key) in keys
