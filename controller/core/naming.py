"""Names that AWS wants and the document leaves open."""

from hashlib import sha256


def named(stack: str, name: str, limit: int) -> str:
    """`<stack>-<name>`; where that is over `limit` characters, cut, with a short hash of the whole at its end."""
    whole = f"{stack}-{name}"
    if len(whole) <= limit:
        return whole
    return f"{whole[: limit - 9]}-{sha256(whole.encode()).hexdigest()[:8]}"
