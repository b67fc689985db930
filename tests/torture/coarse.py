"""An auditor who counts things, and knows which nodes may be written for; for accounts whose every fact nobody lists.

A node that is as the document says when a chapter begins, and that refers to nothing that is not, is written for by
no program that believes no lie. So in a chapter in which nothing was to do, there is no write at all.
"""

from collections.abc import Mapping

from controller.core.model.stack import Stack
from controller.core.planning.recorder import Write
from tests.slow.wire import Tree
from tests.stacks.documents import references
from tests.torture.audit import Auditor, Failure
from tests.torture.kept import BY_MAKER
from tests.torture.layer import Record
from tests.torture.programs import Program
from tests.torture.reference import ReferenceScene
from tests.torture.scene import Facts


class Counting(Auditor):
    """One story's."""

    scene: ReferenceScene

    def __init__(self, scene: ReferenceScene) -> None:
        super().__init__(scene)
        self.may: frozenset[str] = frozenset()
        """The nodes that may be written for in this chapter."""
        self.theirs: Mapping[str, str] = scene.foreign()

    def begin(self, stack: Stack) -> None:
        """A chapter begins: what differs may be written for, and what refers to it."""
        may = {fact.address for fact in self.scene.facts()}
        if not self.scene.tree["spec"]["resources"]:
            may = set(map(str, stack.nodes))
        users = [(str(user), str(used)) for user, used in references(stack)]
        while more := {user for user, used in users if used in may} - may:
            may |= more
        self.may = frozenset(may)
        self.say(f"to be written for: {', '.join(sorted(self.may)) or 'nothing'}")

    # --- each write ---

    def before(self, record: Record) -> None:
        """A write is asked for."""
        said = f"{record.asked.operation} {record.asked.parameters}"
        if named := self.scene.foreign_in(record.asked):
            self.condemn(Failure.FOREIGN, f"{said} is about {named}", record.number)
        if not self.may:
            self.condemn(Failure.UNDONE, f"{said}, and all was as wanted", record.number)

    def after(self, record: Record, answer: Tree) -> None:
        """A write was done."""
        self.scene.changes += 1
        kept = BY_MAKER.get((record.asked.service, record.asked.operation))
        too_many = self.scene.too_many(kept.kind) if kept else ""
        if too_many:
            self.condemn(Failure.TWICE, f"{record.asked.operation}: now there are {too_many}", record.number)

    def wrote(self, program: Program, write: Write) -> None:
        """A write as the program understood it, with the node that it was for."""
        super().wrote(program, write)
        if str(write.address) not in self.may:
            why = f"{write.call.operation} for {write.address}, which was as wanted"
            self.condemn(Failure.UNDONE, why)

    def untrue(self, fresh: bool = True) -> Facts:
        """What a claim is measured by; who did not read everything anew is not held to it."""
        return super().untrue() if fresh else frozenset()

    # --- the end ---

    def settle(self) -> None:
        """Everything is as wanted, and what others have is as it was."""
        now = self.scene.foreign()
        touched = [f"{id} was {was}, is {now[id]}" for id, was in self.theirs.items() if now[id] != was]
        if touched:
            self.condemn(Failure.FOREIGN, "; ".join(touched))
        super().settle()
