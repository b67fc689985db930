"""The copy of a collection: true, told once, and kept fresh through all that an API server can do."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from controller.kube.api import ApiRefused, ApiUnreachable, Object, Query
from controller.kube.reflector import FIRST_BACKOFF, LONGEST_BACKOFF, PAGE, Reflector, backoff, key_of
from controller.kube.stacks import collection, request_of
from tests.clock import Clock, Patient
from tests.kube.fakes import Asked, Away, Before, FakeServer, Refusing, Told, refusal

HERE = collection("here")


def path(name: str, namespace: str = "here") -> str:
    """The path of a Stack."""
    return f"{collection(namespace)}/{name}"


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def reflector(server: FakeServer, told: Told) -> Reflector:
    return Reflector(server, collection(), told)


def copied(reflector: Reflector) -> dict[str, object]:
    """The copy: what each object has in `spec`."""
    return {key: found["spec"] for key, found in reflector.objects.items()}


# --- listing ---


@pytest.mark.parametrize("page", [1, 2, 3, 100, None])
def test_a_list_is_walked_to_its_end(server: FakeServer, reflector: Reflector, told: Told, page: int | None) -> None:
    """However large the server makes its pages, all objects are there, each told once, and then it is ready."""
    names = [f"s{number}" for number in range(6)]
    for name in names:
        server.put(path(name), {"spec": name})
    server.page = page
    assert not reflector.listed.is_set()
    reflector.list()
    assert copied(reflector) == {f"here/{name}": name for name in names}
    assert sorted(f"+here/{name}" for name in names) == sorted(told.events)
    assert reflector.listed.is_set()
    assert {PAGE} == {each.query["limit"] for each in server.asked}
    assert str(server.version) == reflector.version


def test_namespaces_are_told_apart(server: FakeServer, reflector: Reflector) -> None:
    """Two objects of one name are two."""
    for namespace in ("a", "b"):
        server.put(path("web", namespace), {"spec": namespace})
    reflector.list()
    assert copied(reflector) == {"a/web": "a", "b/web": "b"}


def test_nothing_is_told_before_the_whole_list_is_there(server: FakeServer, reflector: Reflector, told: Told) -> None:
    """A list that breaks off half-way is none: nothing counts as gone because of it."""
    server.page = 2
    for number in range(5):
        server.put(path(f"s{number}"), {"spec": number})
    reflector.list()
    told.since()
    lists = iter(range(9))

    def break_off(asked: Asked) -> None:
        if next(lists) == 1:
            raise refusal(asked, 500, "InternalError")

    server.faults.append(break_off)
    with pytest.raises(ApiRefused):
        reflector.list()
    assert [] == told.since()
    assert 5 == len(reflector.objects)


def test_a_list_whose_next_page_is_forgotten_begins_anew(
    server: FakeServer, reflector: Reflector, told: Told
) -> None:
    """The token of a page is too old: the whole list is taken again, at once."""
    server.page = 2
    for number in range(5):
        server.put(path(f"s{number}"), {"spec": number})
    lists = iter(range(9))

    def forget(asked: Asked) -> None:
        if asked.method == "GET" and next(lists) == 1:
            server.compact()

    server.faults += [forget, Away(method="WATCH")]
    run(reflector, Clock(), waits=2)
    assert {f"here/s{number}" for number in range(5)} == reflector.objects.keys()
    assert 5 == len(told.events)


def test_what_was_missed_is_told_by_a_new_list(server: FakeServer, reflector: Reflector, told: Told) -> None:
    """Made, changed, gone, and gone and made anew under the same name."""
    for name in ("stays", "changes", "goes", "anew"):
        server.put(path(name), {"spec": 1})
    reflector.list()
    told.since()
    server.put(path("changes"), {"spec": 2})
    server.remove(path("goes"))
    server.remove(path("anew"))
    server.put(path("anew"), {"spec": 1})
    server.put(path("comes"), {"spec": 1})
    reflector.list()
    assert {"-here/goes", "+here/comes", "~here/anew", "~here/changes"} == set(told.events)
    assert 4 == len(told.since())
    before, after = next(pair for pair in told.pairs if pair[0] and pair[1] and key_of(pair[1]) == "here/anew")
    assert before
    assert after
    assert request_of(before) != request_of(after)  # the operator sees that it is another one


@pytest.mark.parametrize("empty", [{"items": []}, {"items": None}, {}])
def test_an_empty_list(empty: Object, told: Told) -> None:
    """In each way in which Kubernetes writes it."""
    reflector = Reflector(Scripted([{**empty, "metadata": {"resourceVersion": "7"}}]), HERE, told)
    reflector.list()
    assert ({}, "7") == (reflector.objects, reflector.version)
    assert reflector.listed.is_set()


# --- watching ---


def test_a_watch_goes_on_from_the_list(server: FakeServer, reflector: Reflector, told: Told) -> None:
    """Nothing between the two is lost, and nothing is told twice."""
    server.put(path("old"), {"spec": 1})
    reflector.list()
    server.put(path("old"), {"spec": 2})
    server.put(path("new"), {"spec": 1})
    server.remove(path("old"))
    reflector.watch()
    assert ["+here/old", "~here/old", "+here/new", "-here/old"] == told.events
    assert copied(reflector) == {"here/new": 1}
    watch = server.requests("WATCH")[0]
    assert {"watch": True, "allowWatchBookmarks": True, "resourceVersion": "1", "timeoutSeconds": 60} == watch.query
    assert 65 == watch.seconds  # so long it may be silent: a little longer than the server lets it last


def test_a_watch_goes_on_from_the_one_before(server: FakeServer, reflector: Reflector) -> None:
    """From the last event, or from a later bookmark, so that what nobody asked for never becomes too old."""
    reflector.list()
    server.put(path("a"), {"spec": 1})
    reflector.watch()
    server.put("/apis/coordination.k8s.io/v1/namespaces/here/leases/other", {"spec": 1})
    reflector.watch()
    reflector.watch()
    assert ["0", "1", "2"] == [each.query["resourceVersion"] for each in server.requests("WATCH")]


def test_an_event_that_comes_twice_is_told_once(server: FakeServer, told: Told) -> None:
    """As it happens when a watch is begun anew."""
    found = {"metadata": {"namespace": "here", "name": "a", "uid": "u", "resourceVersion": "2"}, "spec": 1}
    event = {"type": "ADDED", "object": found}
    reflector = Reflector(Scripted([], [[event, event, {**event, "type": "MODIFIED"}]]), HERE, told)
    reflector.watch()
    assert ["+here/a"] == told.events


def test_a_deletion_of_what_is_not_known_is_no_news(told: Told) -> None:
    """Nothing was there, nothing is there."""
    found = {"metadata": {"namespace": "here", "name": "a", "uid": "u", "resourceVersion": "2"}}
    reflector = Reflector(Scripted([], [[{"type": "DELETED", "object": found}]]), HERE, told)
    reflector.watch()
    assert [] == told.events
    assert "2" == reflector.version


def test_a_change_of_the_status_is_told_as_one_that_asks_for_nothing(
    server: FakeServer, reflector: Reflector, told: Told
) -> None:
    """The copy has the newest status; by what is asked the operator knows that it was its own doing."""
    server.put(path("a"), {"spec": 1})
    reflector.list()
    server.ask("PATCH", f"{path('a')}/status", {"status": {"account": "1"}})
    server.ask("PATCH", path("a"), {"metadata": {"finalizers": ["holdfast.dev/delete"]}})
    server.ask("PATCH", path("a"), {"spec": 2})
    reflector.watch()
    assert ["+here/a", "~here/a", "~here/a", "~here/a"] == told.events
    changes = [request_of(before) != request_of(after) for before, after in told.pairs[1:] if before and after]
    assert [False, False, True] == changes
    assert {"account": "1"} == reflector.objects["here/a"]["status"]


def test_the_copy_is_as_it_was_told_to_be(server: FakeServer, told: Told) -> None:
    """Whoever is told of an object finds it in the copy already, or finds it gone."""
    seen: list[bool] = []

    def look(before: Object | None, after: Object | None) -> None:
        seen.append(copy.objects.get("here/a") == after)

    copy = Reflector(server, HERE, look)
    copy.list()
    server.put(path("a"), {"spec": 1})
    server.put(path("a"), {"spec": 2})
    server.remove(path("a"))
    copy.watch()
    assert [True] * 3 == seen


# --- what goes wrong ---


@dataclass
class Scripted:
    """An API server that says what the test wrote: answers to lists, and whole watches, one after the other."""

    lists: list[Any]
    watches: list[Any] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    clock: Clock | None = None
    lasts: float = 0.0
    """Seconds that each watch is silent before it says anything, or ends."""

    def ask(self, method: str, path: str, *_: Any, **__: Any) -> Object:
        """The next list; the last one for ever."""
        self.asked.append("LIST")
        found: Object = _next(self.lists)
        return found

    def lines(self, path: str, query: Query, silence: float) -> Iterator[Object]:
        """The next watch; the last one for ever."""
        self.asked.append(f"WATCH {query['resourceVersion']}")
        watch = _next(self.watches)
        if self.clock:
            self.clock.time += self.lasts
        yield from watch if isinstance(watch, list) else ()
        if isinstance(watch, Exception):
            raise watch


def _next(answers: list[Any]) -> Any:
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if isinstance(answer, Exception) and not isinstance(answer, ApiUnreachable):
        raise answer
    return answer


def run(reflector: Reflector, clock: Clock, waits: int) -> list[float]:
    """Run until it has waited so often; its pauses."""
    stop = Patient(clock, waits)
    reflector.clock = clock
    reflector.run(stop)
    return stop.waits


EMPTY = {"items": [], "metadata": {"resourceVersion": "5"}}
BROKEN = ApiUnreachable("WATCH", HERE, "connection reset")
GONE = refusal(Asked("WATCH", HERE, None, {}, 1.0), 410, "Expired")


def bookmark(version: int) -> Object:
    """The server says how far it is."""
    return {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(version)}}}


def error(code: int | None, reason: str = "Expired") -> Object:
    """The server says within a watch that it cannot go on."""
    return {
        "type": "ERROR",
        "object": {"kind": "Status", "reason": reason, "message": "no"} | ({"code": code} if code else {}),
    }


def bounded(pauses: list[float]) -> bool:
    """Whether pauses grow as they should, each with some luck in it, and never beyond the limit."""
    limits = [min(FIRST_BACKOFF * 2**number, LONGEST_BACKOFF) for number in range(len(pauses))]
    return all(limit / 2 <= pause <= limit for pause, limit in zip(pauses, limits, strict=True))


@pytest.mark.parametrize(
    "fault",
    [Away(), Refusing(500), Refusing(429, "TooManyRequests"), Refusing(403, "Forbidden"), Refusing(401)],
)
def test_lists_that_fail_are_repeated_ever_more_slowly(
    server: FakeServer, reflector: Reflector, fault: Away | Refusing
) -> None:
    """Soon at first, then within a limit, and never without a pause."""
    server.faults.append(fault)
    assert bounded(run(reflector, Clock(), 12))
    assert 12 == len(server.asked)
    assert not reflector.listed.is_set()


@pytest.mark.parametrize("failure", [BROKEN, [error(500, "InternalError")], [error(429)], [error(None)], []])
def test_watches_that_fail_are_repeated_ever_more_slowly(told: Told, failure: Any) -> None:
    """From where the copy is: that a connection broke is no reason to list all again. Ending at once is a failure."""
    clock = Clock()
    scripted = Scripted([EMPTY], [failure], clock=clock)
    assert bounded(run(Reflector(scripted, HERE, told), clock, 12))
    assert ["LIST", *["WATCH 5"] * 12] == scripted.asked


@pytest.mark.parametrize("failure", [BROKEN, [error(500)], []])
def test_a_watch_that_went_well_for_long_is_begun_anew_soon(told: Told, failure: Any) -> None:
    """Something between us and the server cuts every connection after a while: that is no growing trouble."""
    clock = Clock()
    scripted = Scripted([EMPTY], [failure], clock=clock, lasts=30.0)
    stop = Patient(clock, 10)
    reflector = Reflector(scripted, HERE, told, clock=clock)
    scripted.watches = [failure] * 10 + [BROKEN]
    reflector.run(stop)
    assert max(stop.waits[:5]) <= 2 * FIRST_BACKOFF


def test_a_watch_that_told_something_is_no_failure(told: Told) -> None:
    """However soon it ends."""
    clock = Clock()
    scripted = Scripted([EMPTY], [[bookmark(6)], [bookmark(7)], BROKEN], clock=clock)
    (pause,) = run(Reflector(scripted, HERE, told), clock, 1)
    assert ["LIST", "WATCH 5", "WATCH 6", "WATCH 7"] == scripted.asked
    assert pause <= FIRST_BACKOFF


@pytest.mark.parametrize("gone", [GONE, [bookmark(6), error(410)]])
def test_what_is_too_old_is_listed_anew_at_once(told: Told, gone: Any) -> None:
    """Whether it is said before the watch begins or within it; and what was deleted meanwhile is told."""
    found = {"metadata": {"namespace": "here", "name": "a", "uid": "u", "resourceVersion": "4"}}
    later = {"items": [], "metadata": {"resourceVersion": "9"}}
    clock = Clock()
    scripted = Scripted([{**EMPTY, "items": [found]}, later], [gone, BROKEN], clock=clock)
    pauses = run(Reflector(scripted, HERE, told), clock, 2)
    assert ["LIST", "WATCH 5", "LIST", "WATCH 9"] == scripted.asked
    assert ["+here/a", "-here/a"] == told.events
    assert 0 == pauses[0]


@pytest.mark.parametrize("gone", [GONE, [error(410)]])
def test_what_is_always_too_old_is_listed_ever_more_slowly(told: Told, gone: Any) -> None:
    """A server that forgets faster than one can ask is not asked faster and faster."""
    clock = Clock()
    scripted = Scripted([EMPTY], [gone], clock=clock)
    pauses = run(Reflector(scripted, HERE, told), clock, 12)
    assert 0 == pauses[0]
    assert all(pause >= FIRST_BACKOFF / 2 for pause in pauses[1:])
    assert max(pauses) > LONGEST_BACKOFF / 2


def test_a_410_in_the_fake_of_a_whole_server(server: FakeServer, reflector: Reflector, told: Told) -> None:
    """All that happened while the server forgot it is told by the list."""
    for name in ("stays", "goes"):
        server.put(path(name), {"spec": 1})
    reflector.list()
    server.remove(path("goes"))
    server.put(path("comes"), {"spec": 1})
    server.compact()
    told.since()
    server.faults.append(Before("GET", lambda: server.faults.append(Away(method="WATCH"))))
    run(reflector, Clock(), 2)
    assert ["-here/goes", "+here/comes"] == told.since()


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"kind": "Status"},
        {"items": [{}], "metadata": {"resourceVersion": "1"}},
        {"items": [], "metadata": {}},
        [],
        None,
    ],
)
def test_a_list_that_makes_no_sense_is_none(told: Told, answer: Any) -> None:
    """Some proxy's answer ends nothing, is not taken for an empty list, and is asked for again later."""
    found = {"metadata": {"namespace": "here", "name": "a", "uid": "u", "resourceVersion": "4"}}
    reflector = Reflector(Scripted([{**EMPTY, "items": [found]}, answer], [GONE]), HERE, told)
    pauses = run(reflector, Clock(), 5)
    assert ["+here/a"] == told.events
    assert {"here/a"} == reflector.objects.keys()
    assert all(pauses[1:])


@pytest.mark.parametrize(
    "event", [{}, {"type": "ADDED"}, {"type": "ADDED", "object": {}}, {"type": "ADDED", "object": 1}, []]
)
def test_an_event_that_makes_no_sense_is_none(told: Told, event: Any) -> None:
    """It is as if the watch had broken."""
    reflector = Reflector(Scripted([EMPTY], [[event]]), HERE, told)
    assert bounded(run(reflector, Clock(), 3))
    assert [] == told.events
    assert "5" == reflector.version


def test_a_bug_of_whoever_is_told_is_not_hidden(server: FakeServer) -> None:
    """It ends the reflector, which is seen from outside; were it passed over, the change would be lost."""

    def broken(before: Object | None, after: Object | None) -> None:
        raise KeyError("bug")

    server.put(path("a"), {"spec": 1})
    with pytest.raises(KeyError, match="bug"):
        Reflector(server, HERE, broken).run(threading.Event())


def test_pauses_are_never_the_same_for_all() -> None:
    """Those who wait for the same thing do not come back all at once."""
    assert 90 < len({round(backoff(9), 3) for _ in range(100)})
    assert LONGEST_BACKOFF >= backoff(10_000) >= LONGEST_BACKOFF / 2
