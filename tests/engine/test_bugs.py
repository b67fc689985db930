"""A mistake in the code of one kind, wherever a pass runs it: its node is unknown or failed, all else goes on."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import pytest

from controller.core.model.call import Call, Change
from controller.core.model.cloud import Cloud
from controller.core.model.kind import Kind
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK
from controller.core.model.reader import Scope
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.spec import Tagged
from controller.core.model.stack import Allow, Stack
from controller.core.model.writer import WriteContext
from controller.core.planning.step import State
from controller.engine.loop import Controller, Result
from controller.engine.reconcile import Intent
from tests.clock import Clock, Patient
from tests.core.kinds import Fake
from tests.diary import Diary
from tests.engine.harness import REGION, ScriptedCloud

IT, SOUND, USER = Address("Cracked", "it"), Address("Sound", "it"), Address("Sound", "user")
MARKS = {OWNER_STACK: "web", OWNER_NAME: "it"}


class ThingSpec(Tagged):
    """A thing with a size, and a colour that no listing shows."""

    size: int | None = None
    """How large it is."""
    colour: str | None = None
    """Its colour."""


class Sound(Fake):
    """A kind that does all that a kind does."""

    name, spec = "Sound", ThingSpec
    exports: ClassVar = {"weight": "What no listing shows.", "edition": "What a change renews."}
    renewed = frozenset({"edition"})

    def create(self, node: Node) -> tuple[Call, ...]:
        return (Call("svc", f"Make{self.name}", {"Size": node.fields.get("size")}, ("size",), makes=True),)

    def taken(self, fields: Tree) -> frozenset[str]:
        return frozenset({"size"})

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        paths = tuple(change.path for change in changes)
        return (Call("svc", f"Set{self.name}", {}, paths, renews={"edition": "Edition"}),) if paths else ()

    def tag(self, node: Node, tags: Mapping[str, str], live: Live | None = None) -> tuple[Call, ...]:
        return (Call("svc", f"Tag{self.name}", {}, tuple(f"tags[{key}]" for key in tags)),)

    def delete(self, address: Address, live: Live, around: WriteContext) -> tuple[Call, ...]:
        return (Call("svc", f"Delete{self.name}", {}, deletes=True),)

    def born(self, node: Node, sent: Mapping[str, Any], body: Mapping[str, Any]) -> Live:
        return Live(self.name, "new", {}, MARKS)

    def renewals(self, call: Call, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"edition": "2"}

    def observe(self, cloud: Cloud, scope: Scope) -> Iterator[Live]:
        for body in cloud.pages("svc", f"List{self.name}", {}):
            for name in body.get("Things", ()):
                yield Live(self.name, f"{self.name}-{name}", {"size": 1}, {**MARKS, OWNER_NAME: name})

    def details(self, cloud: Cloud, live: Live, fields: Iterable[str]) -> Tree:
        return dict.fromkeys(fields, "red")

    def detailed(self, fields: Iterable[str]) -> frozenset[str]:
        return frozenset({"colour"})

    def attribute(self, cloud: Cloud, live: Live, attribute: str) -> Any:
        return 7

    def unlisted(self, attributes: Iterable[str]) -> frozenset[str]:
        return frozenset({"weight"} & {*attributes})


def cracked(method: str) -> Kind:
    """The same kind under another name, whose code for one thing has a mistake."""

    def fails(self: Kind, *_: Any, **__: Any) -> Any:
        raise KeyError("hunter2")

    made: type[Kind] = type("Cracked", (Sound,), {"name": "Cracked", method: fails})
    return made()


def node(address: Address, fields: Tree) -> Node:
    """A node of the stack."""
    return Node(address, fields, {**MARKS, OWNER_NAME: address.name})


class Desk:
    """A stack with a node of the cracked kind, one of the sound kind, and one that needs the first."""

    def __init__(self, method: str, live: Iterable[str] = (), size: int = 1) -> None:
        self.live = list(live)
        catalog = {"Sound": Sound(), "Cracked": cracked(method)}
        self.cloud = ScriptedCloud(self.reply)
        clock = Clock()
        self.controller = Controller(catalog, lambda _: self.cloud, Diary(), Patient(clock), clock)
        nodes = [
            node(IT, {"size": size, "colour": "red"}),
            node(SOUND, {"size": 2}),
            node(USER, {"size": Placeholder(IT, "weight")}),
        ]
        self.stack = Stack("web", REGION, {each.address: each for each in nodes}, allow=frozenset(Allow))

    def reply(self, operation: str, _: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is live of both kinds."""
        return {"Things": self.live} if operation.startswith("List") else {}

    def turn(self, **intent: Any) -> Result:
        """One pass."""
        try:
            return self.controller.one_pass(self.stack, [self.stack], Intent(**intent))
        finally:
            self.controller.close()

    def asked(self, beginning: str) -> set[str]:
        """The writes that were made, by how their names begin."""
        return {operation for operation, _ in self.cloud.asked if operation.startswith(beginning)}


