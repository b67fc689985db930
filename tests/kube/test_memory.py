"""What is remembered of a Stack, kept beside it: there after a restart, never another's, never a reason to fail."""

import base64
import gzip
import json
import random
from collections.abc import Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from controller.core.model.store import Store
from controller.kube.api import ApiRefused, ApiUnreachable, Object, connect
from controller.kube.memory import LONGEST, LONGEST_PLAIN, Memories
from controller.kube.stacks import collection
from tests.kube.cluster import Cluster
from tests.kube.fakes import Away, Before, FakeServer, Refusing

PATH = "/apis/holdfast.dev/v1alpha1/namespaces/here/stackmemories/web"
RECORD: Mapping[str, Any] = {"ids": {"Vpc/main": "vpc-1"}, "intents": [], "größe": None}
STACK = {"metadata": {"name": "web", "namespace": "here", "uid": "uid-of-web"}}


def stack(uid: str = "uid-of-web", name: str = "web", namespace: str = "here") -> Object:
    """A Stack, of which only the names matter."""
    return {"metadata": {"name": name, "namespace": namespace, "uid": uid}}


def opened(server: FakeServer, found: Object = STACK, **more: Any) -> Memories:
    """The memories of a program that has just begun to look after a Stack."""
    made = Memories(server, **more)
    made.open(found)
    made.claim(found["metadata"]["name"], f"{found['metadata']['namespace']}/{found['metadata']['name']}")
    return made


def content(server: FakeServer, **changes: Any) -> None:
    """Somebody edits what is kept."""
    server.put(PATH, {**server.objects[PATH], **changes})


def large(nodes: int = 10_000) -> Mapping[str, Any]:
    """As much as there is to remember of so many nodes."""
    source = random.Random(9)
    ids = {f"Subnet/private-{number:05}": f"subnet-{source.getrandbits(68):017x}" for number in range(nodes)}
    return {"ids": ids, "seen": list(ids), "since": dict.fromkeys(ids, 1764363600.0)}


# --- over a restart ---


def test_the_next_program_has_what_was_kept() -> None:
    """To the last letter, and the object goes with its Stack."""
    server = FakeServer()
    opened(server).save("web", RECORD)
    assert RECORD == opened(server).load("web")
    (owner,) = server.objects[PATH]["metadata"]["ownerReferences"]
    assert ("Stack", "web", "uid-of-web", True) == tuple(owner[key] for key in ("kind", "name", "uid", "controller"))


def test_nothing_is_remembered_at_first() -> None:
    """Nor of a name that nobody looks after."""
    memories = opened(FakeServer())
    assert (None, None) == (memories.load("web"), memories.load("other"))


def test_only_what_is_new_is_written() -> None:
    """A pass in sync remembers what the last one did, and writes nothing; nor does the first one after a restart."""
    server = FakeServer()
    memories = opened(server)
    for _ in range(3):
        memories.save("web", RECORD)
    opened(server).save("web", {key: RECORD[key] for key in reversed(list(RECORD))})
    assert 1 == len(server.requests("POST"))
    assert [] == server.requests("PUT")
    memories.save("web", {**RECORD, "intents": [1]})
    assert 1 == len(server.requests("PUT"))
    assert {**RECORD, "intents": [1]} == memories.load("web")


def test_it_is_read_once() -> None:
    """However many turns a Stack has; and anew when somebody else may have led."""
    server = FakeServer()
    memories = opened(server)
    memories.open(STACK)
    assert 1 == len(server.requests("GET"))
    opened(server).save("web", RECORD)
    memories.restart()
    memories.open(STACK)
    memories.claim("web", "here/web")
    assert RECORD == memories.load("web")


def test_what_is_large_is_compressed() -> None:
    """Ten thousand nodes fit into a third of what an object may have; few nodes can be read by people."""
    server = FakeServer()
    opened(server).save("web", RECORD)
    assert json.loads(server.objects[PATH]["content"]) == RECORD
    memories = opened(server)
    memories.save("web", large())
    kept = server.objects[PATH]
    assert "gzip" == kept["encoding"]
    assert len(json.dumps(large())) > 1_000_000 > 2 * len(json.dumps(kept))
    assert large() == opened(server).load("web")


def test_what_is_too_large_is_told_and_what_was_kept_stays() -> None:
    """The API server is not even asked."""
    server = FakeServer()
    memories = opened(server)
    memories.save("web", RECORD)
    asked = len(server.asked)
    noise = random.Random(9).randbytes(LONGEST)
    with capture_logs() as logs:
        assert not memories.save("web", {"ids": base64.b64encode(noise).decode()})
    assert "more than the 1000000 that can be stored; split the stack" in logs[0]["reason"]
    assert asked == len(server.asked)
    assert RECORD == memories.load("web") == opened(server).load("web")


