"""The program under test: started, passing, killed, started again, with or without what it remembered."""

import json
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest.mock import patch
from uuid import UUID

import botocore.endpoint
import botocore.handlers
from botocore.client import BaseClient
from botocore.session import Session

from controller.aws.client.cloud import AwsCloud, new_session
from controller.core.model.kind import Catalog
from controller.core.model.stack import Stack
from controller.core.planning.recorder import NullRecorder, Write
from controller.core.planning.step import Plan, Step
from controller.engine.loop import Controller, Patience, Result
from controller.engine.reconcile import Intent
from tests.clock import Clock, Patient
from tests.engine.harness import REGION
from tests.kinds.kit import Inline
from tests.torture.layer import URL
from tests.unlimited import Unlimited

INTERVAL = 30.0
TYPING = 60.0
"""Seconds until somebody types a command again."""
APPLY_SECONDS = 1800.0
MOST_PASSES = 40
"""Of one `apply`, before its user has seen enough."""


@cache
def session() -> Session:
    """One for all programs: what it reads of AWS's models is dear."""
    return new_session()


class Log(NullRecorder):
    """What a program says of its passes; `told` also goes into the trace."""

    def __init__(self, program: "Program") -> None:
        self.program = program

    def planned(self, plan: Plan) -> None:
        self.program.plan = plan
        self.program.watch.planned(self.program, plan)

    def wrote(self, write: Write) -> None:
        self.program.watch.wrote(self.program, write)


class Watching:
    """Whoever wants to know what programs say; by itself it does not."""

    def planned(self, program: "Program", plan: Plan) -> None:
        """A pass has its plan."""

    def wrote(self, program: "Program", write: Write) -> None:
        """A write has ended, as the program understood it."""


class Drawer:
    """A store as the folder of files is one: whole records, as JSON, there as soon as they are saved."""

    def __init__(self) -> None:
        self.records: dict[str, str] = {}

    def load(self, stack: str) -> Mapping[str, Any] | None:
        """The record of a stack."""
        return json.loads(self.records[stack]) if stack in self.records else None

    def save(self, stack: str, record: Mapping[str, Any]) -> bool:
        """Keep it."""
        self.records[stack] = json.dumps(record)
        return True

    def forget(self, stack: str) -> None:
        """Throw it away."""
        self.records.pop(stack, None)


@dataclass
class Before:
    """What one start leaves to the next."""

    kept: Drawer = field(default_factory=Drawer)
    """What was put where it outlives a program."""
    clients: dict[str, BaseClient] = field(default_factory=dict)
    """Botocore's; making one takes longer than a pass."""


class Program:
    """One start. All its calls are made in the thread that it is given, one after the other."""

    def __init__(self, name: str, catalog: Catalog, clock: Clock, watch: Watching, before: "Before") -> None:
        """`before` is what it has of earlier starts."""
        self.name, self.clock, self.watch, self.dead = name, clock, watch, False
        self.plan: Plan | None = None
        cloud = AwsCloud(REGION, session=session(), limits=Unlimited())
        cloud._clients = before.clients
        self.controller = Controller(
            catalog,
            lambda region: cloud,
            Log(self),
            Patient(clock, after=MOST_PASSES),
            clock,
            store=lambda stack: before.kept,
            wall=clock,
        )
        self.controller.close()
        self.controller.pool = Inline(1)
        self.patience: dict[str, Patience] = {}
        self.fresh = False

    def round(self, stack: Stack, intent: Intent) -> None:
        """One pass as `run` makes it, and its pause."""
        self.fresh = intent.fresh
        pause = self.controller.round([stack], INTERVAL, intent, self.patience)
        self.clock.time += pause  # after all that the pass itself took

    def apply(self, stack: Stack, intent: Intent) -> Result:
        """Pass after pass as `apply` makes them."""
        self.fresh = True
        result = self.controller.converge(stack, intent, APPLY_SECONDS)
        self.clock.time += TYPING
        return result

    def look(self, stack: Stack, intent: Intent) -> Plan:
        """A plan as `plan` makes it: all read anew, nothing written."""
        self.fresh = True
        (result,) = self.controller.passes([stack], intent)
        assert result.done is not None, f"the world is calm, and yet: {result.error}"
        return result.done.plan

    @property
    def unsettled(self) -> list[str]:
        """What is not in sync, in its own words."""
        if self.plan is None:
            return ["nothing was planned"]
        return [told_of(step) for step in self.plan.steps if not step.settled]


def told_of(step: Step) -> str:
    """What a plan says of one node."""
    changes = ", ".join(change.path for change in step.changes)
    blocked = f"blocked by {step.blocked.by}: {step.blocked.why}" if step.blocked else ""
    words = [
        str(step.address),
        step.id,
        step.state,
        step.action,
        f"({changes})" if changes else "",
        blocked,
        step.note,
    ]
    return " ".join(word for word in words if word)


@contextmanager
def at_once(clock: Clock, seed: int) -> Iterator[None]:
    """No client sleeps before it tries again: the clock moves instead. Botocore's own chance has the seed too."""

    def sleep(seconds: float) -> None:
        clock.time += seconds

    timing: Any = type("Timing", (), {"sleep": staticmethod(sleep)})
    before = random.getstate()
    random.seed(seed)
    tokens: Any = type("Tokens", (), {"uuid4": staticmethod(lambda: UUID(int=random.getrandbits(128), version=4))})
    with (
        patch.object(botocore.endpoint, "time", timing),
        patch.object(botocore.handlers, "uuid", tokens),
        patch.dict(os.environ, {"AWS_ENDPOINT_URL": URL}),
    ):
        yield
    random.setstate(before)
