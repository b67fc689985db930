"""Applying a plan: a ready queue of calls, at most 32 in flight, no waves, no barriers, no waiting on AWS.

A call that cannot be made in this pass (its target is not usable yet) is deferred, and so is what follows from
it; the next pass looks again. A call that fails stops what depends on it, and nothing else.
"""

import queue
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, NamedTuple

from controller.core.model.call import Call
from controller.core.model.cloud import Answer, Bug, Failure, Meaning, Refused, Unreachable, blaming
from controller.core.model.live import Phase, Thing
from controller.core.model.reference import Address
from controller.core.planning.graph import Task
from controller.core.planning.recorder import Recorder, Write
from controller.core.planning.step import Step
from controller.engine.fill import Filling, NotYet
from controller.engine.stop import Stop

IN_FLIGHT = 32
_LOOK_AGAIN = frozenset({Meaning.EXISTS, Meaning.CONFLICT, Meaning.IN_USE, Meaning.NOT_FOUND, Meaning.THROTTLED})
"""Answers after which the world is looked at anew before anything else; not failures of the call itself."""


class _End(Enum):
    DONE = auto()
    FAILED = auto()
    DEFERRED = auto()


class _Api(NamedTuple):
    """What has a bucket of its own."""

    service: str
    operation: str
    region: str

    @classmethod
    def of(cls, call: Call) -> "_Api":
        """That of a call."""
        return cls(call.service, call.operation, call.region or "")


@dataclass
class Outcome:
    """What became of a plan."""

    done: int = 0
    """Calls that succeeded."""
    failed: dict[Address, Failure] = field(default_factory=dict)
    """The first error of each node whose call failed for good in this pass."""
    refused: dict[Address, Failure] = field(default_factory=dict)
    """The same, with those errors that only ask for another look."""
    rejected: list[tuple[Step, tuple[str, ...], Refused]] = field(default_factory=list)
    """The calls that AWS refused, each with the paths that it was for."""
    deferred: dict[Address, str] = field(default_factory=dict)
    """Nodes with calls that were not made in this pass, and what they wait for."""
    moves: bool = False
    """Whether any of those calls may be made later without a person having done something."""
    born: dict[Address, str] = field(default_factory=dict)
    """Ids of what was made."""
    unsure: set[Address] = field(default_factory=set)
    """Nodes that AWS was asked to make, and nobody knows whether it did."""
    deleted: list[tuple[Address, str]] = field(default_factory=list)
    """What was deleted, with the node that it was, or was tagged as."""
    corrected: list[Step] = field(default_factory=list)
    """Steps of which every call succeeded."""

    def then(self, later: "Outcome") -> "Outcome":
        """What became of both parts of a plan, one after the other."""
        return Outcome(
            self.done + later.done,
            {**later.failed, **self.failed},
            {**later.refused, **self.refused},
            [*self.rejected, *later.rejected],
            {**later.deferred, **self.deferred},
            self.moves or later.moves,
            {**self.born, **later.born},
            self.unsure | later.unsure,
            [*self.deleted, *later.deleted],
            [*self.corrected, *later.corrected],
        )


def apply(
    tasks: list[Task],
    filling: Filling,
    pool: ThreadPoolExecutor,
    recorder: Recorder,
    stop: Stop,
) -> Outcome:
    """Make the calls. What is made is added to `filling.live`.

    When `stop` is set no further call is begun, and those in flight are waited for.
    """
    return _Queue(tasks, filling, pool, recorder, stop).run()


@dataclass(frozen=True)
class Answered:
    """A call that succeeded: AWS's answer, and the parameters as they were sent."""

    answer: Answer
    sent: Mapping[str, Any]