def test_no_secret_is_kept() -> None:
    """At any depth, in values and in keys: the object is for more eyes than the Secret."""
    server = FakeServer()
    memories = opened(server, scrub=lambda text: text.replace("hunter2", "***"))
    memories.save("web", {"failures": [{"why": 'the password "hunter2" is too short'}], "hunter2": ("hunter2", 1)})
    assert "hunter2" not in json.dumps(server.objects[PATH])
    assert {"failures": [{"why": 'the password "***" is too short'}], "***": ["***", 1]} == memories.load("web")


# --- what is not ours ---

PACKED = base64.b64encode(gzip.compress(b'{"ids": {}}')).decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"format": "1"},
        {"format": None},
        {"stack": "uid-of-another"},
        {"stack": None},
        {"content": "{"},
        {"content": ""},
        {"content": None},
        {"content": "[]"},
        {"content": "null"},
        {"content": '"text"'},
        {"content": "[" * 100_000},
        {"content": 7},
        {"encoding": "gzip"},
        {"encoding": "gzip", "content": "/w=="},
        {"encoding": "gzip", "content": "not base64"},
        {"encoding": "gzip", "content": PACKED[:24]},
        {"encoding": "gzip", "content": base64.b64encode(gzip.compress(b"\xff")).decode()},
        {"encoding": "gzip", "content": base64.b64encode(gzip.compress(bytes(64_000_000))).decode()},
    ],
)
def test_what_somebody_else_put_there_counts_as_nothing(changes: Object) -> None:
    """Garbage, another format, another Stack's, a bomb: no exception, and the next that is kept takes its place."""
    server = FakeServer()
    opened(server).save("web", RECORD)
    content(server, **changes)
    memories = opened(server)
    assert memories.load("web") is None
    memories.save("web", RECORD)
    assert RECORD == opened(server).load("web")


def test_a_stack_that_was_made_anew_remembers_nothing() -> None:
    """What is there is of the one before it, and not yet collected: it is taken over with a new owner."""
    server = FakeServer()
    opened(server).save("web", RECORD)
    memories = opened(server, stack("uid-of-the-next"))
    assert memories.load("web") is None
    memories.save("web", {"ids": {}})
    (owner,) = server.objects[PATH]["metadata"]["ownerReferences"]
    assert "uid-of-the-next" == owner["uid"]


def test_the_same_program_tells_the_two_apart() -> None:
    """Deleted and made anew so quickly that nobody saw it gone."""
    server = FakeServer()
    memories = opened(server)
    memories.save("web", RECORD)
    memories.open(stack("uid-of-the-next"))
    assert memories.load("web") is None


def test_each_namespace_has_its_own() -> None:
    """The one that was refused, and has the name now, neither reads nor writes what the other had."""
    server = FakeServer()
    memories = opened(server)
    memories.save("web", RECORD)
    memories.open(stack("uid-there", namespace="there"))
    assert RECORD == memories.load("web")
    memories.claim("web", "there/web")
    assert memories.load("web") is None
    memories.save("web", {"ids": {}})
    assert json.loads(server.objects[PATH]["content"]) == RECORD


def test_what_is_forgotten_is_not_asked_for_again() -> None:
    """It is not deleted either, for it goes with the Stack."""
    server = FakeServer()
    memories = opened(server)
    memories.save("web", RECORD)
    memories.forget("web")
    memories.forget("web")
    assert memories.load("web") is None
    assert not memories.save("web", RECORD)
    assert {"GET", "POST"} == {each.method for each in server.asked}


# --- when something is down ---


def test_silence_at_the_start_is_no_empty_memory() -> None:
    """Or an intent that stands there would be forgotten: whoever asks tries again."""
    server = FakeServer()
    opened(server).save("web", RECORD)
    server.faults.append(Away(times=1))
    memories = Memories(server)
    with pytest.raises(ApiUnreachable):
        memories.open(STACK)
    memories.open(STACK)
    memories.claim("web", "here/web")
    assert RECORD == memories.load("web")


def test_a_server_that_fails_is_tried_again_too() -> None:
    """What it says of the memory is not that there is none."""
    server = FakeServer()
    server.faults.append(Refusing(500))
    with pytest.raises(ApiRefused):
        Memories(server).open(STACK)


