"""One seed, told from its beginning: chapters of a stack's life in rough weather, each with a calm end."""

import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from controller.core.model.stack import Allow, Stack
from controller.core.planning.step import Plan, State, Step
from controller.engine.loop import allowing
from controller.engine.reconcile import Intent
from tests.clock import Clock
from tests.direct import direct
from tests.torture.audit import Auditor, Condemned, Failure, Verdict, claims, list_of
from tests.torture.faults import Sort, Weather
from tests.torture.layer import URL, Killed, Layer
from tests.torture.programs import INTERVAL, Before, Drawer, Program, at_once
from tests.torture.scene import Scene, Undo

ROUGH = (30.0, 180.0)
"""Seconds that a chapter's weather lasts."""
MOST_ROUNDS = 60
"""Passes of `run` after the weather: more than the longest backoff takes."""
MOST_APPLIES = 4
"""Times that somebody types `apply` again."""
ACTING = (Sort.DELETED, Sort.DRIFTED, Sort.COPIED, Sort.SWAPPED, Sort.STRIPPED, Sort.ALIKE)
DECIDES = frozenset({"conflict", "copy", "mass-disappearance", "writer"})
"""What a step is blocked by when a person has to decide."""


class Twins(Exception):
    """Something was made twice where no program can know better, and a person is told: the story ends there."""


@dataclass
class Told:
    """What became of one seed."""

    seed: int
    scenario: str
    sorts: tuple[Sort, ...]
    verdict: Verdict | None = None
    counts: Counter[str] = field(default_factory=Counter)
    """Requests, writes, passes, starts, chapters, and faults by sort."""
    trace: list[str] = field(default_factory=list)


Stage = Callable[[Clock, Random, Collection[Sort]], Scene]


class Setting(NamedTuple):
    """Where a story plays, and who judges it."""

    stage: Stage
    auditor: Callable[[Any], Auditor] = Auditor
    """Of what a stage is, or of anything."""


