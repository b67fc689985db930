"""Killed at any moment, the next start converges: nothing duplicated, nothing leaked, whatever the kind."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from controller.aws.declaration.kind import AwsKind
from controller.core.model.stack import Allow, Stack
from controller.engine.loop import allowing
from tests.kinds.backends import Backend
from tests.kinds.cases import CRASHES
from tests.kinds.fixtures import Sample
from tests.kinds.kit import Kept, Killed, Moment, Program, Trial, created

MOST_ON_MOTO, MOST_OF_ITS_OWN = 2, 4
"""So many kills a run are tried on moto; the second where the code of the kind makes calls of its own."""


@dataclass(frozen=True)
class Ordeal:
    """What the program is killed in: the account that it begins in, what it is to do, and whether to destroy."""

    trial: Trial
    kept: Kept
    stack: Stack
    destroy: bool = False

    def undisturbed(self) -> tuple[int, list[str]]:
        """How many writes it takes, and what there is in the end."""
        self.trial.begin(self.kept)
        program = self.trial.start()
        program.converge(self.stack, self.destroy)
        return len(program.wire.writes), self.trial.picture()

    def survive(self, number: int, moment: Moment) -> tuple[str, str, list[str]]:
        """The same with one fatal write: its operation, what the last pass still has to tell, what there is."""
        self.trial.begin(self.kept)
        stack, destroy = self.stack, self.destroy
        program = self.trial.start(number, moment)
        last = self.finish(program, stack, destroy)
        told = last.converge(stack, destroy)[-1]
        unsettled = "" if (destroy or told.plan.in_sync) and not told.writes else told.told
        return program.wire.writes[number - 1], unsettled, self.trial.picture()

    def finish(self, program: Program, stack: Stack, destroy: bool) -> Program:
        """Run until the end, or until death and then once more."""
        try:
            program.converge(stack, destroy)
        except Killed:
            return self.trial.start()
        assert program.wire.moment == "lost", "it was not killed"
        return program


def prepared(sample: Sample, change: str, backend: Backend, folder: Path) -> Ordeal:
    """The account as it is before the program starts; where AWS has time, all takes it."""
    slow = backend.name == "strict"
    trial = Trial(sample, backend, folder, slow) if change == "create" else created(sample, backend, folder, slow)[0]
    if change == "update":
        drifts = {drift.field: drift for drift in reversed(sample.drifts)}.values()
        trial.outside(call for drift in drifts for call in drift.calls)
    wanted = trial.stack
    if change == "replace":
        wanted = allowing(trial.changed(sample.replaceable[0].set), Allow.REPLACE)
    if change == "destroy":
        wanted = allowing(wanted, Allow.DELETE)
    return Ordeal(trial, trial.keep(), wanted, destroy=change == "destroy")


def has_calls_of_its_own(kind: AwsKind) -> bool:
    """Whether not all that is written of a kind is what it declares, which is one code for every kind."""
    return any(getattr(type(kind), name) is not getattr(AwsKind, name) for name in ("create", "update", "delete"))


def spread(writes: int, most: int) -> list[int]:
    """At most so many of the numbers from 1 on, evenly spread from the first to the last."""
    steps = min(writes, most) - 1
    return sorted({1 + round(each * (writes - 1) / steps) for each in range(steps + 1)}) if steps else [1]


@pytest.mark.parametrize(("sample", "change", "moment", "backend"), CRASHES, indirect=["backend"])
def test_the_next_start_converges(
    sample: Sample, change: str, moment: Moment, backend: Backend, tmp_path: Path
) -> None:
    """Whichever write of a creation, an update, a replacement or a destroy was the last, or was lost, it all ends in
    the very account of an undisturbed run.

    One that is killed before its first write has done nothing, and before any other what it has done when it is
    killed during the one before that: the next start, which remembers nothing, finds the same account. Moto, which is
    slow, has to show it for a few of many writes, the first and the last among them, and for more where a kind has
    calls of its own."""
    ordeal = prepared(sample, change, backend, tmp_path)
    writes, expected = ordeal.undisturbed()
    assert writes > 0
    failures = []
    most = MOST_OF_ITS_OWN if has_calls_of_its_own(sample.kind) else MOST_ON_MOTO
    for number in range(1, writes + 1) if backend.name == "strict" else spread(writes, most):
        operation, unsettled, found = ordeal.survive(number, moment)
        if unsettled or found != expected:
            wrong = sorted({*found} ^ {*expected})
            failures.append((number, operation, unsettled, wrong))
    assert [] == failures
