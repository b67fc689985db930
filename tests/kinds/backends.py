"""The backends: our strict stand-in for EC2 and moto, under one face, with reads and answers that can be lost."""

import itertools
import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from controller.aws.client.cloud import AwsCloud
from controller.core.model.cloud import Answer, Cloud, Meaning, Refused, Unreachable
from controller.core.model.kind import Catalog
from controller.core.model.live import Live
from controller.engine.observe import every_kind, observe
from controller.engine.scope import ListingRequest
from emulators.ec2 import store
from emulators.ec2.server import DropConnection, StrictEc2
from emulators.ec2.store import Fault
from emulators.ec2.world import World
from tests import emulated
from tests.clock import Clock
from tests.kinds.fixtures import Sample, Tree, kinds
from tests.unlimited import Unlimited

REGION = "us-east-1"
READS = ("Describe", "Get", "List")
SLOW_SECONDS = 20.0
"""How long slow things take to come and to go, where a trial is about that."""


def all_there_is(cloud: Cloud, catalog: Catalog) -> Iterator[Live]:
    """Whatever is live of these kinds, ours or not."""
    with ThreadPoolExecutor(1) as pool:
        found = observe(cloud, catalog, every_kind(catalog, ()), pool, ListingRequest(everything=True))
    assert {} == found.failed
    return (live for lives in found.live.values() for live in lives)


Read = tuple[str, str]
"""An operation, and its parameters as text: what tells one read from another."""
Failure = str
"""How a read fails, see `Backend.spoil`."""


def key(operation: str, parameters: Mapping[str, Any]) -> Read:
    """One read as a key, whichever page of it."""
    return operation, str(sorted((name, value) for name, value in parameters.items() if name != "NextToken"))