class _Queue:
    def __init__(
        self,
        tasks: list[Task],
        filling: Filling,
        pool: ThreadPoolExecutor,
        recorder: Recorder,
        stop: Stop,
    ) -> None:
        self.tasks, self.filling, self.stack = tasks, filling, filling.stack.name
        self.pool, self.recorder, self.stop = pool, recorder, stop
        self.outcome = Outcome()
        self.ends: dict[Task, _End] = {}
        self.open = {task: len(task.earlier) for task in tasks}
        self.followers: dict[Task, list[Task]] = defaultdict(list)
        self.ready: dict[_Api, deque[Task]] = defaultdict(deque)
        self.over: queue.SimpleQueue[tuple[Task, Answered | BaseException]]
        self.over = queue.SimpleQueue()
        self.running = 0
        self.flying: Counter[_Api] = Counter()
        self.gone: set[Thing] = set()
        self.ended: deque[Task] = deque()
        self.parts: dict[Task, list[Task]] = {}
        """What a call was taken apart into."""
        self.for_person: set[Task] = set()
        """Deferred until a person does something."""
        self.whole: dict[Task, Task] = {}
        """The call that a part is of."""

    def run(self) -> Outcome:
        for task in self.tasks:
            for earlier in task.earlier:
                self.followers[earlier].append(task)
        for task in [task for task in self.tasks if not self.open[task]]:
            self.release(task)
        self.settle()
        while self.running or self.waiting():
            pause = self.dispatch()
            if self.running or pause is not None:
                self.collect(pause)
        self.finish()
        return self.outcome

    def waiting(self) -> bool:
        return not self.stop.is_set() and any(self.ready.values())

    def release(self, task: Task) -> None:
        """Everything before the task is over: queue it, or end it with what it waits for in vain."""
        before = [self.ends[earlier] for earlier in task.after]
        others = [self.ends[earlier] for earlier in (*task.over, *task.rather)]
        if _End.FAILED in before:
            self.end(task, _End.FAILED)
        elif self.occupied(task):
            self.defer(task, "waiting for AWS to finish the previous change")
        elif _End.DEFERRED in before or _End.DEFERRED in others or not task.gone <= self.gone:
            deferred = {earlier for earlier in task.earlier if self.ends[earlier] is _End.DEFERRED}
            self.defer(task, self.reason(task), person=task.gone <= self.gone and deferred <= self.for_person)
        else:
            self.queue(task)

    def queue(self, task: Task) -> None:
        self.ready[_Api.of(task.call)].append(task)

    def occupied(self, task: Task) -> bool:
        """Whether AWS is at work on the thing, because of a call of the same step."""
        made = (earlier for earlier in (*task.after, *task.over) if self.ends[earlier] is _End.DONE)
        return any(earlier.call.occupies and earlier.step is task.step for earlier in made)

    def reason(self, task: Task) -> str:
        held = sorted(task.gone - self.gone)
        if held:
            return f"waiting for {', '.join(map(str, held))} to be deleted"
        earlier = [other for other in task.earlier if self.ends[other] is _End.DEFERRED]
        own = self.outcome.deferred.get(task.address)
        return own or f"waiting for {earlier[0].address}"

    def dispatch(self) -> float | None:
        """Begin what the buckets let go; the shortest time until they let go of more."""
        pauses = []
        for api, tasks in self.ready.items():
            cloud = self.filling.cloud.at(api.region)
            while tasks and self.running < IN_FLIGHT and not self.stop.is_set():
                ahead = self.flying[api]
                pause = cloud.delay(api.service, api.operation, tasks[0].call.parameters, ahead)
                if pause > 0:
                    pauses.append(pause)
                    break
                self.begin(tasks.popleft())
        return min(pauses, default=None)

    def begin(self, task: Task) -> None:
        self.running += 1
        self.flying[_Api.of(task.call)] += 1
        self.recorder.started(self.stack, task.address, task.call)
        self.pool.submit(self.perform, task)

    def perform(self, task: Task) -> None:
        """In a thread of the pool: fill in the call and make it."""
        try:
            with blaming(f"making the call {task.call.operation} for", task.address):
                parameters = self.filling.filled(task.address, task.call)
                cloud = self.filling.cloud.at(task.call.region or "")
                answer = cloud.call(task.call.service, task.call.operation, parameters)
            self.over.put((task, Answered(answer, parameters)))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the queue must hear of it
            self.over.put((task, error))

    def collect(self, pause: float | None) -> None:
        """Take what is over, after waiting for at least one or for the pause."""
        try:
            ended = self.over.get(timeout=pause)
        except queue.Empty:
            return
        while True:
            self.running -= 1
            self.conclude(*ended)
            self.settle()
            try:
                ended = self.over.get_nowait()
            except queue.Empty:
                return

    def conclude(self, task: Task, result: "Answered | BaseException") -> None:
        self.flying[_Api.of(task.call)] -= 1
        match result:
            case Answered():
                self.succeed(task, result.answer, result.sent)
            case NotYet():
                self.defer(task, result.reason, result.person)
            case Refused(meaning=Meaning.NOT_FOUND) if task.removes or task.call.takes_away:
                self.succeed(task, Answer({}, result.request_id), {})
            case Refused() | Unreachable() | Bug():
                self.fail(task, result)
            case _:
                raise result

    def succeed(self, task: Task, answer: Answer, sent: Mapping[str, Any]) -> None:
        self.outcome.done += 1
        try:
            with blaming(f"reading the answer to {task.call.operation} for", task.address):
                gone = self.learn(task, answer, sent)
        except Bug as bug:
            self.fail(task, bug)
            return
        self.report(task, "ok", answer.request_id)
        if gone:
            self.again(task, gone)
            return
        if task.call.deletes and task.step.live:
            self.outcome.deleted.append((task.address, task.step.live.id))
            if not self.filling.catalog[task.step.live.kind].lingers:
                self.gone.add(task.step.live.thing)
        self.end(task, _End.DONE)

    def learn(self, task: Task, answer: Answer, sent: Mapping[str, Any]) -> str:
        """Take over what the answer shows of the node; the id of what was made and is gone, else nothing."""
        kind, live = self.filling.catalog[task.address.kind], self.filling.live
        if task.call.makes:
            born = kind.born(self.filling.stack.nodes[task.address], sent, answer.body)
            if born.phase is Phase.LEAVING:
                return born.id
            region = self.filling.stack.where(task.address)
            live[task.address] = replace(born, region=region) if region else born
            self.outcome.born[task.address] = born.id
        if task.call.renews and task.address in live:
            renewed = {**live[task.address].attributes, **kind.renewals(task.call, answer.body)}
            live[task.address] = replace(live[task.address], attributes=renewed)
        return ""

    def again(self, task: Task, gone: str) -> None:
        """AWS knew the token, and told of what it made for it once and what is gone since: ask with another."""
        if self.filling.predecessors.get(task.address) == gone:
            self.defer(task, f"AWS returned {gone}, which no longer exists")
            return
        self.filling.predecessors[task.address] = gone
        self.queue(task)

    def fail(self, task: Task, error: Failure) -> None:
        request_id = error.request_id if isinstance(error, Refused) else ""
        way_out = error.way_out if isinstance(error, Refused) else ""
        self.report(task, str(error.meaning), request_id, str(error), way_out)
        if task.call.apart and isinstance(error, Refused) and error.meaning is Meaning.INVALID:
            self.take_apart(task)
            return
        self.outcome.refused.setdefault(task.address, error)
        if isinstance(error, Refused):
            self.outcome.rejected.append((task.step, task.call.fields, error))
        refused = isinstance(error, Refused) and error.meaning is not Meaning.TRANSIENT
        unsent = isinstance(error, Unreachable) and not error.sent
        if task.call.makes and not (refused or unsent):
            self.outcome.unsure.add(task.address)
        if error.meaning in _LOOK_AGAIN:
            self.defer(task, f"checking again after {error}")
        else:
            self.outcome.failed.setdefault(task.address, error)
            self.end(task, _End.FAILED)

    def take_apart(self, task: Task) -> None:
        """AWS refused a call for one of the things that it sets: each is asked for by itself, one after the other."""
        parts = [
            Task(task.step, replace(call, region=task.call.region), removes=task.removes) for call in task.call.apart
        ]
        self.parts[task] = parts
        for part in parts:
            self.whole[part] = task
        self.queue(parts[0])

    def put_together(self, part: Task) -> None:
        """Go on with the next part of a call, or end the call as its parts have ended."""
        task = self.whole[part]
        waiting = [other for other in self.parts[task] if other not in self.ends]
        if waiting:
            self.queue(waiting[0])
            return
        ends = {self.ends[other] for other in self.parts[task]}
        self.end(task, next(end for end in (_End.FAILED, _End.DEFERRED, _End.DONE) if end in ends))

    def report(self, task: Task, outcome: str, request_id: str, message: str = "", way_out: str = "") -> None:
        self.recorder.wrote(
            Write(self.stack, task.address, task.step.action, task.call, outcome, request_id, message, way_out)
        )

    def defer(self, task: Task, reason: str, person: bool = False) -> None:
        self.outcome.deferred.setdefault(task.address, reason)
        self.outcome.moves |= not person
        if person:
            self.for_person.add(task)
        self.end(task, _End.DEFERRED)

    def end(self, task: Task, end: _End) -> None:
        """Note how a task ended; what waited for it is released by `settle`, for chains are long."""
        self.ends[task] = end
        self.ended.append(task)

    def settle(self) -> None:
        """Release what waited for tasks that have ended, and what that ends in turn."""
        while self.ended:
            task = self.ended.popleft()
            if task in self.whole:
                self.put_together(task)
            for follower in self.followers[task]:
                self.open[follower] -= 1
                if not self.open[follower]:
                    self.release(follower)

    def finish(self) -> None:
        """What was never begun is deferred; steps of which all is done are corrected."""
        for task in self.tasks:
            if task not in self.ends:
                self.defer(task, "stopped before it was started")
        steps: dict[int, Step] = {id(task.step): task.step for task in self.tasks}
        unfinished = {id(task.step) for task in self.tasks if self.ends.get(task) is not _End.DONE}
        self.outcome.corrected = [step for key, step in steps.items() if key not in unfinished]
