"""An instance that is stopped for a change which AWS then refuses runs again, and is not stopped for it twice."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from controller.aws.ec2.instance import Instance
from controller.core.model.cloud import Meaning, Refused
from controller.core.model.node import Node
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK
from controller.core.model.reference import Address
from controller.core.model.stack import Allow, Stack
from controller.core.planning.step import Step
from controller.engine.loop import Controller
from controller.engine.reconcile import Intent
from controller.engine.record import recall, record_of
from tests.clock import Clock, Patient
from tests.diary import Diary
from tests.engine.harness import REGION, ScriptedCloud

WEB = Address("Instance", "web")
WRITES = ("StopInstances", "StartInstances", "ModifyInstanceAttribute")


class Account:
    """An account with one running instance, the type of which AWS does not change to what the document says."""

    def __init__(self, meaning: Meaning = Meaning.INVALID) -> None:
        self.meaning, self.state, self.type = meaning, "running", "t3.micro"
        self.clock, self.cloud = Clock(), ScriptedCloud(self.reply)
        catalog = {"Instance": Instance()}
        self.controller = Controller(catalog, lambda _: self.cloud, Diary(), Patient(self.clock), self.clock)
        self.stack = self.wanting("m7g.large")

    def wanting(self, type: str) -> Stack:
        """A stack with the instance in this type."""
        fields = {"image": "ami-1", "instanceType": type, "instanceState": "running"}
        node = Node(WEB, fields, {OWNER_STACK: "web", OWNER_NAME: "web"})
        return Stack("web", REGION, {WEB: node}, allow=frozenset(Allow))

    def reply(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """What AWS answers."""
        match operation:
            case "DescribeInstances":
                tags = [{"Key": OWNER_STACK, "Value": "web"}, {"Key": OWNER_NAME, "Value": "web"}]
                it = {"InstanceId": "i-1", "ImageId": "ami-1", "InstanceType": self.type, "Tags": tags}
                return {"Reservations": [{"Instances": [{**it, "State": {"Name": self.state}}]}]}
            case "StopInstances":
                self.state = "stopped"
            case "StartInstances":
                self.state = "running"
            case "ModifyInstanceAttribute" if parameters["InstanceType"]["Value"] == "m7g.large":
                words = "The requested instance type's architecture (arm64) does not match"
                raise Refused("ec2", operation, "InvalidParameterValue", self.meaning, words, "r-1")
            case "ModifyInstanceAttribute":
                self.type = parameters["InstanceType"]["Value"]
        return {}

    def turn(self, **intent: Any) -> Step:
        """One pass, some time after the last."""
        self.clock.time += 3600
        result = self.controller.one_pass(self.stack, [self.stack], Intent(**intent))
        assert result.done, result.error
        (step,) = result.done.plan.steps
        return step

    def writes(self) -> list[str]:
        """The writes since they were asked for last."""
        made = [operation for operation, _ in self.cloud.asked if operation in WRITES]
        self.cloud.asked.clear()
        return made


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account()
    yield account
    account.controller.close()


def test_an_instance_runs_again_after_a_refused_change(account: Account) -> None:
    """The stop was for the change alone: without it the instance starts as it was."""
    account.turn()
    assert ["StopInstances"] == account.writes()
    account.turn()
    assert ["ModifyInstanceAttribute", "StartInstances"] == account.writes()
    assert ("running", "t3.micro") == (account.state, account.type)


def test_it_is_not_stopped_for_the_same_again(account: Account) -> None:
    """The change is told as refused, in AWS's words, for as long as the document says the same."""
    for _ in range(2):
        account.turn()
    account.writes()
    for _ in range(3):
        step = account.turn()
        assert step.blocked
        assert "refused" == step.blocked.by
        assert "architecture (arm64) does not match" in step.blocked.why
    assert [] == account.writes()


def test_another_type_is_tried(account: Account) -> None:
    """What AWS refused is that one value."""
    for _ in range(3):
        account.turn()
    account.writes()
    account.stack = account.wanting("t3.large")
    for _ in range(3):
        account.turn()
    assert ["StopInstances", "ModifyInstanceAttribute", "StartInstances"] == account.writes()
    assert "t3.large" == account.type


def test_it_is_tried_again_when_somebody_asks_for_it(account: Account) -> None:
    """Who applies by hand may have mended what was in the way."""
    for _ in range(3):
        account.turn()
    account.writes()
    account.turn(claim=True)
    assert ["StopInstances"] == account.writes()


def test_what_was_refused_outlives_the_program(account: Account) -> None:
    """A restart is no reason to stop it again."""
    for _ in range(3):
        account.turn()
    account.writes()
    record = record_of(account.controller.memory_of(account.stack), 0)
    account.controller.restart()
    recall(account.controller.memory_of(account.stack), record, account.controller.catalog, 0)
    account.turn()
    assert [] == account.writes()


def test_a_fault_that_passes_is_no_refusal(account: Account) -> None:
    """The change is tried again."""
    account.meaning = Meaning.THROTTLED
    for _ in range(2):
        account.turn()
    account.meaning = Meaning.INVALID
    assert account.state == "stopped"
    account.turn()
    assert account.writes()[-1] == "StartInstances"
