"""A Stack's turns without a cluster or AWS: what is read, and what is in force when reading fails."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from controller.core.planning.guard import REASONS
from controller.engine.loop import Controller
from controller.kube.api import Object
from controller.kube.events import EventRecorder
from controller.kube.memory import Memories
from controller.kube.reflector import key_of
from controller.kube.stacks import collection
from controller.operator.stack_reconciler import UNWRITTEN_SECONDS, StackReconciler
from controller.report.metrics import Metrics
from controller.report.telemetry import Telemetry
from tests.core.kinds import CATALOG
from tests.engine.harness import ScriptedCloud
from tests.kube.fakes import FakeServer, Refusing

PATH = f"{collection('team')}/web"


@dataclass
class Desk:
    """One Stack and its turns."""

    server: FakeServer = field(default_factory=FakeServer)

    def __post_init__(self) -> None:
        self.woken: list[str] = []
        telemetry = Telemetry(Metrics(CollectorRegistry(), REASONS, "0"))
        self.controller = Controller(CATALOG, lambda _: ScriptedCloud(), telemetry)
        recorder = EventRecorder(self.server, "operator")
        self.reconciler = StackReconciler(
            self.server,
            CATALOG,
            self.controller,
            telemetry,
            recorder,
            Memories(self.server),
            get=lambda key: next((each for each in self.everything() if key_of(each) == key), None),
            everything=self.everything,
            wake=self.woken.append,
            cluster=lambda: "c1",
            interval=30.0,
            stop=threading.Event(),
        )

    def everything(self) -> list[Object]:
        """All Stacks."""
        items: list[Object] = self.server.ask("GET", collection())["items"]
        return items

    def stack(self) -> Object:
        """The object as it is now."""
        return self.server.ask("GET", PATH)

    def edit(self, cidr: str) -> None:
        """A person says which range the network has."""
        resources = {"Network": {"main": {"cidrBlock": cidr}}}
        spec = {"region": "us-east-1", "mode": "Observe", "resources": resources}
        metadata = {"name": "web", "namespace": "team"}
        self.server.put(
            PATH, {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": metadata, "spec": spec}
        )

    def reconcile(self) -> Object:
        """Reconcile it; the status after it."""
        self.reconciler.reconcile(key_of(self.stack()))
        status: Object = self.stack()["status"]
        return status

    @property
    def in_force(self) -> list[Any]:
        """The ranges of the documents that are in force."""
        stacks = [kept.stack for kept in self.reconciler.kept.values() if kept.stack]
        return [node.fields["cidrBlock"] for stack in stacks for node in stack.nodes.values()]


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk with a Stack that has been reconciled once."""
    desk = Desk()
    desk.edit("10.0.0.0/16")
    desk.reconcile()
    assert ["10.0.0.0/16"] == desk.in_force
    yield desk
    desk.controller.close()


def broken(*_: object) -> Any:
    """A mistake of ours."""
    raise AttributeError("hunter2")


def stalled(status: Object) -> tuple[str, str, str]:
    """The condition Stalled."""
    (found,) = [each for each in status["conditions"] if each["type"] == "Stalled"]
    return found["status"], found["reason"], found["message"]


def test_an_edit_that_breaks_the_reading_is_not_followed_by_the_old_document(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever reading raises, the Stack says that it is stalled by a bug, and the old document is
    not in force any more.
    """
    desk.edit("10.1.0.0/16")
    monkeypatch.setattr("controller.kube.stacks.read_object", broken)
    state, reason, message = stalled(desk.reconcile())
    assert ("True", "Bug") == (state, reason)
    assert message.startswith("Holdfast has a bug: reading team/web failed with AttributeError")
    assert [] == desk.in_force


def test_a_document_that_could_not_be_put_in_force_is_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails behind the reading leaves the new document unread: the next time reads it."""
    desk.edit("10.1.0.0/16")
    with monkeypatch.context() as failing:
        failing.setattr("controller.operator.stack_reconciler.conceal_environment", broken)
        for _ in range(2):
            with pytest.raises(AttributeError):
                desk.reconcile()
    desk.reconcile()
    assert ["10.1.0.0/16"] == desk.in_force


def test_before_its_memory_is_read_nothing_is_done(desk: Desk) -> None:
    """An API server that does not say what was remembered is asked again soon; an empty memory is none of that."""
    desk.reconciler.restart()
    failing = Refusing(500, times=1)
    desk.server.faults.append(lambda asked: failing(asked) if "/stackmemories/" in asked.path else None)
    written = len(desk.server.requests("PATCH"))
    assert UNWRITTEN_SECONDS == desk.reconciler.reconcile("team/web")
    assert (written, []) == (len(desk.server.requests("PATCH")), desk.in_force)
    desk.reconcile()
    assert ["10.0.0.0/16"] == desk.in_force


def test_whoever_waits_for_a_name_is_woken_when_it_is_free(desk: Desk) -> None:
    """Not before the one that had it is forgotten: a turn too early would wait for a whole interval."""
    other = {**desk.stack(), "metadata": {"name": "web", "namespace": "other", "creationTimestamp": "2030"}}
    desk.server.put(f"{collection('other')}/web", other)
    desk.reconciler.reconcile("other/web")
    assert "NameTaken" == stalled(desk.server.ask("GET", f"{collection('other')}/web")["status"])[1]
    desk.server.remove(PATH)
    desk.reconciler.reconcile("team/web")
    assert ["other/web"] == desk.woken
    desk.reconciler.reconcile("other/web")
    assert ["10.0.0.0/16"] == desk.in_force
