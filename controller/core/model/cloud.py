"""The one way out: what the engine may ask of a cloud, and the ways a cloud can refuse.

Pure: a protocol and an exception tree. `aws/client/cloud.py` is the real part, tests bring their own.

    HoldfastError
    ├── Refused            the cloud answered, and the answer is no (its `meaning` says what follows)
    ├── Unreachable        no answer: no network, no credentials, a broken connection
    └── Bug                neither: the code of a kind has a mistake, and only what it was about suffers from that
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath
from traceback import extract_tb
from typing import Any, ClassVar, Generic, Protocol, TypeVar

K = TypeVar("K")


class Meaning(StrEnum):
    """What an error code means to a reconciler; the class of an error says what happens next."""

    NOT_FOUND = "not-found"
    """The thing is not there: empty when reading, done when deleting, look again when writing."""
    THROTTLED = "throttled"
    """Too many requests: slow down, the same call will pass later."""
    DENIED = "denied"
    """Not permitted: the node is unknown (read) or failed (write); asking again soon is of no use."""
    IN_USE = "in-use"
    """Something still depends on the thing: look again, the other will leave."""
    EXISTS = "exists"
    """It is there already: look again; if that does not show it, it is somebody else's."""
    CONFLICT = "conflict"
    """Another change is under way: look again before anything else."""
    INVALID = "invalid"
    """The request itself is wrong; only a change of the document helps."""
    LIMIT = "limit"
    """A quota of the account is used up."""
    TRANSIENT = "transient"
    """A fault of the other side, or an answer that was lost: try again."""
    CREDENTIALS = "credentials"
    """No credentials, or expired ones: nothing can be read or written."""


LASTING = frozenset({Meaning.INVALID, Meaning.DENIED, Meaning.LIMIT, Meaning.CREDENTIALS})
"""Errors that the next try will meet again."""


class HoldfastError(Exception):
    """The root of every error that Holdfast raises on purpose."""


@dataclass
class Refused(HoldfastError):
    """The cloud's answer to one call was an error.

    `message` is the cloud's own text with nothing secret in it; `request_id` is empty when there was none.
    """

    service: str
    operation: str
    code: str
    meaning: Meaning
    message: str
    request_id: str = ""
    within: float | None = None
    """Seconds in which it passes by itself, where that is known: met for longer, it lasts."""
    way_out: str = ""
    """What a person can do about it, where AWS's own words do not say that."""

    def __str__(self) -> str:
        said = f"{self.service}:{self.operation} {self.code}: {self.message}"
        return f"{said.rstrip('.')}; {self.way_out}" if self.way_out else said


@dataclass
class Unreachable(HoldfastError):
    """No answer came: `reason` says why and what would help."""

    service: str
    operation: str
    meaning: Meaning
    reason: str
    sent: bool = True
    """Whether AWS may have got the request, and done what it asks for."""
    within: ClassVar[float | None] = None

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}: {self.reason}"


@dataclass
class Bug(HoldfastError):
    """A kind's own code raised what it should not, and so did not do for `what` what it was `doing`.

    Where that was is told, and the sort of error; its own words are not, for they may hold a secret.
    """

    doing: str
    what: str
    error: Exception
    meaning: ClassVar[Meaning] = Meaning.INVALID
    within: ClassVar[float | None] = None

    def __str__(self) -> str:
        places = [f" ({PurePath(at.filename).name}:{at.lineno})" for at in extract_tb(self.error.__traceback__)]
        where = places[-1] if places else ""
        return (
            f"Holdfast has a bug: {self.doing} {self.what} failed with {type(self.error).__name__}{where}; "
            "please report this message where you got Holdfast from"
        )


Failure = Refused | Unreachable | Bug
"""Why a call came to nothing, or what came of it is not understood."""


class blaming(AbstractContextManager[None]):  # noqa: N801 - it reads as a verb, like those of contextlib
    """Around a kind's own code: whatever it raises that is no error on purpose is raised as a `Bug`."""

    __slots__ = ("doing", "what")

    def __init__(self, doing: str, what: object) -> None:
        self.doing, self.what = doing, what

    def __exit__(self, sort: object, error: BaseException | None, trace: object) -> bool | None:
        if isinstance(error, Exception) and not isinstance(error, HoldfastError):
            raise Bug(self.doing, str(self.what), error) from error
        return None


class noting(AbstractContextManager[None], Generic[K]):  # noqa: N801
    """The same, and a `Bug` is noted under what it was about, so that all else goes on."""

    __slots__ = ("doing", "reasons", "what")

    def __init__(self, reasons: dict[K, str], doing: str, what: K) -> None:
        self.reasons, self.doing, self.what = reasons, doing, what

    def __exit__(self, sort: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception) or (isinstance(error, HoldfastError) and not isinstance(error, Bug)):
            return False
        self.reasons[self.what] = str(error if isinstance(error, Bug) else Bug(self.doing, str(self.what), error))
        return True


@dataclass(frozen=True)
class Answer:
    """What one call returned: the parsed body, without the transport's metadata, and AWS's request id."""

    body: Mapping[str, Any]
    request_id: str = ""
    attempts: int = field(default=1)
    """How many requests it took, the refused ones included."""


class Cloud(Protocol):
    """One account and region. Safe to use from many threads at once."""

    def at(self, region: str) -> "Cloud":
        """The same account in another region; this one for its own region, and for an empty name."""
        ...

    @property
    def region(self) -> str:
        """The region's name, such as `eu-west-1`."""
        ...

    def account(self) -> str:
        """The twelve digits of the account the credentials belong to; asked once, then remembered.

        Raises `Refused` or `Unreachable`.
        """
        ...

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Make one call: `service` as botocore names it, `operation` as AWS writes it (`CreateVpc`).

        Waits for a place in the client-side token bucket first. Raises `Refused` or `Unreachable`.
        """
        ...

    def delay(self, service: str, operation: str, parameters: Mapping[str, Any], ahead: int = 0) -> float:
        """Seconds until the client-side bucket would let such a call go after `ahead` others; 0 when now."""
        ...

    def pages(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Walk a listing to its end, one body a page. An error half-way is raised, never a short answer."""
        ...
