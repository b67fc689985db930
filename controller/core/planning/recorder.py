"""What the engine says while it works. Reports listen: logs, metrics, progress; the engine knows none of them."""

from dataclasses import dataclass
from typing import Protocol

from controller.core.model.call import Call
from controller.core.model.reference import Address
from controller.core.planning.step import Action, Plan


@dataclass(frozen=True)
class Write:
    """One AWS write, when it is over. `outcome` is `ok` or the meaning of AWS's error, `message` AWS's text."""

    stack: str
    address: Address
    action: Action
    call: Call
    outcome: str
    request_id: str = ""
    message: str = ""
    way_out: str = ""
    """What a person can do about it; also a part of the message."""


class Recorder(Protocol):
    """Told of everything in the order in which it happens; called from one thread."""

    def planned(self, plan: Plan) -> None:
        """A plan was made, before anything of it is done."""

    def started(self, stack: str, address: Address, call: Call) -> None:
        """A write is about to be made."""

    def wrote(self, write: Write) -> None:
        """A write is over."""

    def waiting(self, stack: str, reasons: dict[Address, str]) -> None:
        """What the rest of the plan waits for."""

    def passed(self, stack: str, seconds: float, error: str) -> None:
        """A pass is over; `error` says why it was no success, empty when it was one."""


class NullRecorder:
    """A recorder that keeps nothing."""

    def planned(self, plan: Plan) -> None:
        """Not told to anybody."""

    def started(self, stack: str, address: Address, call: Call) -> None:
        """Not told to anybody."""

    def wrote(self, write: Write) -> None:
        """Not told to anybody."""

    def waiting(self, stack: str, reasons: dict[Address, str]) -> None:
        """Not told to anybody."""

    def passed(self, stack: str, seconds: float, error: str) -> None:
        """Not told to anybody."""