class RecallingCloud(AwsCloud):
    """A cloud that is asked once, as long as nothing is written and no time passes: it would say the same."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(REGION, limits=Unlimited())
        self.recalls = True
        self._now, self._said = clock, dict[str, bytes | Refused]()

    def forget(self) -> None:
        """Something may be otherwise."""
        self._said.clear()

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """One call; a write makes all that was read old."""
        if not operation.startswith(READS):
            self.forget()
            return super().call(service, operation, parameters)
        answer: Answer = self._recalled("one", super().call, service, operation, parameters)
        return answer

    def pages(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """A listing; what is recalled of one was read to its end."""
        walk = super().pages
        if self.recalls:
            yield from self._recalled("all", lambda *asked: list(walk(*asked)), service, operation, parameters)
        else:
            yield from walk(service, operation, parameters)

    def _recalled(self, how: str, ask: Callable[..., Any], *asked: Any) -> Any:
        """What was said when the same was asked, for each a copy of its own. A refusal is an answer too."""
        question = f"{how} {asked} {self._now()}"
        if not self.recalls or question not in self._said:
            try:
                self._said[question] = pickle.dumps(ask(*asked))
            except Refused as refusal:
                self._said[question] = refusal
        said = self._said[question]
        if isinstance(said, Refused):
            raise said.with_traceback(None)
        return pickle.loads(said)  # noqa: S301  # it is our own


class Backend(Protocol):
    """Something that answers as AWS does."""

    name: str
    cloud: RecallingCloud
    clock: Clock

    def fresh(self, slow: bool = False) -> None:
        """Begin with an empty account."""

    def keep(self) -> Callable[[], None]:
        """What brings back the account as it is now."""

    def things(self, listed: Iterable[Live]) -> Counter[str]:
        """How many things there are, ours or not, by kind; `listed` is what the kinds of the document list."""

    def spoil(self, read: Read, failure: Failure) -> None:
        """Let one read fail from now on, however often it is asked.

        `denied`, `throttled` and `broken` are errors, `dropped` is no answer, `torn` ends in the middle of the
        text, `broken off` before the second of two pages.
        """

    def heal(self) -> None:
        """Let every read succeed again."""

    def pages(self, read: Read, pages: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """A listing as it arrives."""

    def lose(self, call: Callable[[], Answer], again: bool) -> Answer:
        """Make a call that takes effect and whose answer never comes; `again`: it may be asked once more."""


class OurWorld(World):
    """The stand-in's world; AWS knows this call by its client token too, and botocore sends one.

    It can be pickled; without its clock, which goes on.
    """

    def __getstate__(self) -> Tree:
        """Its serials go on from a number."""
        return {**self.__dict__, "clock": None, "_serials": next(self._serials)}

    def __setstate__(self, state: Tree) -> None:
        """Whoever unpickles it gives it a clock."""
        self.__dict__.update(state, _serials=itertools.count(state["_serials"]))

    def create_network_acl(self, asked: Tree) -> Tree:
        """Made once for each token."""
        acl = self._once(
            "CreateNetworkAcl", asked, lambda: super(OurWorld, self).create_network_acl(asked)["NetworkAcl"]
        )
        return {"NetworkAcl": acl}


Chosen = Callable[[str, Tree], bool]
"""Whether a request, by its operation and parameters, is meant."""


def nothing(operation: str, parameters: Tree) -> bool:
    """No request is."""
    return False


class FaultyEc2(StrictEc2):
    """The stand-in, which can be told to break off in the middle of an answer, or to have another page."""

    torn: Chosen = staticmethod(nothing)
    endless: Chosen = staticmethod(nothing)

    def reply(self, body: str, by: str = "") -> tuple[int, str]:
        """The answer, its first half, or the answer with a token that leads on."""
        status, text = super().reply(body, by)
        call = self.calls[-1]
        if self.torn(call.operation, call.parameters):
            return status, text[: len(text) // 2]
        if self.endless(call.operation, call.parameters):
            head, end, tail = text.rpartition(f"</{call.operation}Response>")
            return status, f"{head}<nextToken>more</nextToken>{end}{tail}"
        return status, text


class Strict:
    """Our own stand-in for EC2."""

    name = "strict"

    def __init__(self, server: FaultyEc2, clock: Clock) -> None:
        self.server, self.clock = server, clock
        self.cloud = RecallingCloud(clock)

    def fresh(self, slow: bool = False) -> None:
        """A new world behind the same socket."""
        seconds = SLOW_SECONDS if slow else 0.0
        self.begin(OurWorld(self.clock, seconds, seconds))
        self.cloud.recalls = not slow

    def begin(self, world: OurWorld) -> None:
        """Another world, in which nothing was asked yet and nothing fails."""
        self.server.world = world
        self.heal()
        self.server.calls.clear()

    def keep(self) -> Callable[[], None]:
        """Another world like this one; while something is under way in it, it cannot be kept."""
        self.server.world.settle()
        kept = pickle.dumps(self.server.world)

        def restore() -> None:
            world: OurWorld = pickle.loads(kept)  # noqa: S301  # it is our own
            world.clock = self.clock
            self.begin(world)

        return restore

    def things(self, listed: Iterable[Live]) -> Counter[str]:
        """Everything in the account, kinds that the document does not name included."""
        fixed = {"zone", "mpl", "pl"}
        return Counter(
            thing.kind.prefix
            for prefix, things in self.server.world.things.items()
            for thing in things.values()
            if prefix not in fixed and thing.get("State") not in ("deleted", "failed")
        )

    def spoil(self, read: Read, failure: Failure) -> None:
        """On the wire, so that it reaches the client as it would from AWS."""

        def fail(operation: str, parameters: Tree, when: str) -> None:
            if key(operation, parameters) == read and (failure != "broken off" or "NextToken" in parameters):
                error = FAULTS.get(failure, lambda: Fault("InternalError", 500))()
                raise error

        def meant(operation: str, parameters: Tree) -> bool:
            return key(operation, parameters) == read

        self.cloud.recalls = False
        match failure:
            case "torn":
                self.server.torn = meant
            case "broken off":
                self.server.before_reply, self.server.endless = fail, meant
            case _:
                self.server.before_reply = fail

    def heal(self) -> None:
        """No hooks."""
        self.cloud.recalls = True
        self.cloud.forget()
        self.server.before_reply = None
        self.server.torn = self.server.endless = nothing

    def pages(self, read: Read, pages: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """As the client has it."""
        return pages

    def lose(self, call: Callable[[], Answer], again: bool) -> Answer:
        """The connection is dropped; before any effect when it is asked again and must not be."""
        reached = [False]

        def drop(operation: str, parameters: Tree, when: str) -> None:
            if when == "before" and reached[0] and not again:
                raise DropConnection
            if when == "after" and not reached[0]:
                reached[0] = True
                raise DropConnection

        self.server.before_reply = drop
        try:
            return call()
        finally:
            self.server.before_reply = None


FAULTS: dict[Failure, Callable[[], Exception]] = {
    "denied": lambda: Fault("UnauthorizedOperation", 403),
    "throttled": lambda: Fault("RequestLimitExceeded", 503),
    "broken": lambda: Fault("InternalError", 500),
    "dropped": DropConnection,
}


class Moto:
    """The emulator that everyone uses: forgiving, and not always right."""

    name = "moto"

    def __init__(self, url: str, clock: Clock) -> None:
        self.url, self.clock = url, clock
        self.spoiled: dict[Read, Failure] = {}
        self.cloud = RecallingCloud(clock)

    def fresh(self, slow: bool = False) -> None:
        """Nothing but what every account has."""
        self.heal()
        emulated.empty()
        self.cloud.recalls = not slow

    def keep(self) -> Callable[[], None]:
        """All services of all accounts."""
        restore = emulated.keep()

        def begin() -> None:
            self.heal()
            restore()

        return begin

    def things(self, listed: Iterable[Live]) -> Counter[str]:
        """What the kinds of the document list."""
        return Counter(live.kind for live in listed)

    def spoil(self, read: Read, failure: Failure) -> None:
        """In front of the client: moto cannot be told to fail."""
        self.spoiled = {read: failure}

    def heal(self) -> None:
        """Nothing in front of the client."""
        self.cloud.recalls = True
        self.cloud.forget()
        self.spoiled = {}

    def pages(self, read: Read, pages: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """As the client has it, until it fails."""
        failure = self.spoiled.get(read)
        if failure != "denied":
            yield from pages
        if failure:
            raise Refused("", read[0], failure, Meaning.DENIED if failure == "denied" else Meaning.TRANSIENT, failure)

    def lose(self, call: Callable[[], Answer], again: bool) -> Answer:
        """It is made, and nobody hears of it."""
        call()
        raise Unreachable("", "", Meaning.TRANSIENT, "the answer was lost")


def served_by_strict(sample: Sample) -> bool:
    """Whether the stand-in knows every kind of the document."""
    listed = {kind.name for kind in kinds() if kind.listing.operation in store.BY_OPERATION}
    return sample.kinds <= listed
