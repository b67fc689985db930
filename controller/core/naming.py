"""Names that AWS wants and the document leaves open."""

import re
from collections.abc import Hashable
from hashlib import sha256


class OpenName(str):
    """A name that the document leaves open: a replacement may vary it, and every variant of it is as good."""

    __slots__ = ()

    def fits(self, name: str) -> bool:
        """Whether `name` is this name or a variant of it."""
        return name == self or re.fullmatch(rf"{re.escape(self)}-[0-9a-f]{{6}}", name) is not None


def named(stack: str, name: str, limit: int) -> OpenName:
    """`<stack>-<name>` with room for a variant; where that is over `limit`, cut, with a short hash of the whole."""
    whole = f"{stack}-{name}"
    room = limit - _MARK
    return OpenName(whole if len(whole) <= room else f"{whole[: room - _MARK]}-{_digest(whole)}")


def stem(key: Hashable) -> Hashable:
    """A natural key with the names in it as they were before a replacement varied them."""
    if isinstance(key, tuple):
        return tuple(stem(part) for part in key)
    return re.sub(r"-[0-9a-f]{6}$", "", key) if isinstance(key, str) else key


def varied(name: OpenName, taken: str) -> str:
    """A variant of an open name that differs from `taken`, the same one each time."""
    return f"{name}-{_digest(taken)}"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:6]


_MARK = 7
"""The length of a dash and a short hash."""
