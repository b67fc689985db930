"""What is called to make a node: as much as its create call takes, and what is still to be set afterwards."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from controller.core.model.call import Call
from controller.core.model.node import Node
from controller.core.model.writer import WriteContext, Writer
from controller.core.planning.diff import Resolve, diff

Parts = Mapping[str, Sequence[Mapping[str, Any]]]
"""Other nodes as the create call of their parent takes them, by its parameter."""


def making(
    kind: Writer, node: Node, resolve: Resolve, around: WriteContext, parts: Parts = MappingProxyType({})
) -> tuple[tuple[Call, ...], tuple[str, ...]]:
    """The create call and what then differs, planned together; and what is left out, with the reason.

    `parts` are what it makes of other nodes, by parameter; calls of their own put them as soon as it is there.
    """
    taken, create = kind.taken(node.fields), kind.create_with(node, parts)
    rest = {name: value for name, value in node.fields.items() if name not in taken}
    made = diff(kind.shape, rest, kind.initial(node.fields), resolve, additive=node.lifecycle.additive)
    tagging = () if create else kind.tag(node, node.tags)
    return (*create, *tagging, *kind.update(node, made.changes, None, around)), tuple(made.uncompared)
