"""Who may write: one holder of a Lease at a time, and none for longer than it can be sure of.

Times are those of a monotonic clock, never compared between machines: whether somebody else's lease has run out is
judged by how long it has not changed here (https://kubernetes.io/docs/concepts/architecture/leases/).
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from controller.core.model.cloud import HoldfastError
from controller.kube.api import Api, ApiRefused, Object

_GROUP = "coordination.k8s.io/v1"


@dataclass(frozen=True)
class Terms:
    """How long a lease lasts, in seconds. All else follows from that."""

    duration: int

    @property
    def certain(self) -> float:
        """So long after its last renewal the holder is sure that nobody else has taken over."""
        return self.duration * 2 / 3

    @property
    def again(self) -> float:
        """The time between two tries to get or renew it."""
        return self.duration / 6

    @property
    def patience(self) -> float:
        """So long one request may take: shorter than the time between two, so that one lost answer costs one try."""
        return self.again * 0.8


class Elector:
    """Competes for the lease. `leading` is true only while nobody else can hold it.

    `gained` is called when it is won, and returns at once. `lost` is called as soon as it is not certain any more,
    and returns when all work has ended; until then nothing is tried, so that a term never overlaps with the next.
    """

    def __init__(
        self,
        api: Api,
        namespace: str,
        name: str,
        identity: str,
        terms: Terms,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.identity, self.terms = identity, terms
        self._api, self._namespace, self._name, self._clock = api, namespace, name, clock
        self._sure_until = float("-inf")
        self._seen: tuple[str, float] = ("", 0.0)
        self._leads = False
        self._lock = threading.Lock()
        self._log = structlog.get_logger("holdfast").bind(lease=f"{namespace}/{name}", identity=identity)

    @property
    def leading(self) -> bool:
        """Whether this is, at this very moment, certain to be the only writer."""
        with self._lock:
            return self._leads and self._clock() < self._sure_until

    @property
    def path(self) -> str:
        """Where the Lease is."""
        return f"/apis/{_GROUP}/namespaces/{self._namespace}/leases/{self._name}"

    def run(self, stop: threading.Event, gained: Callable[[], None], lost: Callable[[], None]) -> None:
        """Compete until told to stop; nothing that the server does or fails to do ends it."""
        while not stop.is_set():
            self.attempt(gained, lost)
            stop.wait(self.terms.again * random.uniform(0.9, 1.1))  # noqa: S311 - spreads load, hides nothing

    def attempt(self, gained: Callable[[], None], lost: Callable[[], None]) -> None:
        """One try, and what follows from it."""
        if self._leads and not self.leading:
            self._resign(lost)
        started = self._clock()
        try:
            held = self._try()
        except Exception as error:  # noqa: BLE001 - also an answer that makes no sense is only one try that failed
            reason = str(error) if isinstance(error, HoldfastError) else repr(error)
            self._log.warning("lease not renewed" if self._leads else "lease not reached", reason=reason)
            return
        if held and not self._leads:
            self._begin(started)
            gained()
        elif self._leads and not (held and self._go_on(started)):
            self._resign(lost)

    def _begin(self, started: float) -> None:
        with self._lock:
            self._sure_until, self._leads = started + self.terms.certain, True
        self._log.info("leading")

    def _go_on(self, started: float) -> bool:
        """Prolong a term, unless it was over before the answer came: whoever asked meanwhile has laid down work."""
        with self._lock:
            over = self._clock() >= self._sure_until
            self._sure_until = self._sure_until if over else started + self.terms.certain
            return not over

    def _resign(self, lost: Callable[[], None]) -> None:
        self._sure_until = float("-inf")
        self._log.warning("not leading any more, all work ends")
        lost()
        self._leads = False

    def release(self) -> None:
        """Let it go, so that somebody else need not wait for it to run out; only after all work has ended."""
        if not self._leads:
            return
        self._leads = False
        try:
            lease = self._ask("GET", self.path)
            before = lease.get("spec") or {}
            if before.get("holderIdentity") == self.identity:
                spec = {**before, "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": _now()}
                self._ask("PUT", self.path, {**lease, "spec": spec})
        except HoldfastError as error:
            self._log.warning("lease not released, it runs out by itself", reason=str(error))

    # --- the lease ---

    def _try(self) -> bool:
        """Whether the lease is ours now. Raises `ApiUnreachable`, and `ApiRefused` unless somebody was quicker."""
        lease = self._read()
        if lease and not self._free(lease):
            return False
        try:
            if lease:
                self._ask("PUT", self.path, {**lease, "spec": self._claimed(lease.get("spec"))})
            else:
                self._ask("POST", self.path.rpartition("/")[0], self._new())
        except ApiRefused as error:
            if error.conflict:
                return False
            raise
        return True

    def _read(self) -> Object | None:
        try:
            return self._ask("GET", self.path)
        except ApiRefused as error:
            if error.gone:
                return None
            raise

    def _free(self, lease: Object) -> bool:
        """Whether it is ours, nobody's, or has not changed for as long as it lasts."""
        spec, now = lease.get("spec") or {}, self._clock()
        version = str(lease["metadata"]["resourceVersion"])
        if version != self._seen[0]:
            self._seen = version, now
        holder = spec.get("holderIdentity") or ""
        lasts = float(spec.get("leaseDurationSeconds") or self.terms.duration)
        return holder in ("", self.identity) or now - self._seen[1] > lasts

    def _claimed(self, spec: Object | None) -> Object:
        before = spec or {}
        ours = before.get("holderIdentity") == self.identity
        return {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": self.terms.duration,
            "acquireTime": before.get("acquireTime") if ours else _now(),
            "renewTime": _now(),
            "leaseTransitions": int(before.get("leaseTransitions") or 0) + (not ours),
        }

    def _new(self) -> Object:
        return {
            "apiVersion": _GROUP,
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": self._claimed(None),
        }

    def _ask(self, method: str, path: str, body: Object | None = None) -> Object:
        return self._api.ask(method, path, body, seconds=self.terms.patience)


def _now() -> str:
    """Kubernetes' MicroTime."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
