"""AWS without its request limits, for tests that are not about speed."""

from collections.abc import Mapping
from typing import Any

from controller.aws.client.limits import Limits


class Unlimited(Limits):
    """Buckets that never run dry."""

    def wait(self, service: str, operation: str, parameters: Mapping[str, Any]) -> float:
        """Never."""
        return 0.0

    def delay(self, service: str, operation: str, parameters: Mapping[str, Any], ahead: int) -> float:
        """None."""
        return 0.0