def test_without_the_right_work_goes_on_and_that_is_told_once() -> None:
    """An installation whose rights are of its own making, and older; when they are mended, that is told too."""
    server = FakeServer()
    server.faults.append(Refusing(403, "Forbidden"))
    memories = opened(server)
    assert memories.load("web") is None
    with capture_logs() as logs:
        assert [False] * 2 == [memories.save("web", RECORD), memories.save("web", {})]
        server.faults.clear()
        assert [True] * 2 == [memories.save("web", RECORD), memories.save("web", {})]
    assert ["memory not kept", "memory kept again"] == [each["event"] for each in logs]
    assert "403 Forbidden" in logs[0]["reason"]


def test_without_the_crd_that_is_told_too() -> None:
    """As after an upgrade of the operator alone."""
    server = FakeServer()
    memories = opened(server)
    server.faults.append(Refusing(404, "NotFound", method="POST"))
    with capture_logs() as logs:
        assert not memories.save("web", RECORD)
    assert "404 NotFound" in logs[0]["reason"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_write_whose_answer_is_lost_is_found_the_next_time(method: str) -> None:
    """Whether it was done is looked up, and then only what is missing is written."""
    server = FakeServer()
    memories = opened(server)
    if method == "PUT":
        memories.save("web", {})
    server.losses.append(Away(times=1, method=method))
    assert not memories.save("web", RECORD)
    assert memories.save("web", RECORD)
    assert RECORD == opened(server).load("web")


def test_what_somebody_wrote_meanwhile_is_written_over_by_who_leads() -> None:
    """The leader knows best; what it writes is based on what is there now."""
    server = FakeServer()
    memories, other = opened(server), opened(server)
    assert other.save("web", {"of": "the leader before"})
    assert memories.save("web", RECORD)
    assert RECORD == opened(server).load("web")


def test_who_leads_no_longer_does_not_write_over_the_next_leader() -> None:
    """Refused by the API server because it is behind, it looks whether it leads before it tries again."""
    server = FakeServer()
    leading = [True]
    memories = opened(server, forbidden=lambda: "" if leading[0] else "this is not the leader")

    def taken_over() -> None:
        leading[0] = False
        opened(server).save("web", {"of": "the next leader"})

    server.faults.append(Before("POST", taken_over))
    assert not memories.save("web", RECORD)
    assert {"of": "the next leader"} == opened(server).load("web")
    asked = len(server.asked)
    assert not memories.save("web", RECORD)
    assert asked == len(server.asked), "it does not even ask"


def test_what_was_deleted_meanwhile_is_made_anew() -> None:
    """By a person, or collected with the Stack before this one."""
    server = FakeServer()
    memories = opened(server)
    memories.save("web", {})
    server.faults.append(Before("PUT", lambda: server.remove(PATH)))
    assert memories.save("web", RECORD)
    assert RECORD == opened(server).load("web")


def test_it_is_a_store_of_the_engines() -> None:
    """What keeps files for commands keeps objects on Kubernetes."""
    store: Store = opened(FakeServer())
    assert (True, RECORD) == (store.save("web", RECORD), store.load("web"))


# --- on a real API server ---


@pytest.mark.parametrize("record", [RECORD, large()], ids=["small", "ten thousand nodes"])
def test_a_real_server_keeps_it(serving: Cluster, monkeypatch: pytest.MonkeyPatch, record: Mapping[str, Any]) -> None:
    """Written, changed, read by the next program, and refused to whoever is behind."""
    monkeypatch.setenv("KUBECONFIG", str(serving.kubeconfig()))
    api, _ = connect()
    home = serving.namespace(f"memory-{len(json.dumps(record))}")
    spec = {"region": "eu-west-1", "resources": {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}}}
    made = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "web"}, "spec": spec}
    found = serving.put("POST", collection(home), made)

    def started() -> Memories:
        memories = Memories(api)
        memories.open(found)
        memories.claim("web", f"{home}/web")
        return memories

    first = started()
    assert first.load("web") is None
    assert first.save("web", record)
    second = started()
    assert record == second.load("web")
    assert second.save("web", {**record, "more": True})
    assert {**record, "more": True} == started().load("web")
    assert first.save("web", {**record, "most": True}), "what it knew is older, so it looks first"
    assert {**record, "most": True} == started().load("web")
    kept = serving.get(f"/apis/holdfast.dev/v1alpha1/namespaces/{home}/stackmemories/web")
    assert (found["metadata"]["uid"], len(json.dumps(record)) > LONGEST_PLAIN) == (
        kept["metadata"]["ownerReferences"][0]["uid"],
        kept["encoding"] == "gzip",
    )
