"""The auditor: judges by the account's true state and by what each request truly did, never by what programs believe.

Of each write that had an effect it asks what became true, and what is true no more. A write may make true what the
document wants, and take away what it does not want; nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from controller.core.model.stack import Stack
from controller.core.planning.recorder import Write
from controller.core.planning.step import Plan
from tests.slow.wire import Tree
from tests.torture.layer import Record
from tests.torture.programs import Program, Watching, told_of
from tests.torture.scene import ANOTHER, MARKS, OWNER_NAME, OWNER_STACK, Facts, Made, Scene, tags_in

TAGGING = ("CreateTags", "DeleteTags")
BELIEVED = ("dns-support", "dns-hostnames")
"""Aspects that are read apart from listings, and believed for some minutes by a program that runs on."""
MOST_TOLD = 6


class Failure(StrEnum):
    """The classes of failure."""

    FOREIGN = "foreign touched"
    TWICE = "made twice"
    UNMARKED = "made without marks"
    UNDONE = "took away what was right"
    HARMED = "gave others what was not finished"
    NEEDLESS = "wrote for nothing"
    """What was so already: it does no harm, and a story goes on after it."""
    LEAKED = "left behind"
    FALSE = "falsely said in sync"
    STUCK = "did not converge"
    CRASHED = "crashed"
    BED = "the bed itself broke"
    """An emulator or a story failed, and nothing is known of the program."""


@dataclass(frozen=True)
class Verdict:
    """What a program did wrong, why that is wrong, and at which request."""

    failure: Failure
    why: str
    request: int = 0


NOT_UNIQUE = frozenset({"Vpc", "InternetGateway", "ElasticIp", "RouteTable", "NetworkAcl"})
"""What AWS makes as often as it is asked, once the token of the first time is forgotten."""


class Condemned(BaseException):
    """A failure that does harm ends a story: what follows would only follow from it."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict)
        self.verdict = verdict


