"""Client tokens, kind by kind: a create call that may have been made is made again as it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from controller.aws.client import models
from controller.aws.declaration.wire import value_at
from controller.core.model.cloud import Answer
from tests.kinds.backends import Backend
from tests.kinds.cases import MAIN, at_home
from tests.kinds.fixtures import Sample
from tests.kinds.kit import Killed, Trial, Wire


def create_of(sample: Sample) -> str:
    """The operation that makes the thing under test."""
    return sample.kind.made_by(sample.desired).operation


def token_of(sample: Sample) -> str:
    """Where its create call has its token; empty where AWS makes the thing together with another."""
    made = sample.kind.alias(sample.desired) is None
    return models.token_of(sample.kind.service, create_of(sample)) if made else ""


@dataclass
class Cut(Wire):
    """A cloud that the call which makes the thing under test never comes back from."""

    operation: str = ""
    sent: dict[str, Any] = field(default_factory=dict)

    def write(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Every other write is made."""
        if operation != self.operation:
            return super().write(service, operation, parameters)
        self.sent, self.dead = dict(parameters), True
        raise Killed


@pytest.mark.parametrize(
    ("sample", "backend"), [at_home("tokens", s) for s in MAIN if token_of(s)], indirect=["backend"]
)
def test_a_restart_sends_the_same_token(sample: Sample, backend: Backend, tmp_path: Path) -> None:
    """The answer is lost and the program remembers nothing: it makes the very same call, with the same token."""
    trial, sent = Trial(sample, backend, tmp_path), []
    for _ in range(2):
        program, wire = trial.start(), Cut(backend, operation=create_of(sample))
        program.wire = wire
        with pytest.raises(Killed):
            program.converge(trial.stack)
        sent.append(wire.sent)
    first, second = sent
    assert len(value_at(first, token_of(sample))) == 32
    assert first == second
