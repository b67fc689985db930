"""The harness: a program that can be killed at any call, and one trial of one document on one backend."""

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from controller.aws.client.secrets import STORE, SecretsManager
from controller.aws.declaration.wire import overlay, value_at
from controller.core.model.call import Call
from controller.core.model.cloud import Answer
from controller.core.model.kind import Catalog
from controller.core.model.live import Live
from controller.core.model.naming import stem
from controller.core.model.reference import Address, replace_expressions
from controller.core.model.stack import Stack
from controller.core.planning.guard import GuardContext
from controller.core.planning.inventory import Inventory
from controller.core.planning.matching import match
from controller.core.planning.plan import make_plan
from controller.core.planning.plan_input import PlanInput
from controller.core.planning.recorder import Write
from controller.core.planning.step import Plan, Step
from controller.engine.apply import Outcome
from controller.engine.loop import Controller
from controller.engine.reconcile import Intent
from controller.engine.secrets import local_secrets
from tests.clock import Patient
from tests.diary import Diary
from tests.kinds.backends import READS, REGION, Backend, all_there_is, key
from tests.kinds.fixtures import RawCall, Sample, Tree, kinds

PASS_SECONDS = 30.0
"""The time between two passes."""
MOST_PASSES = 10
"""More than any document here needs, whatever happened to it."""


# --- one start of the program -----------------------------------------------------------------------------


class Killed(BaseException):
    """The program has ended."""


