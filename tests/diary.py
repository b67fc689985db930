"""What a controller tells of its passes, kept for a test to read."""

from controller.core.model.call import Call
from controller.core.model.reference import Address
from controller.core.planning.recorder import NullRecorder, Write
from controller.core.planning.step import Plan


class Diary(NullRecorder):
    """A journal that is kept, in order."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []
        self.begun: list[Call] = []
        self.writes: list[Write] = []
        self.passes: list[tuple[str, str]] = []

    def planned(self, plan: Plan) -> None:
        """Kept whole."""
        self.plans.append(plan)

    def started(self, stack: str, address: Address, call: Call) -> None:
        """The call is kept."""
        self.begun.append(call)

    def wrote(self, write: Write) -> None:
        """Kept whole."""
        self.writes.append(write)

    def passed(self, stack: str, seconds: float, error: str) -> None:
        """The stack is kept, and what went wrong."""
        self.passes.append((stack, error))
