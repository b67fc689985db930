"""Names of hosts, as CloudFront compares them."""

from collections.abc import Hashable
from typing import Any

from controller.core.model.equality import Equality, hashable


class HostName(Equality):
    """The name of a host; its case means nothing, nor does a dot at its end."""

    def normal(self, value: Any) -> Hashable:
        """In lower case, without the dot."""
        return value.lower().rstrip(".") if isinstance(value, str) else hashable(value)
