"""Whose a live thing is: the owner tags, which alone say so."""

from typing import NamedTuple

OWNER = "holdfast.dev/"
"""What the owner tags begin with; no document can set such tags."""
OWNER_STACK = "holdfast.dev/stack"
"""The owner tag that names the stack; together with `OWNER_NAME` it makes a live thing ours."""
OWNER_NAME = "holdfast.dev/name"
"""The owner tag that names the node within its stack."""
OWNER_ORIGIN = "holdfast.dev/origin"
"""The owner tag that tells stacks of one name apart: namespace and cluster of a Stack object. Commands set none."""
OWNER_RETAIN = "holdfast.dev/retain"
"""Set to `true` on what the document retains, so that it is still known when the node has left the document."""
OWNER_REPLACED = "holdfast.dev/replaced"
"""Set to a thing's own id before what replaces it is made: only so is it known as left over. No copy has it."""
OWNER_TAGS = (OWNER_STACK, OWNER_NAME, OWNER_ORIGIN)
"""All that says whose a live thing is."""


class Owner(NamedTuple):
    """Whose a live thing is, as its owner tags say."""

    stack: str
    name: str
    """The node's name within the stack."""
    origin: str = ""
    """Where the stack's document is kept, where there are several places; see `OWNER_ORIGIN`."""
