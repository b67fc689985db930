"""What is called to make a node: as much as its create call takes, and what is still to be set afterwards."""

from controller.core.model.call import Call
from controller.core.model.node import Node
from controller.core.model.writer import WriteContext, Writer
from controller.core.planning.diff import Resolve, diff


def making(
    kind: Writer, node: Node, resolve: Resolve, around: WriteContext
) -> tuple[tuple[Call, ...], tuple[str, ...]]:
    """The create call and what then differs, planned together; and what is left out, with the reason."""
    taken, create = kind.taken(node.fields), kind.create(node)
    rest = {name: value for name, value in node.fields.items() if name not in taken}
    made = diff(kind.shape, rest, kind.initial(node.fields), resolve, additive=node.lifecycle.additive)
    tagging = () if create else kind.tag(node, node.tags)
    return (*create, *tagging, *kind.update(node, made.changes, None, around)), tuple(made.uncompared)
