"""What is made and then switched to: cut short or refused in between, it is made once all the same."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from controller.aws.declaration.kind import AwsKind
from controller.aws.ec2.launch_template import LaunchTemplate
from controller.core.model.call import Change
from controller.core.model.cloud import Answer, Meaning, Refused
from controller.core.model.live import Live, Prepared
from controller.core.model.node import Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.writer import WriteContext
from tests.kinds.backends import Backend
from tests.kinds.cases import at_home
from tests.kinds.fixtures import kinds, samples_of
from tests.kinds.kit import Killed, Program, Trial, Wire

BOTH = ["CreateLaunchTemplateVersion", "ModifyLaunchTemplate"]
OPERATIONS = {"LaunchTemplate": BOTH}
"""What makes that which is switched to, and what switches, by each kind that knows of something prepared."""
SWITCHING = [kind for kind in kinds() if type(kind).prepared is not AwsKind.prepared]
CASES = [at_home("update", samples_of(kind)[0]) for kind in SWITCHING]
NEXT: dict[str, dict[str, Any]] = {"LaunchTemplate": {"instanceType": "t3.large"}}
"""A change of each such kind."""


@dataclass
class Kept(Wire):
    """A cloud in which some operations are never made, and the others are counted."""

    kept: frozenset[str] = frozenset()
    end: BaseException = field(default_factory=Killed)
    made: list[str] = field(default_factory=list)

    def write(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """The end of the program, or of the call."""
        if operation in self.kept:
            raise self.end
        self.made.append(operation)
        return super().write(service, operation, parameters)


def start(trial: Trial, kept: frozenset[str] = frozenset(), end: BaseException | None = None) -> tuple[Program, Kept]:
    """A program that does without some operations."""
    program = trial.start()
    program.wire = wire = Kept(trial.backend, kept=kept, end=end or Killed())
    return program, wire


@pytest.mark.parametrize("denied", [False, True], ids=["killed", "denied"])
@pytest.mark.parametrize(("sample", "backend"), [case.values for case in CASES], indirect=["backend"])
def test_it_is_made_once(sample: Any, backend: Backend, tmp_path: Path, denied: bool) -> None:
    """Killed before the switch, or refused it, again and again: the next start switches to what is there already."""
    trial = Trial(sample, backend, tmp_path)
    trial.program.converge(trial.stack)
    wanted, (making, switching) = trial.changed(NEXT[sample.kind.name]), OPERATIONS[sample.kind.name]
    refusal = Refused(sample.kind.service, "Switch", "UnauthorizedOperation", Meaning.DENIED, "no")
    made = []
    for _ in range(3):
        program, wire = start(trial, frozenset({switching}), refusal if denied else None)
        with suppress(Killed):
            program.turn(wanted)
        made += wire.made
    program, wire = start(trial)
    program.converge(wanted)
    assert [making] == made
    assert [switching] == wire.made
    assert NEXT[sample.kind.name].items() <= program.look(wanted).live()[sample.it].fields.items()


# --- which version says what is wanted ---

DEFAULT = {"VersionNumber": 1, "DefaultVersion": True, "LaunchTemplateData": {"InstanceType": "t3.small"}}
TEMPLATE = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web-app", "DefaultVersionNumber": 1}


def prepared(**data: Any) -> Prepared | None:
    """What a template has prepared whose newest version is this."""
    newest = {"VersionNumber": 3, "DefaultVersion": False, "LaunchTemplateData": data}
    return LaunchTemplate().prepared({**TEMPLATE, **DEFAULT, "LaunchTemplateVersion": newest})


def test_the_newest_version_is_prepared() -> None:
    """What it says, and the number that would be the default's."""
    found = prepared(InstanceType="t3.large")
    assert found
    assert ("t3.large", {"version": "3"}) == (found.fields["instanceType"], found.attributes)
    assert LaunchTemplate().prepared({**TEMPLATE, **DEFAULT}) is None


def test_a_version_with_something_else_in_it_is_nobody_s() -> None:
    """What no field of ours says would come along with a switch to it."""
    assert prepared(InstanceType="t3.large", SecondaryInterfaces=[{}]) is None


TEMPLATE_NODE = Address("LaunchTemplate", "app")
WANTED = {"instanceType": "t3.large", "keyPair": Placeholder(Address("KeyPair", "ops"), "keyName")}


@pytest.mark.parametrize(
    ("newest", "operations"),
    [
        ({"instanceType": "t3.large", "keyPair": "ops", "ebsOptimized": True}, ["ModifyLaunchTemplate"]),
        ({"instanceType": "t3.large", "keyPair": "ops"}, BOTH),
        ({"instanceType": "t3.large", "keyPair": "other", "ebsOptimized": True}, BOTH),
        ({"instanceType": "t3.large", "keyPair": "ops", "ebsOptimized": True, "disableApiStop": True}, BOTH),
        (None, BOTH),
    ],
    ids=["as wanted", "less than is live", "another", "more than is wanted", "none"],
)
def test_only_a_version_that_says_what_is_wanted_is_used(newest: Tree | None, operations: list[str]) -> None:
    """What the document says laid over what is live, references by their values: that, no more and no less."""
    fields = {"instanceType": "t3.small", "ebsOptimized": True}
    live = Live("LaunchTemplate", "lt-1", fields, {}, prepared=Prepared(newest, {"version": "3"}) if newest else None)
    node, change = Node(TEMPLATE_NODE, WANTED, {}), Change("instanceType", "change", "t3.large", "t3.small")
    around = WriteContext(known=lambda value: "ops" if isinstance(value, Placeholder) else value)
    calls = LaunchTemplate().update(node, [change], live, around)
    assert operations == [call.operation for call in calls]
    version = Placeholder(TEMPLATE_NODE, "version") if operations == BOTH else "3"
    assert {"LaunchTemplateId": Placeholder(TEMPLATE_NODE), "DefaultVersion": version} == calls[-1].parameters
    assert {"version"} == calls[-1].renews.keys()


def test_a_version_with_a_reference_that_nobody_knows_is_not_used() -> None:
    """What it will be is not known, so that nothing says it already."""
    live = Live("LaunchTemplate", "lt-1", {}, {}, prepared=Prepared({"keyPair": "ops"}, {"version": "3"}))
    node = Node(TEMPLATE_NODE, {"keyPair": WANTED["keyPair"]}, {})
    change = Change("keyPair", "add", WANTED["keyPair"], None)
    calls = LaunchTemplate().update(node, [change], live, WriteContext(known=lambda value: value))
    assert BOTH == [call.operation for call in calls]
