"""What is called to make a node: as much as its create call takes, and what is still to be set afterwards."""

from collections.abc import Iterable, Mapping
from typing import Any

from controller.core.model.call import Call
from controller.core.model.node import Node
from controller.core.model.writer import WriteContext, Writer
from controller.core.planning.diff import Resolve, diff


def making(
    kind: Writer, node: Node, resolve: Resolve, around: WriteContext, children: Iterable[tuple[Writer, Node]] = ()
) -> tuple[tuple[Call, ...], tuple[str, ...]]:
    """The create call and what then differs, planned together; and what is left out, with the reason.

    `children` are made by the create call too, and put by calls of their own as soon as it is there.
    """
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for child_kind, child in children:
        parts.setdefault(child_kind.made_within, []).append(child_kind.within_parent(child, kind))
    taken, create = kind.taken(node.fields), kind.create_with(node, parts)
    rest = {name: value for name, value in node.fields.items() if name not in taken}
    made = diff(kind.shape, rest, kind.initial(node.fields), resolve, additive=node.lifecycle.additive)
    tagging = () if create else kind.tag(node, node.tags)
    return (*create, *tagging, *kind.update(node, made.changes, None, around)), tuple(made.uncompared)
