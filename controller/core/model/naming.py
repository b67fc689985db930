"""Names that AWS wants and the document leaves open. No two nodes, of whatever stacks, come to the same one.

A name stays `<stack>-<name>` where that can be read in one way only: the node's name has no hyphen, and does not look
like a hash. Any other gets a hash over stack and name, and so has eight hexadecimal digits behind its last hyphen. A
variant has six there, and nothing but a variant has.
"""

import re
from collections.abc import Hashable, Mapping
from hashlib import sha256
from typing import Any


class OpenName(str):
    """A name that the document leaves open: a replacement may vary it, and every variant of it is as good."""

    __slots__ = ()

    def fits(self, name: str) -> bool:
        """Whether `name` is this name or a variant of it."""
        return stem(name) == self


def named(stack: str, name: str, limit: int, identifies: bool = False) -> OpenName:
    """The open name of a node, with room for a variant within `limit`.

    One that `identifies`, because nothing else says whose the thing is, always has the hash: nobody gives such a name
    to a thing by hand.
    """
    whole, room = f"{stack}-{name}", limit - _VARIANT
    if len(whole) <= room and not (identifies or "-" in name or _LIKE_A_HASH.fullmatch(name)):
        return OpenName(whole)
    return OpenName(f"{whole[: room - _HASHED].rstrip('-')}-{_hash(stack, name)}")


def settled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without the names that the document leaves open: a thing that is the node may have any."""
    return {name: value for name, value in fields.items() if not isinstance(value, OpenName)}


def owner_of(name: str, stack: str) -> str | None:
    """The node of the stack whose identifying open name, or a variant of it, this is; None when it is not proven."""
    parts = re.fullmatch(rf"{re.escape(stack)}-(.+)-([0-9a-f]{{8}})", str(stem(name)))
    return parts[1] if parts and parts[2] == _hash(stack, parts[1]) else None


def stem(key: Hashable) -> Hashable:
    """A natural key with the names in it as they were before a replacement varied them."""
    if isinstance(key, tuple):
        return tuple(stem(part) for part in key)
    return re.sub(r"-[0-9a-f]{6}\Z", "", key) if isinstance(key, str) else key


def varied(name: OpenName, taken: str) -> str:
    """A variant of an open name that differs from `taken`, the same one each time."""
    return f"{name}-{_digest(taken, 6)}"


def _hash(stack: str, name: str) -> str:
    return _digest(f"{stack}/{name}", 8)


def _digest(text: str, length: int) -> str:
    return sha256(text.encode()).hexdigest()[:length]


_VARIANT, _HASHED = 7, 9
"""The lengths of a hyphen and the digits of a variant, and of a hyphen and a hash."""
_LIKE_A_HASH = re.compile(r"[0-9a-f]{6}|[0-9a-f]{8}")