class Inline(ThreadPoolExecutor):
    """Does at once what it is given, so that every run makes its calls in the same order."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The result, already there."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  # the future hands it on, whatever it is
            future.set_exception(error)
        return future


Moment = str
"""When a program is killed or an answer lost, see `Wire.write`."""


@dataclass
class Wire:
    """The cloud as one start of the program has it: every call recorded, and one of them fatal."""

    backend: Backend
    fatal: int = 0
    """The number of the write that is hit, from 1; 0 for none."""
    moment: Moment = "during"
    dead: bool = False
    writes: list[str] = field(default_factory=list)
    reads: list[tuple[str, Tree]] = field(default_factory=list)

    @property
    def region(self) -> str:
        """The one region."""
        return self.backend.cloud.region

    def at(self, region: str) -> "Wire":
        """The one region."""
        return self

    def account(self) -> str:
        """The one account."""
        return self.backend.cloud.account()

    def delay(self, service: str, operation: str, parameters: Mapping[str, Any], ahead: int = 0) -> float:
        """Never."""
        return 0.0

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """One call, if the program still lives."""
        if operation.startswith(READS):
            self.live()
            self.reads.append((operation, dict(parameters)))
            (body,) = self.backend.pages(key(operation, parameters), self.read(service, operation, parameters))
            return Answer(body)
        return self.write(service, operation, parameters)

    def read(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """A read that has one page."""
        yield self.backend.cloud.call(service, operation, parameters).body

    def write(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """One write; the fatal one by its moment.

        `during`: it takes effect, the connection breaks, the program ends. `overtaken`: it is lost on its way, those
        begun together with it take effect, the program ends. `lost`: it takes effect, the connection breaks, the
        program goes on.
        """
        self.live()
        self.writes.append(operation)
        if len(self.writes) != self.fatal:
            return self.backend.cloud.call(service, operation, parameters)
        if self.moment == "overtaken":
            raise Killed
        return self.unanswered(service, operation, parameters)

    def unanswered(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """It takes effect and its answer never comes; whoever is dead does not ask again."""
        try:
            call = partial(self.backend.cloud.call, service, operation, parameters)
            return self.backend.lose(call, again=self.moment == "lost")
        finally:
            if self.moment == "during":
                self.dead = True
                raise Killed

    def pages(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """A listing, if the program still lives."""
        self.live()
        self.reads.append((operation, dict(parameters)))
        return self.backend.pages(
            key(operation, parameters), self.backend.cloud.pages(service, operation, parameters)
        )

    def live(self) -> None:
        """The dead make no calls."""
        if self.dead:
            raise Killed


@dataclass(frozen=True)
class PassResult:
    """One pass: its plan, what was written, and whether another is worth it."""

    plan: Plan
    outcome: Outcome
    writes: tuple[Write, ...]
    waits: bool

    def step(self, address: Address) -> Step:
        """The step of one node."""
        return next(step for step in self.plan.steps if step.address == address)

    def live(self) -> dict[Address, Live]:
        """Which live thing is which node."""
        return {step.address: step.live for step in self.plan.steps if step.live and step.state != "conflict"}

    @property
    def told(self) -> str:
        """What is not as it should be, for a failed assertion."""
        steps = [step for step in self.plan.steps if not step.settled]
        lines = [
            f"{s.address} {s.state} {s.action} {[c.path for c in s.changes]} {s.blocked or ''} {s.note}"
            for s in steps
        ]
        errors = [f"{w.address} {w.call.operation} {w.outcome} {w.message}" for w in self.writes]
        return "\n".join([*lines, *map(str, self.plan.incomplete), *errors, str(self.outcome.deferred)])


class Program:
    """One start of the program: nothing is remembered from an earlier one."""

    def __init__(self, backend: Backend, catalog: Catalog, fatal: int = 0, moment: Moment = "during") -> None:
        self.backend, self.diary = backend, Diary()
        self.wire = Wire(backend, fatal, moment)
        patient = Patient(backend.clock)
        self.controller = Controller(catalog, lambda region: self.wire, self.diary, patient, backend.clock)
        self.controller.secrets = {
            **local_secrets(),
            STORE: SecretsManager(lambda region: self.wire, lambda text: None),
        }
        self.controller.close()
        self.controller.pool = Inline(1)

    def remember(self, other: "Program") -> None:
        """Go on from what another program remembers, as if it were that one."""
        theirs, clock = other.controller, self.backend.clock
        self.controller.memories = copy.deepcopy(theirs.memories, {id(clock): clock})
        for region, details in theirs.details.items():
            self.controller.details_of(region).kept.update(details.kept)

    def look(self, stack: Stack, destroy: bool = False) -> PassResult:
        """A pass that writes nothing."""
        return self.turn(stack, Intent(write=False, fresh=True, destroy=destroy))

    def turn(self, stack: Stack, intent: Intent | None = None) -> PassResult:
        """One pass."""
        already = len(self.diary.writes)
        (result,) = self.controller.passes([stack], intent or Intent(fresh=True))
        assert result.done is not None, result.error
        done = result.done
        assert [] == problems_of(done.plan)
        return PassResult(done.plan, done.outcome, tuple(self.diary.writes[already:]), done.waits)

    def converge(self, stack: Stack, destroy: bool = False, believe: bool = False) -> list[PassResult]:
        """Pass after pass, until another changes nothing."""
        intent = Intent(fresh=True, destroy=destroy, believe=believe)
        turns = [self.turn(stack, intent)]
        while turns[-1].waits:
            assert len(turns) < MOST_PASSES, turns[-1].told
            self.backend.clock.time += PASS_SECONDS
            turns.append(self.turn(stack, intent))
        return turns


# --- one trial --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """An account at one time, the time, and what is known of it."""

    restore: Callable[[], None]
    time: float
    saved: Mapping[str, str]
    live: Mapping[Address, Live]


@dataclass(frozen=True)
class Made:
    """How a document was made, the program that made it, and the account that it made."""

    turns: list[PassResult]
    program: Program
    """It does nothing more: each that goes on from here is another that remembers the same."""
    kept: Kept


class Trial:
    """One document on one backend, from an empty account on, or from one in which it is made."""

    def __init__(
        self, sample: Sample, backend: Backend, folder: Path, slow: bool = False, made: Made | None = None
    ) -> None:
        self.sample, self.backend, self.folder, self.slow = sample, backend, folder, slow
        self.catalog: Catalog = {kind.name: kind for kind in kinds() if kind.name in sample.kinds}
        self.saved: dict[str, str] = {}
        self.live: Mapping[Address, Live] = {}
        """What is which node, as far as the test has seen."""
        self.begin(made.kept if made else None)
        self.stack = self.sample.stack(self.folder, self.saved)
        self.program = self.start()
        if made:
            self.program.remember(made.program)

    def begin(self, kept: Kept | None = None) -> None:
        """Go back to an account that was kept, or empty it and make what the document takes for granted."""
        if kept:
            kept.restore()
            self.backend.clock.time = kept.time
            self.saved, self.live = dict(kept.saved), kept.live
            return
        self.backend.fresh(self.slow)
        self.saved, self.live = {}, {}
        for call in self.sample.before:
            self.raw(call)

    def keep(self) -> Kept:
        """The account as it is."""
        return Kept(self.backend.keep(), self.backend.clock.time, dict(self.saved), self.live)

    def start(self, fatal: int = 0, moment: Moment = "during") -> Program:
        """A new start of the program."""
        return Program(self.backend, self.catalog, fatal, moment)

    def changed(self, change: Tree) -> Stack:
        """The document with these fields of the node under test changed."""
        return self.sample.stack(self.folder, self.saved, change)

    # --- from outside ---

    def outside(self, calls: Iterable[RawCall]) -> None:
        """Make raw calls, as somebody else would."""
        for call in calls:
            self.raw(call)

    def raw(self, call: RawCall) -> None:
        """One raw call with its holes filled in, or some time."""
        if "wait" in call:
            self.backend.clock.time += call["wait"]
            return
        if "rewrite" in call:
            self.rewrite(self.filled(call["rewrite"]))
            return
        service = call.get("service", self.sample.kind.service)
        parameters = self.filled(call.get("parameters", {}))
        body = self.backend.cloud.call(service, call["operation"], parameters).body
        for name, path in call.get("save", {}).items():
            found = value_at(body, self.filled(path))
            assert found, f"{call['operation']} shows nothing at {path}"
            self.saved[name] = str(found)

    def rewrite(self, changes: Tree) -> None:
        """Read the thing under test whole, and write it back with these changes."""
        kind, original, live = self.sample.kind, self.sample.kind.read_modify_write, self.it
        assert original, f"AWS does not replace a {kind.name} as a whole"
        read, write = original.operation, kind.setters[0].operation
        body = self.backend.cloud.call(kind.service, read, kind.identity(read, live.id)).body
        whole = {original.parameter: overlay(value_at(body, original.path), changes)}
        version = {original.GIVEN_AS: body[original.VERSION]}
        self.backend.cloud.call(kind.service, write, {**kind.identity(write, live.id), **whole, **version})

    def filled(self, value: Any) -> Any:
        """A tree with ids in its holes: `{id}`, `${Kind/name}` and the other forms of `hole`."""
        if isinstance(value, Mapping):
            return {key: self.filled(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.filled(part) for part in value]
        if not isinstance(value, str):
            return value
        mine = value.replace("{id}", "${" + str(self.sample.it) + "}")
        return re.sub(r"\$\{([^}]+)\}", lambda hole: self.hole(hole[1]), mine)

    def hole(self, words: str) -> str:
        """`name` of something saved, `Kind/name`, `Kind/name.attribute`, or `Kind/name:field:Kind/name`.

        The last is AWS's own id of an element of a collection.
        """
        if words in self.saved:
            return self.saved[words]
        node, _, member = words.partition(":")
        node, _, attribute = node.partition(".")
        found = self.live[Address.parse(node)]
        if member:
            name, _, element = member.partition(":")
            return found.members[name][self.live[Address.parse(element)].id]
        if attribute:
            return str(self.catalog[found.kind].attribute(self.backend.cloud, found, attribute))
        return found.id

    def perform(self, calls: Iterable[Call]) -> None:
        """Make a kind's own calls from outside, with the id of the thing under test in their holes."""
        for call in calls:
            parameters = replace_expressions(call.parameters, lambda _: self.it.id)
            self.backend.cloud.call(call.service, call.operation, parameters)

    # --- what there is ---

    @property
    def it(self) -> Live:
        """The live thing under test, as the test has seen it."""
        return self.live[self.sample.it]

    def picture(self) -> list[str]:
        """Everything there is, with names in the place of ids: two equal pictures show the same account."""
        lives = list(self.listed())
        ids = {id: name for name, id in self.saved.items() if not id.isdigit()}  # a number is found everywhere
        names = ids | {live.id: self.name(live) for live in lives} | _given(lives)
        return [*sorted(self.drawn(live, names) for live in lives), str(sorted(self.backend.things(lives).items()))]

    def listed(self) -> Iterator[Live]:
        """Whatever is live of the kinds of the document, ours or not."""
        return all_there_is(self.backend.cloud, self.catalog)

    def things(self) -> Counter[str]:
        """How many things there are, ours or not."""
        return self.backend.things(self.listed())

    def name(self, live: Live) -> str:
        """What a thing is called in a picture."""
        return f"{live.kind}/{live.owner[1]}" if live.owner else f"{live.kind} that is not ours"

    def drawn(self, live: Live, names: Mapping[str, str]) -> str:
        """One thing in a picture; a name that was varied for it is as good as any. Tags are no ids, even where the
        `Name` that it is given reads like one."""
        kind = self.catalog[live.kind]
        named = [name for name, part in kind.shape.fields.items() if part.named and name != kind.id_from]
        open_names = {name: stem(live.fields.get(name)) for name in named}
        fields = json.dumps({**live.fields, **open_names}, sort_keys=True)
        for id, name in names.items():
            fields = fields.replace(id, name)
        return f"{names[live.id]} {live.phase} {_ordered({**json.loads(fields), 'tags': dict(live.tags)})}"


