"""What the nodes of one stack wait for, since when, and what of that a log has not told yet."""

from collections.abc import Mapping

from controller.core.model.reference import Address
from controller.report.progress import Wait

AGAIN_SECONDS = 60.0
"""A wait that stays the same is told again after so long."""


class Waits:
    """The waits as they stand now. A node that waits for something else now goes on waiting."""

    def __init__(self) -> None:
        self.standing: Mapping[Address, Wait] = {}
        self._since: dict[Address, float] = {}
        self._told: dict[Address, tuple[str, float]] = {}

    def stand(self, reasons: Mapping[Address, str], now: float) -> None:
        """These nodes wait now, for these reasons, and no others."""
        self._since = {address: self._since.get(address, now) for address in reasons}
        self._told = {address: told for address, told in self._told.items() if address in reasons}
        self.standing = {
            address: Wait(str(address), reason, max(now - self._since[address], 0.0))
            for address, reason in reasons.items()
        }

    def news(self, now: float) -> list[Wait]:
        """Waits that began, have another reason, or were told a minute ago; they count as told then."""
        news = {address: wait for address, wait in self.standing.items() if self._unheard(address, wait, now)}
        self._told.update({address: (wait.reason, now) for address, wait in news.items()})
        return list(news.values())

    def _unheard(self, address: Address, wait: Wait, now: float) -> bool:
        reason, at = self._told.get(address, ("", now))
        return wait.reason != reason or now - at >= AGAIN_SECONDS