class Story:
    """One account and all that happens in it."""

    def __init__(self, seed: int, scenario: str, setting: "Setting", sorts: Collection[Sort]) -> None:
        self.chance, self.clock, self.seed = Random(f"{scenario} {seed}"), Clock(), seed
        chosen = self.chance.sample(sorted(sorts), min(len(sorts), self.chance.choice((1, 2, 3, 5))))
        self.told = Told(seed, scenario, tuple(sorted(chosen)))
        self.scene = setting.stage(self.clock, self.chance, chosen)
        self.weather = Weather(self.chance, chosen)
        self.auditor = setting.auditor(self.scene)
        self.layer = Layer(self.scene.answering, self.clock, self.weather, self.chance)
        self.layer.watch = self.auditor
        self.layer.interrupt = self.other_writer
        self.auditor.say = self.say
        self.auditor.several = Sort.WRITER in chosen
        self.auditor.tags_lag = Sort.LATE_TAGS in chosen
        self.auditor.forgetful = Sort.FORGOTTEN in chosen
        self.starts = 0
        self.before = Before(clients=self.scene.clients)
        self.program = self.start("program")
        self.rival: Program | None = None
        self.undo: list[Undo] = []
        self.read = 0
        """How many requests stand in the trace."""

    # --- all of it ---

    def tell(self) -> Told:
        """Live through it; the first failure ends it."""
        try:
            with direct(URL, self.layer.answer), at_once(self.clock, self.seed):
                self.live()
        except Condemned:
            pass
        except Twins:
            self.told.counts["twins told"] += 1
        self.told.verdict = self.auditor.verdict
        self.note()
        self.told.counts.update(self.layer.counts)
        self.told.counts["requests"] += len(self.layer.records)
        self.told.counts["writes"] += sum(each.effect for each in self.layer.records)
        self.told.counts["starts"] += self.starts
        return self.told

    def live(self) -> None:
        """Made; then left alone, drifting or edited; in the end perhaps destroyed."""
        if self.scene.standing:
            self.known()
        else:
            self.chapter("build", Intent())
        acting = [sort for sort in self.told.sorts if sort in ACTING]
        middle = "drift" if acting else self.chance.choice(("drift", "hold", "edit"))
        self.document = self.scene.stack()
        if middle == "edit":
            everything = Allow.REPLACE in self.document.allow
            self.say(f"somebody edits the document: {self.scene.edit(self.chance, everything)}")
        self.chapter(middle, Intent(), (acting or [Sort.DRIFTED]) if middle == "drift" else ())
        if self.chance.random() < 0.3:
            self.scene.clear()
            self.document = self.scene.stack()
            self.scene.tree["spec"]["resources"] = {}  # what the auditor takes for wanted
            self.chapter("destroy", Intent(destroy=True, believe=True))

    def known(self) -> None:
        """A stack that is there already is seen by the program, in calm weather."""
        stack = self.stack(Intent())
        self.auditor.begin(stack)
        with self.turn_of(self.program):
            self.program.round(stack, Intent())

    def chapter(self, name: str, intent: Intent, acts: Collection[Sort] = ()) -> None:
        """Rough weather, then calm; in the end all is as it should be."""
        stack = self.stack(intent)
        self.told.counts["chapters"] += 1
        self.weather.begin(self.clock() + self.chance.uniform(*ROUGH))
        self.say(f"chapter {name}: {', '.join(self.told.sorts)} until {self.weather.until - _BEGIN:.0f} s")
        for sort in acts:
            for _ in range(self.chance.choice((1, 1, 2))):
                self.act(sort)
        self.auditor.begin(stack)
        typed = intent.destroy or self.chance.random() < 0.4
        (self.applied if typed else self.ran)(stack, intent)
        self.settled(stack, intent)

    def stack(self, intent: Intent) -> Stack:
        """The document; a destroy says by itself that it may delete, and of what."""
        if not intent.destroy:
            self.document = self.scene.stack()
            return self.document
        return allowing(self.document, Allow.DELETE)

    def act(self, sort: Sort) -> None:
        """Somebody does something of this sort."""
        undo = self.scene.act(sort, self.chance)
        if undo:
            self.told.counts[sort] += 1
            self.undo.append(undo)
            self.say(f"somebody {undo.words}")

    def put_back(self) -> None:
        """What others did to tags is undone, the last first."""
        while self.undo:
            self.undo.pop().settle()

    # --- programs ---

    def start(self, name: str) -> Program:
        """A program that was just started; what earlier ones remembered is its own, where this story has memory."""
        self.starts += 1
        if Sort.FORGOTTEN in self.told.sorts:
            self.before.kept = Drawer()
        before = Before(clients=self.before.clients) if name == "rival" else self.before  # on another machine
        return Program(f"{name}-{self.starts}", self.scene.catalog, self.clock, self.auditor, before)

    @contextmanager
    def turn_of(self, program: Program) -> Iterator[None]:
        """This program's turn; it may end in the middle, or crash, which is a failure."""
        before, self.layer.sender = self.layer.sender, program
        try:
            yield
        except Killed:
            self.say(f"{program.name} is killed")
        except Twins:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, no program may end by it
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
            self.auditor.condemn(
                Failure.CRASHED, f"{type(error).__name__} at {where}: {error}", len(self.layer.records)
            )
        finally:
            self.layer.sender = before
            self.note()

    def living(self) -> Program:
        """The program, or the next start of it."""
        if self.program.dead:
            self.program = self.start("program")
        return self.program

    def other_writer(self) -> None:
        """In the middle of one program's work another makes a pass."""
        if self.rival is None or self.rival.dead:
            self.rival = self.start("rival")
        building = bool(self.scene.tree["spec"]["resources"])
        if building and self.layer.sender is not self.rival:
            with self.turn_of(self.rival):
                self.rival.round(self.document, Intent())

    # --- how a chapter passes ---

    def ran(self, stack: Stack, intent: Intent) -> None:
        """`run`, until the weather is over, and then until it finds nothing to do."""
        for _ in range(1000):
            if self.weather.calm(self.clock()):
                break
            with self.turn_of(self.living()):
                self.program.round(stack, intent)
        for _ in range(MOST_ROUNDS):
            with self.turn_of(self.living()):
                self.program.round(stack, intent)
            if self.quiet():
                return

    def applied(self, stack: Stack, intent: Intent) -> None:
        """`apply`, typed again and again by somebody who waits for the end of the weather."""
        fresh = Intent(destroy=intent.destroy, fresh=True)
        for _ in range(1000):
            if self.weather.calm(self.clock()):
                break
            self.apply_once(stack, fresh)
        for _ in range(MOST_APPLIES):
            self.apply_once(stack, fresh)
            if self.quiet():
                return

    def apply_once(self, stack: Stack, intent: Intent) -> None:
        """One start for one command."""
        self.program = self.start("apply")
        with self.turn_of(self.program):
            self.program.apply(stack, intent)

    def quiet(self) -> bool:
        """Whether the last plan has nothing left to do; what it still believes is to be read anew by then."""
        plan = self.program.plan
        return plan is not None and claims(plan) and not self.auditor.untrue()

    # --- the end of a chapter ---

    def settled(self, stack: Stack, intent: Intent) -> None:
        """In sync, truly; or somebody was asked to decide, does, and then in sync."""
        if not self.quiet():
            self.decided(stack, intent)
        self.put_back()  # it may be in sync beside what others still have marked as ours
        plan = self.clean_plan(stack, intent)
        if not claims(plan):
            self.auditor.condemn(Failure.FALSE, f"a fresh start finds: {'; '.join(self.program.unsettled[:3])}")
        self.auditor.settle()

    def decided(self, stack: Stack, intent: Intent) -> None:
        """What is not in sync is told as a matter for a person, who settles it; then it must converge."""
        plan = self.program.plan
        open_questions = [] if plan is None else [step for step in plan.steps if not step.settled]
        asked = any(map(asks, open_questions))
        if asked and (self.auditor.twins or self.auditor.several):
            raise Twins
        if not (self.undo and asked):
            self.stuck("with nothing that a person was asked to decide")
        self.say("somebody settles whose is what")
        self.put_back()
        believing = Intent(destroy=intent.destroy, believe=True)
        for _ in range(MOST_ROUNDS):
            with self.turn_of(self.living()):
                self.program.round(stack, believing)
            if self.quiet():
                return
        self.stuck("after somebody had settled it")

    def stuck(self, when: str) -> None:
        """The weather is long over, and it is not in sync."""
        untrue = list_of(self.auditor.untrue()) or "all is as wanted"
        told = "; ".join(self.program.unsettled[:3]) or "in sync"
        self.auditor.condemn(Failure.STUCK, f"{when}: it says {told}; in truth {untrue}", len(self.layer.records))

    def clean_plan(self, stack: Stack, intent: Intent) -> Plan:
        """What a program says that has just been started, in calm weather."""
        self.clock.time += INTERVAL
        self.program = self.start("look")
        with self.turn_of(self.program):
            self.program.look(stack, Intent(write=False, destroy=intent.destroy, believe=intent.believe, fresh=True))
        assert self.program.plan is not None
        return self.program.plan

    # --- the trace ---

    def say(self, words: str) -> None:
        """One line of the trace."""
        self.note()
        self.told.trace.append(f"{self.clock() - _BEGIN:8.1f}  {words}")

    def note(self) -> None:
        """Requests since the last line, and what programs said of them."""
        for record in self.layer.records[self.read :]:
            made = f" → {record.made}" if record.made else ""
            faults = f"  [{', '.join(record.faults)}]" if record.faults else ""
            effect = "done" if record.effect else "" if not record.writes else "not done"
            asked = record.asked
            words = f"{record.by} {asked.service}:{asked.operation} {asked.parameters or ''} {record.status or '-'}"
            self.told.trace.append(f"{record.at - _BEGIN:8.1f}  #{record.number} {words} {effect}{made}{faults}")
        self.read = len(self.layer.records)


_BEGIN = Clock().time


def asks(step: Step) -> bool:
    """Whether a step tells of something that a person has to decide."""
    return step.state is State.CONFLICT or (step.blocked is not None and step.blocked.by in DECIDES)