def _given(lives: Iterable[Live]) -> dict[str, str]:
    """The ids among the attributes of things: AWS makes them up as it does a thing's own."""
    told = ((name, str(value)) for live in lives for name, value in live.attributes.items())
    return {value: f"its {name}" for name, value in told if re.fullmatch(r"[a-z]+-[0-9a-f]{8,}", value)}


def _ordered(value: Any) -> str:
    """A tree as text, lists as sets: AWS lists what has no order in any order."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_ordered(part)}" for key, part in sorted(value.items())) + "}"
    return str(sorted(map(_ordered, value))) if isinstance(value, list) else str(value)


_made: dict[tuple[Backend, str, bool], Made] = {}


def created(sample: Sample, backend: Backend, folder: Path, slow: bool = False) -> tuple[Trial, Made]:
    """A trial of a document that is made, and how it was made: by the first who asks, and for all others with it."""
    about = (backend, str(sample), slow)
    if about not in _made:
        trial = Trial(sample, backend, folder, slow)
        turns = trial.program.converge(trial.stack)
        trial.live = turns[-1].live()
        _made[about] = Made(turns, trial.program, trial.keep())
    return Trial(sample, backend, folder, slow, _made[about]), _made[about]


def plan_for_nothing(sample: Sample, stack: Stack) -> Plan:
    """The plan for an account with nothing in it."""
    catalog: Catalog = {kind.name: kind for kind in kinds()}
    inventory = Inventory("", REGION, dict.fromkeys(sample.kinds, ()))
    situation = GuardContext(stack, "", datetime.fromtimestamp(0, UTC))
    return make_plan(PlanInput(stack, catalog, inventory, match(stack, catalog, inventory), situation))


def problems_of(plan: Plan) -> list[str]:
    """What AWS's model has against the calls of a plan."""
    calls = ((step, call) for step in plan.steps for call in (*step.calls, *step.removal))
    catalog = {kind.name: kind for kind in kinds()}
    return [f"{step.address}: {each}" for step, call in calls for each in catalog[step.address.kind].problems(call)]