def told(result: Result) -> str:
    """What is said of the node, which has to be unknown or failed."""
    assert result.done is not None, result.error
    steps = {step.address: step for step in result.done.plan.steps}
    if steps[IT].state is State.UNKNOWN:
        return steps[IT].note or str(steps[IT].blocked)
    return str(result.done.outcome.failed[IT])


def check(said: str) -> None:
    """A sentence with the kind, the node or the thing, the error's name, and where to report it."""
    assert said.startswith("Holdfast has a bug: ")
    assert "Cracked" in said
    assert "KeyError (test_bugs.py:" in said
    assert "report" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("method", ["observe", "details", "detailed", "completed", "unlisted", "attribute"])
def test_a_bug_in_reading_leaves_the_node_unknown(method: str) -> None:
    """What was to be read of the node is not known, so that nothing is written to it; others are corrected."""
    desk = Desk(method, live=["it", "user"])
    check(told(desk.turn()))
    assert {"SetSound"} == desk.asked("Set")
    assert set() == desk.asked("Make")


@pytest.mark.parametrize("method", ["initial", "create"])
def test_a_bug_in_planning_a_creation_leaves_the_node_unknown(method: str) -> None:
    """The node is not made, nor what needs it; the others are."""
    desk = Desk(method)
    result = desk.turn()
    check(told(result))
    assert {"MakeSound"} == desk.asked("Make")
    assert result.done is not None
    assert [(USER, "reference")] == [
        (step.address, step.blocked.by) for step in result.done.plan.steps if step.blocked and step.address != IT
    ]


@pytest.mark.parametrize("method", ["update", "tag"])
def test_a_bug_in_planning_a_change_leaves_the_node_unknown(method: str) -> None:
    """The node stays as it is; the others are corrected, and what refers to it goes on as it shows itself."""
    desk = Desk(method, live=["it", "user"], size=5)
    if method == "tag":
        wanted = desk.stack.nodes[IT]
        desk.stack.nodes[IT] = Node(IT, wanted.fields, {**wanted.tags, "Env": "prod"})  # type: ignore[index]
    check(told(desk.turn()))
    assert {"SetSound"} == desk.asked("Set")


@pytest.mark.parametrize("method", ["born", "renewals"])
def test_a_bug_in_reading_an_answer_fails_the_node(method: str) -> None:
    """What the call made is there and found by the next pass; the node has failed, the others go on."""
    desk = Desk(method, live=["it", "user"] if method == "renewals" else [], size=5)
    result = desk.turn()
    check(told(result))
    assert result.done is not None
    assert {SOUND} <= {step.address for step in result.done.outcome.corrected}


def test_a_bug_in_planning_a_deletion_keeps_the_thing() -> None:
    """A destroy begins nothing and says why this one stays; a partial one deletes the others."""
    whole, partial = (Desk("delete", live=["it", "user"]) for _ in range(2))
    check(told(whole.turn(destroy=True)))
    assert set() == whole.asked("Delete")
    check(told(partial.turn(destroy=True, partial=True)))
    assert {"DeleteSound"} == partial.asked("Delete")


def test_a_bug_in_the_deletion_of_what_is_left_over_stops_nothing_else() -> None:
    """An orphan whose deletion cannot be planned stays, and the stack is kept."""
    desk = Desk("delete", live=["it", "user", "old"])
    result = desk.turn(fresh=True)
    assert result.done is not None
    (orphan,) = [step for step in result.done.plan.steps if step.address == Address("Cracked", "old")]
    check(orphan.note)
    assert "unknown" == (orphan.blocked and orphan.blocked.by)
    assert {"SetSound"} == desk.asked("Set")
    assert {"DeleteSound"} == desk.asked("Delete")


def test_a_bug_outside_of_every_kind_ends_the_pass_and_not_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pass has failed with the same sentence, and the caller hears of it as of any other failure."""
    desk = Desk("search")

    def fails(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("controller.engine.reconcile.match", fails)
    result = desk.turn()
    assert str(result.error).startswith(
        "Holdfast has a bug: the pass over stack web failed with ZeroDivisionError (test_bugs.py:"
    )