class Auditor(Watching):
    """One story's. `verdict` is the failure that ended it, or else the first that did no harm."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.verdict: Verdict | None = None
        self.unheard: list[tuple[str, Tree]] = []
        """Writes that were done and whose answers did not come: they may be asked for again."""
        self.facts: Facts = frozenset()
        self.foreign: Mapping[str, str] = {}
        self.several = False
        """Whether more than one program writes: then what is right may just have been put right by the other."""
        self.tags_lag = False
        """Whether tags are shown later than what carries them."""
        self.forgetful = False
        """Whether no start remembers anything of those before it."""
        self.twins: set[str] = set()
        """Nodes of which there are two, where no program could know better."""
        self.say: Callable[[str], None] = lambda words: None
        """Puts a line into the trace."""

    def condemn(self, failure: Failure, why: str, request: int = 0) -> None:
        """A failure that ends the story."""
        self.verdict = Verdict(failure, why, request)
        raise Condemned(self.verdict)

    def begin(self, stack: Stack) -> None:
        """A chapter begins, whose document this is; what others do in it is done."""

    # --- each write ---

    def before(self, record: Record) -> None:
        """The world before a write."""
        self.facts, self.foreign = self.scene.facts(), self.scene.foreign()

    def after(self, record: Record, answer: Tree) -> None:
        """Judge what a write has done."""
        self._judge_foreign(record)
        made = self.scene.ledger.note(record.asked, record.made, record.number, record.by)
        if made:
            self._judge_birth(record, made)
        self._judge_change(record, made)
        if record.faults:
            self.unheard.append((record.asked.operation, record.asked.parameters))

    def _judge_foreign(self, record: Record) -> None:
        now = self.scene.foreign()
        touched = [id for id, was in self.foreign.items() if now.get(id) != was]
        if touched:
            what = "; ".join(f"{id} was {self.foreign[id]}, is {now.get(id, 'gone')}" for id in touched)
            self.condemn(Failure.FOREIGN, f"{record.asked.operation}: {what}", record.number)

    def _judge_birth(self, record: Record, made: Made) -> None:
        if not made.address:
            self.condemn(Failure.UNMARKED, f"{record.asked.operation} made {made.id} unmarked", record.number)
        others = [each for each in self._of(made.address) if each is not made and self.scene.right(each)]
        if others and self._could_not_know(made, others):
            self.twins.add(made.address)
        elif others:
            self.condemn(
                Failure.TWICE,
                f"{record.asked.operation} made {made.id} for {made.address}, which was there as {others[0].id}",
                record.number,
            )

    def _could_not_know(self, made: Made, others: list[Made]) -> bool:
        """Whether another program has made the others, which neither AWS nor memory tells: at most one twin each.

        Without a lease, two that start together on two machines make the same before either sees the other; and a
        start without memory does not know what a listing leaves out.
        """
        alone = made.kind in NOT_UNIQUE and made.address not in self.twins
        within = self.several and bool(self.twins)  # what stands on a twin is another's too
        another = all(each.by != made.by for each in others)
        return another and (self.several or self.forgetful) and (alone or within)

    def _of(self, address: str) -> list[Made]:
        made = self.scene.ledger.made.values()
        return [each for each in made if each.address == address and self.scene.live(each.id)]

    def _judge_change(self, record: Record, made: Made | None) -> None:
        now, wanted = self.scene.facts(), self.scene.wanted()
        lost = (self.facts & wanted) - now
        if lost and not self.twins:  # of two of one node, what belongs to the one is taken from the other
            why = f"{_said(record)} took away: {list_of(lost)}"
            self.condemn(Failure.UNDONE, why, record.number)
        unfinished = self._unfinished((now & wanted) - self.facts, wanted - now)
        if unfinished:
            self.condemn(Failure.HARMED, f"{_said(record)} without {list_of(unfinished)}", record.number)
        useful = (now & wanted) - self.facts or (self.facts - wanted) - now
        twin = made and made.address in self.twins  # admitted when it was judged
        if not (useful or twin or self.verdict or self._excused(record)):
            why = f"{_said(record)} came nearer to nothing that is wanted"
            self.verdict = Verdict(Failure.NEEDLESS, why, record.number)

    def _unfinished(self, gained: Facts, lacking: Facts) -> Facts:
        """The routes that a table lacks which a subnet was just given to: what goes by it is cut off."""
        given = {
            each.address for each in gained if each.address.startswith("RouteTable/") and each.aspect == "subnet"
        }
        return frozenset(each for each in lacking if each.address in given and each.aspect.startswith("route "))

    def _excused(self, record: Record) -> bool:
        """Whether a write that changes nothing is right all the same."""
        again = (record.asked.operation, record.asked.parameters) in self.unheard
        return again or self.several or _only_marks(record, self.tags_lag) or self._of_one_that_waits(record)

    def _of_one_that_waits(self, record: Record) -> bool:
        """Whether tags that the document wants are set on what will be replaced once what it is to refer to is there.

        A missing parent never replaces its children: until then it is the node, and looked after.
        """
        made, document = self.scene.ledger.made, self.scene.tree["spec"].get("tags", {})
        things = [made[id] for id in record.asked.parameters.get("Resources", ()) if id in made]
        waiting = [each for each in things if not any(map(self.scene.right, self._of(each.address)))]
        return (
            bool(waiting) and waiting == things and dict(tags_in(record.asked.parameters)).items() <= document.items()
        )

    # --- what is said ---

    def planned(self, program: Program, plan: Plan) -> None:
        """A claim that all is in sync is to be true."""
        lines = [told_of(step) for step in plan.steps if not step.settled]
        more = [f"… and {len(lines) - MOST_TOLD} more"] if len(lines) > MOST_TOLD else []
        for each in [*lines[:MOST_TOLD], *more] or ["in sync"]:
            self.say(f"{program.name} plans: {each}")
        if claims(plan) and (untrue := self.untrue(program.fresh)):
            self.condemn(Failure.FALSE, f"{program.name} says in sync, but {list_of(untrue)}")

    def wrote(self, program: Program, write: Write) -> None:
        """For the trace."""
        self.say(f"{program.name} {write.address} {write.call.operation}: {write.outcome} {write.message}")

    def untrue(self, fresh: bool = True) -> Facts:
        """What the document wants and is not true, and what is true and not wanted."""
        now, wanted = self.scene.facts(), self.scene.wanted()
        return frozenset(each for each in now ^ wanted if fresh or each.aspect not in BELIEVED)

    # --- the end ---

    def settle(self) -> None:
        """All faults are over and the program has nothing left to do: everything is as wanted, and nothing else."""
        untrue = self.untrue()
        left = [each for each in untrue if each.aspect.startswith(ANOTHER)]
        if left:
            self.condemn(Failure.LEAKED, f"in sync, but {list_of(frozenset(left))}")
        if untrue:
            self.condemn(Failure.FALSE, f"in sync, but {list_of(untrue)}")
        if self.twins:
            return  # told, and left for a person
        strays = self.scene.strays()
        if strays:
            self.condemn(Failure.LEAKED, f"nobody accounts for {', '.join(sorted(strays))}")


def claims(plan: Plan) -> bool:
    """Whether a plan says that all is in sync, and all was seen."""
    return plan.in_sync and not plan.incomplete


def list_of(facts: Facts) -> str:
    """Some facts, in words."""
    words = [str(each) for each in sorted(facts)]
    more = f" and {len(words) - MOST_TOLD} more" if len(words) > MOST_TOLD else ""
    return "; ".join(words[:MOST_TOLD]) + more


def _said(record: Record) -> str:
    return f"{record.asked.operation} {record.asked.parameters}"


def _only_marks(record: Record, tags_lag: bool) -> bool:
    """Marks beside those of the owner are the program's own affair, on things of its own.

    Where tags lag, a start that has not made a thing itself takes it for one that has lost its tags.
    """
    tags = dict(tags_in(record.asked.parameters))
    own = all(key.startswith(MARKS) and key not in (OWNER_STACK, OWNER_NAME) for key in tags)
    return record.asked.operation in TAGGING and (own or tags_lag)
