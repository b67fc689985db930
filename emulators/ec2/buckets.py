"""AWS's token buckets: how many requests of each API it takes, and when it refuses one."""

from collections.abc import Callable

from emulators.ec2.store import Fault, Members

READS, WRITES = (100, 20.0), (50, 5.0)
LIMITS = {
    "CreateTags": (100, 10.0),
    "DeleteTags": (100, 10.0),
    "CreateNatGateway": (10, 1.0),
    "DeleteNatGateway": (10, 1.0),
    "CreateVpcEndpoint": (4, 0.3),
    "ModifyVpcEndpoint": (4, 0.3),
    "DeleteVpcEndpoints": (4, 0.3),
}
"""AWS's published buckets, burst and refill a second, where they are not those of all reads or writes."""
UNBOUNDED = (50, 10.0)
"""The bucket of a listing of security groups that has neither MaxResults nor a filter."""


class Buckets:
    """AWS's token buckets: each API has its own."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, operation: str, parameters: Members) -> None:
        """Takes a token, or refuses as AWS does."""
        name, (burst, refill) = operation, READS if operation.startswith("Describe") else WRITES
        if operation == "DescribeSecurityGroups" and not parameters.keys() & {"MaxResults", "Filters", "GroupIds"}:
            name, (burst, refill) = f"{operation} unbounded", UNBOUNDED
        burst, refill = LIMITS.get(operation, (burst, refill))
        now = self._clock()
        left, since = self._left.get(name, (float(burst), now))
        left = min(burst, left + (now - since) * refill)
        self._left[name] = (left - 1 if left >= 1 else left, now)
        if left < 1:
            raise Fault("RequestLimitExceeded", 503, "Request limit exceeded.")
