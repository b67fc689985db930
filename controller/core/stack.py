"""One document, one graph: what `core/document.py` makes of a YAML document, references and names filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from controller.core.kind import Node
from controller.core.reference import Address


class Mode(StrEnum):
    """Whether the stack may be written to at all."""

    ENFORCE = "Enforce"
    OBSERVE = "Observe"


class Allow(StrEnum):
    """The actions that a document can allow."""

    CREATE = "Create"
    UPDATE = "Update"
    REPLACE = "Replace"
    DELETE = "Delete"


@dataclass(frozen=True)
class Stack:
    """The desired state of one account and region: nodes by address, and what may be done to them."""

    name: str
    region: str
    nodes: Mapping[Address, Node]
    account_id: str = ""
    """When given, nothing is read or written in any other account."""
    mode: Mode = Mode.ENFORCE
    allow: frozenset[Allow] = frozenset({Allow.CREATE, Allow.UPDATE})
    tags: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    """Where it was read from: `file:line`."""
