"""The queue: what may begin begins, what fails stops only what depends on it, and nothing ever blocks."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from controller.core.model import live as lives
from controller.core.model.call import Call
from controller.core.model.cloud import Bug, Meaning, Refused, Unreachable
from controller.core.model.live import Live, Phase
from controller.core.model.node import Node
from controller.core.model.reference import Address, Encoded, Foreign, Placeholder, Secret, Text
from controller.core.model.spec import Spec
from controller.core.model.stack import Stack
from controller.core.planning.graph import Task
from controller.core.planning.inventory import Inventory
from controller.core.planning.step import Action, State, Step
from controller.engine.apply import IN_FLIGHT, Outcome, apply
from controller.engine.fill import Filling
from tests.core.kinds import Fake
from tests.diary import Diary
from tests.engine.harness import REGION, ScriptedCloud, pool_of


class ThingSpec(Spec):
    """Nothing to say about it."""


class Thing(Fake):
    """A made-up kind: its create call answers with an id and how far the thing has come."""

    name, spec = "Thing", ThingSpec
    exports: ClassVar = {"hidden": "What no listing shows."}
    lingers = False

    def born(self, node: Node, sent: Mapping[str, Any], body: Mapping[str, Any]) -> Live:
        return Live("Thing", body["Id"], {}, {}, body.get("Phase", Phase.READY))

    def renewals(self, call: Call, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: body[path] for name, path in call.renews.items()}

    def attribute(self, cloud: Any, live: Live, attribute: str) -> Any:
        return f"hidden-of-{live.id}" if attribute == "hidden" else None


class Lingering(Thing):
    """One that stays for a while when it is deleted."""

    name = "Lingering"
    lingers = True


def address(name: str) -> Address:
    """An address from a name, or from `Kind/name`."""
    return Address.parse(name) if "/" in name else Address("Thing", name)


def task(name: str, operation: str, after: Iterable[Task] = (), rather: Iterable[Task] = (), **call: Any) -> Task:
    """One call of a node that is there already, with the id `id-<name>`."""
    live = Live(address(name).kind, f"id-{address(name).name}", {}, {})
    made = Call("svc", operation, call.pop("parameters", {}), **call)
    found = Step(address(name), State.DRIFTED, Action.UPDATE, live, calls=(made,))
    return Task(found, made, set(after), rather=set(rather))


def making(name: str, after: Iterable[Task] = ()) -> Task:
    """The call that makes a node."""
    call = Call("svc", f"Create{name}", {}, makes=True)
    return Task(Step(address(name), State.MISSING, Action.CREATE, calls=(call,)), call, set(after))


class Desk:
    """What `apply` is given, and what came of it."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.cloud, self.diary, self.stop, self.pool = ScriptedCloud(self.reply), Diary(), threading.Event(), pool
        self.answers: dict[str, Mapping[str, Any] | BaseException] = {}
        self.live: dict[Address, Live] = {}
        self.concealed: list[str] = []

    def reply(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the test wrote down, or nothing in particular."""
        answer = self.answers.get(operation, {"Id": f"new-{operation.removeprefix('Create')}"})
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def apply(self, *tasks: Task) -> Outcome:
        """Carry the tasks out."""
        nodes = {t.address: Node(t.address, {}, {}) for t in tasks}
        catalog = {"Thing": Thing(), "Lingering": Lingering()}
        inventory = Inventory("1", REGION, {})
        stack = Stack("web", REGION, nodes)
        filling = Filling(self.cloud, stack, catalog, inventory, self.live, self.concealed.append)
        return apply(list(tasks), filling, self.pool, self.diary, self.stop)

    @property
    def asked(self) -> list[str]:
        """The operations in the order in which they arrived."""
        return [operation for operation, _ in self.cloud.asked]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with pool_of() as pool:
        yield Desk(pool)


def refused(meaning: Meaning) -> Refused:
    """An error of this meaning."""
    return Refused("svc", "Op", "Code", meaning, "no", "r-9")


# --- order ---


def test_a_call_begins_when_what_it_waits_for_is_done(desk: Desk) -> None:
    """Musts and preferences alike; all is done and nothing is left."""
    one = task("a", "One")
    two = task("a", "Two", after=[one])
    three = task("b", "Three", rather=[two])
    outcome = desk.apply(three, two, one)
    assert desk.asked == ["One", "Two", "Three"]
    assert (outcome.done, outcome.failed, outcome.deferred) == (3, {}, {})
    assert [str(step.address) for step in outcome.corrected] == ["Thing/b", "Thing/a", "Thing/a"]


def test_what_must_be_over_may_have_failed(desk: Desk) -> None:
    """A refused call holds back no other of its node that is for another field, but the other comes after it."""
    desk.answers["One"] = refused(Meaning.INVALID)
    one = task("a", "One")
    two = task("a", "Two")
    two.over.add(one)
    outcome = desk.apply(two, one)
    assert desk.asked == ["One", "Two"]
    assert (1, {address("a")}) == (outcome.done, set(outcome.failed))


def test_what_is_deferred_holds_back_what_is_to_follow(desk: Desk) -> None:
    """What asks for another look is not over: the next call of the node is left to the next pass, too."""
    desk.answers["One"] = refused(Meaning.CONFLICT)
    one = task("a", "One")
    two = task("a", "Two")
    two.over.add(one)
    assert {address("a")} == set(desk.apply(two, one).deferred)
    assert desk.asked == ["One"]


def parts(*operations: str) -> tuple[Call, ...]:
    """Calls that a call may be taken apart into."""
    return tuple(Call("svc", operation, {}) for operation in operations)


def test_a_refused_setter_is_taken_apart(desk: Desk) -> None:
    """What AWS takes of a call that it refused as a whole is set; the rest is told; what needs all of it waits."""
    desk.answers |= {"All": refused(Meaning.INVALID), "Second": refused(Meaning.INVALID)}
    whole = task("a", "All", apart=parts("First", "Second", "Third"))
    outcome = desk.apply(whole, task("b", "Needs", [whole]), task("c", "Follows", rather=[whole]))
    assert desk.asked == ["All", "First", "Second", "Third", "Follows"]
    assert (3, {address("a")}) == (outcome.done, set(outcome.failed))
    assert [address("c")] == [step.address for step in outcome.corrected]


def test_a_setter_that_is_taken_in_parts_is_done(desk: Desk) -> None:
    """When every part of it was taken, the node is corrected, and what needs it goes on."""
    desk.answers["All"] = refused(Meaning.INVALID)
    whole = task("a", "All", apart=parts("First", "Second"))
    outcome = desk.apply(whole, task("b", "Needs", [whole]))
    assert desk.asked == ["All", "First", "Second", "Needs"]
    assert {} == outcome.failed
    assert {address("a"), address("b")} == {step.address for step in outcome.corrected}


@pytest.mark.parametrize("meaning", [Meaning.DENIED, Meaning.CONFLICT, Meaning.THROTTLED, Meaning.TRANSIENT])
def test_only_what_is_invalid_is_taken_apart(desk: Desk, meaning: Meaning) -> None:
    """Other refusals say nothing of what the call sets: its parts would end in the same way."""
    desk.answers["All"] = refused(meaning)
    desk.apply(task("a", "All", apart=parts("First", "Second")))
    assert desk.asked == ["All"]


def test_a_placeholder_takes_the_id_of_what_was_just_made(desk: Desk) -> None:
    """Within one pass; in lists, texts and JSON as well."""
    made = making("A")
    it = Placeholder(address("A"))
    text, document = Text("id=${x}", (("x", it),)), Encoded({"Id": it})
    use = task("b", "Use", [made], parameters={"Ids": [it], "Text": text, "Json": document})
    outcome = desk.apply(made, use)
    assert desk.cloud.asked[1] == ("Use", {"Ids": ["new-A"], "Text": "id=new-A", "Json": '{"Id":"new-A"}'})
    assert outcome.born == {address("A"): "new-A"}


def test_at_most_thirty_two_calls_are_in_flight(desk: Desk) -> None:
    """However many could begin, and however many threads there are."""
    lock, full, release = threading.Lock(), threading.Event(), threading.Event()
    running, most = 0, 0

    def reply(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running >= IN_FLIGHT:
                full.set()
        release.wait(10)
        with lock:
            running -= 1
        return {}

    desk.cloud.reply = reply
    with pool_of(64) as desk.pool, pool_of(1) as apart:
        future = apart.submit(desk.apply, *(task(f"n{number}", "Op") for number in range(100)))
        assert full.wait(10)
        release.set()
        assert future.result(10).done == 100
    assert most == IN_FLIGHT == 32


def test_an_exhausted_bucket_stops_no_other_api(desk: Desk) -> None:
    """One API has to wait; the calls of others go on, and then it goes on as well."""
    desk.cloud.pause["Slow"] = 60.0
    fast = [task(f"f{number}", "Fast") for number in range(50)]

    def reply(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if desk.asked.count("Fast") == len(fast):
            desk.cloud.pause.clear()
        return {}

    desk.cloud.reply = reply
    outcome = desk.apply(task("s", "Slow"), *fast)
    assert outcome.done == 51
    assert desk.asked[-1] == "Slow"


# --- failure ---


@pytest.mark.parametrize("error", [refused(Meaning.DENIED), Unreachable("svc", "Op", Meaning.TRANSIENT, "lost")])
def test_a_failure_stops_only_what_depends_on_it(desk: Desk, error: Refused | Unreachable) -> None:
    """What must have it is not tried; what would merely rather have it, and all else, goes on."""
    desk.answers["Bad"] = error
    bad = task("bad", "Bad")
    must, later = task("m", "Must", [bad]), task("m", "Later")
    later.after.add(must)
    preferring, other = task("p", "Preferring", rather=[bad]), task("o", "Other")
    outcome = desk.apply(bad, must, later, preferring, other)
    assert sorted(desk.asked) == ["Bad", "Other", "Preferring"]
    assert outcome.failed == {address("bad"): error}
    assert outcome.deferred == {}
    assert sorted(str(step.address) for step in outcome.corrected) == ["Thing/o", "Thing/p"]


@pytest.mark.parametrize("meaning", [Meaning.CONFLICT, Meaning.IN_USE, Meaning.NOT_FOUND, Meaning.THROTTLED])
def test_some_answers_only_ask_for_another_look(desk: Desk, meaning: Meaning) -> None:
    """The world is not as it was seen: the node and what depends on it is left to the next pass."""
    desk.answers["Bad"] = refused(meaning)
    bad = task("bad", "Bad")
    outcome = desk.apply(bad, task("m", "Must", [bad]))
    assert outcome.failed == {}
    assert set(outcome.deferred) == {address("bad"), address("m")}
    assert outcome.refused == {address("bad"): refused(meaning)}


def test_what_is_gone_already_is_deleted(desk: Desk) -> None:
    """Not found is what a removal wants; for any other call it is an error."""
    desk.answers["Delete"] = refused(Meaning.NOT_FOUND)
    removal = task("a", "Delete", deletes=True)
    removal.removes = True
    outcome = desk.apply(removal, task("b", "Next", [removal]))
    assert outcome.done == 2
    assert outcome.deferred == {}


def test_an_element_that_is_gone_already_is_taken_away(desk: Desk) -> None:
    """A route or an association that went with something else needs no second look."""
    desk.answers["DeleteRoute"] = refused(Meaning.NOT_FOUND)
    outcome = desk.apply(task("a", "DeleteRoute", takes_away=True))
    assert (1, {}, {}) == (outcome.done, outcome.deferred, outcome.refused)


def test_a_mistake_of_our_own_stops_only_what_depends_on_it(desk: Desk) -> None:
    """A fault of the program is no answer of AWS's: its node has failed, and is not tried again at once."""
    desk.answers["Op"] = ZeroDivisionError("ours")
    bad = task("a", "Op")
    outcome = desk.apply(bad, task("a", "Next", [bad]), task("b", "Other"))
    assert ["Op", "Other"] == sorted(desk.asked)
    assert [address("a")] == [*outcome.failed]
    assert isinstance(outcome.failed[address("a")], Bug)


def test_being_killed_is_no_failure(desk: Desk) -> None:
    """What ends the program ends the pass as well."""
    desk.answers["Op"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        desk.apply(task("a", "Op"))


# --- what is not ready ---


def test_what_waits_for_a_pending_node_is_left_to_the_next_pass(desk: Desk) -> None:
    """Nothing blocks on AWS: the call, and what follows from it, is deferred with what it waits for."""
    desk.answers["CreateA"] = {"Id": "new-a", "Phase": Phase.PENDING}
    made = making("A")
    use = task("b", "Use", [made], parameters={"Id": Placeholder(address("A"))})
    after, rather = task("c", "After", [use]), task("d", "Rather", rather=[use])
    outcome = desk.apply(made, use, after, rather, task("e", "Other"))
    assert sorted(desk.asked) == ["CreateA", "Other"]
    assert outcome.deferred == {
        address("b"): "waiting for Thing/A",
        address("c"): "waiting for Thing/b",
        address("d"): "waiting for Thing/b",
    }
    assert outcome.failed == {}


def test_a_usable_node_may_be_referred_to(desk: Desk) -> None:
    """Usable is enough, long before ready."""
    desk.answers["CreateA"] = {"Id": "new-a", "Phase": Phase.USABLE}
    made = making("A")
    use = task("b", "Use", [made], parameters={"Id": Placeholder(address("A"))})
    assert desk.apply(made, use).deferred == {}


def test_a_value_that_nobody_shows_yet_is_waited_for(desk: Desk) -> None:
    """A node that is not there, an attribute that is not shown, a foreign node that is not live."""
    desk.live[address("x")] = Live("Thing", "x-1", {}, {})
    wanted = [
        Placeholder(address("nowhere")),
        Placeholder(address("x"), "later"),
        Foreign("other", Address("Thing", "y")),
    ]
    tasks = [task(f"n{n}", "Use", parameters={"Value": each}) for n, each in enumerate(wanted)]
    outcome = desk.apply(*tasks)
    assert desk.asked == []
    assert outcome.deferred == {
        address("n0"): "waiting for Thing/nowhere",
        address("n1"): "waiting for Thing/x.later",
        address("n2"): "other:Thing/y.id does not exist",
    }


def test_an_attribute_that_no_listing_shows_is_read_when_it_is_needed(desk: Desk) -> None:
    """One read, for the call that names it."""
    desk.live[address("x")] = Live("Thing", "x-1", {}, {})
    desk.apply(task("a", "Use", parameters={"Value": Placeholder(address("x"), "hidden")}))
    assert desk.cloud.asked == [("Use", {"Value": "hidden-of-x-1"})]


def test_what_lingers_is_not_gone_because_its_deletion_was_asked_for(desk: Desk) -> None:
    """A thing that stays for a while still holds what it holds; one that does not is gone at once."""
    held = {address("b"): "waiting for id-a to be deleted"}
    for name, deferred in (("Lingering/a", held), ("Thing/a", {})):
        removal = task(name, "Delete", deletes=True)
        release = task("b", "Release", [removal])
        release.gone.add(lives.Thing(name.split("/")[0], "id-a"))
        assert desk.apply(removal, release).deferred == deferred


# --- stopping ---


def test_a_stop_begins_nothing_and_waits_for_what_is_in_flight(desk: Desk) -> None:
    """Calls under way end as they end; the rest is left to the next start, and said."""
    underway = threading.Event()

    def reply(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation == "First":
            assert underway.wait(10)
            desk.stop.set()
        else:
            underway.set()
            assert desk.stop.wait(10)
        return {}

    desk.cloud.reply = reply
    first = task("a", "First")
    outcome = desk.apply(first, task("b", "Underway"), task("a", "Second", [first]))
    assert sorted(desk.asked) == ["First", "Underway"]
    assert outcome.done == 2
    assert outcome.deferred == {address("a"): "stopped before it was started"}
    assert [str(step.address) for step in outcome.corrected] == ["Thing/a", "Thing/b"]


def test_a_stop_before_the_beginning_begins_nothing(desk: Desk) -> None:
    """Not even the first call."""
    desk.stop.set()
    assert desk.apply(task("a", "Op")).deferred == {address("a"): "stopped before it was started"}
    assert desk.asked == []


# --- what is told ---


def test_every_write_is_told_with_its_outcome(desk: Desk) -> None:
    """Invariant 8: stack, node, operation, what it is for, how it ended, and AWS's request id."""
    desk.answers["Bad"] = refused(Meaning.DENIED)
    desk.apply(task("a", "Good", fields=("colour",)), task("b", "Bad"))
    told = {w.call.operation: (w.stack, str(w.address), w.outcome, w.request_id) for w in desk.diary.writes}
    assert told == {"Good": ("web", "Thing/a", "ok", "r-1"), "Bad": ("web", "Thing/b", "denied", "r-9")}
    assert {w.call.operation: w.call.fields for w in desk.diary.writes}["Good"] == ("colour",)
    assert len(desk.diary.begun) == 2


def test_a_secret_is_concealed_before_it_is_used(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 6: whoever prints is told first; the call as it is told has the reference, not the value."""
    monkeypatch.setenv("DB_PASSWORD", "hunter2")
    desk.apply(task("a", "Op", parameters={"Password": Secret("env", "DB_PASSWORD")}))
    assert desk.cloud.asked == [("Op", {"Password": "hunter2"})]
    assert desk.concealed == ["hunter2"]
    assert "hunter2" not in repr(desk.diary.writes) + repr(desk.diary.begun)


def test_a_missing_secret_fails_its_node_alone(desk: Desk) -> None:
    """It is said which one, and the call is not made."""
    outcome = desk.apply(task("a", "Op", parameters={"Password": Secret("env", "NOT_SET")}), task("b", "Other"))
    assert desk.asked == ["Other"]
    assert str(outcome.failed[address("a")]).endswith("the environment variable NOT_SET is not set")


def test_a_long_chain_needs_no_depth(desk: Desk) -> None:
    """Ten thousand calls that wait for one that fails are over at once, without recursion."""
    desk.answers["First"] = refused(Meaning.DENIED)
    chain = [task("a", "First")]
    for _ in range(10_000):
        chain.append(task("a", "Next", [chain[-1]]))
    assert desk.apply(*chain).failed.keys() == {address("a")}
    assert desk.asked == ["First"]


def test_a_renewed_attribute_is_used_at_once(desk: Desk) -> None:
    """What a call of this pass renews is sent as its answer says, not as it was before; the rest stays."""
    desk.live[address("a")] = Live("Thing", "id-a", {}, {}, attributes={"edition": "1", "arn": "arn-a"})
    desk.answers["Change"] = {"Edition": "2"}
    change = task("a", "Change", renews={"edition": "Edition"})
    wanted = {name: Placeholder(address("a"), name) for name in ("edition", "arn", "id")}
    outcome = desk.apply(change, task("b", "Follow", [change], parameters=wanted))
    assert {} == outcome.deferred
    assert ("Follow", {"edition": "2", "arn": "arn-a", "id": "id-a"}) == desk.cloud.asked[-1]


def test_what_was_refused_renews_nothing(desk: Desk) -> None:
    """The attribute stays as it was, and what follows the call is not made."""
    desk.live[address("a")] = Live("Thing", "id-a", {}, {}, attributes={"edition": "1"})
    desk.answers["Change"] = refused(Meaning.INVALID)
    change = task("a", "Change", renews={"edition": "Edition"})
    desk.apply(change, task("b", "Follow", [change]))
    assert ["Change"] == desk.asked
    assert {"edition": "1"} == desk.live[address("a")].attributes


def test_what_occupies_a_node_leaves_its_next_call_to_a_later_pass(desk: Desk) -> None:
    """AWS would refuse it; no other node waits for that."""
    first = task("a", "First", occupies=True)
    second = Task(first.step, Call("svc", "Second", {}), {first})
    outcome = desk.apply(first, second, task("b", "Other", [first]))
    assert ["First", "Other"] == desk.asked
    assert {address("a"): "waiting for AWS to finish the previous change"} == outcome.deferred
    assert {} == outcome.failed
    assert ["b"] == [step.address.name for step in outcome.corrected]


# --- what nobody knows ---


@pytest.mark.parametrize(
    ("error", "unsure"),
    [
        (Unreachable("svc", "CreateA", Meaning.TRANSIENT, "no answer"), True),
        (Unreachable("svc", "CreateA", Meaning.TRANSIENT, "no way there", sent=False), False),
        (Refused("svc", "CreateA", "InternalError", Meaning.TRANSIENT, "no"), True),
        (Refused("svc", "CreateA", "Invalid", Meaning.INVALID, "no"), False),
        (Refused("svc", "CreateA", "Throttling", Meaning.THROTTLED, "no"), False),
    ],
)
def test_what_aws_may_have_made_is_not_known(desk: Desk, error: Refused | Unreachable, unsure: bool) -> None:
    """A lost answer says nothing about the thing; a clear no, and a request that never left, do."""
    desk.answers["CreateA"] = error
    assert (address("A") in desk.apply(making("A")).unsure) is unsure


def test_what_was_deleted_is_told_with_its_id(desk: Desk) -> None:
    """So that its absence is no disappearance; of what AWS no longer finds as well."""
    gone = task("a", "DeleteA", deletes=True)
    desk.answers["DeleteA"] = refused(Meaning.NOT_FOUND)
    assert desk.apply(replace(gone, removes=True)).deleted == [(address("a"), "id-a")]


def test_two_parts_of_a_plan_are_one_outcome(desk: Desk) -> None:
    """What became of the first call, and of those that followed it."""
    first, second = desk.apply(making("A")), desk.apply(making("B"))
    both = first.then(second)
    assert (both.done, set(both.born)) == (2, {address("A"), address("B")})
    assert both.corrected == [*first.corrected, *second.corrected]
