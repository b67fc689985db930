"""The Lease: one writer at a time, whatever the API server, the clock and the other one do."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from controller.kube.api import Object
from controller.kube.lease import Terms
from tests.clock import Clock, Patient
from tests.kube.candidates import Candidate
from tests.kube.fakes import Away, Before, FakeServer, Refusing

PATH = "/apis/coordination.k8s.io/v1/namespaces/here/leases/holdfast"
TERMS = Terms(15)


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def me(server: FakeServer, clock: Clock) -> Candidate:
    return Candidate(server, clock)


def lease(holder: str | None = "other", **spec: Any) -> Object:
    """A Lease of somebody else, who renews it with a clock of his own, which may tell anything."""
    long_ago = "2001-01-01T00:00:00.000000Z"
    return {"spec": {"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": long_ago, **spec}}


def holder(server: FakeServer) -> str:
    """Whose the Lease is."""
    return str(server.objects[PATH]["spec"].get("holderIdentity"))


# --- to win it ---


def test_a_lease_that_is_not_there_is_made_and_held(server: FakeServer, me: Candidate) -> None:
    """The first one leads at once."""
    assert me.attempt()
    spec = server.objects[PATH]["spec"]
    assert ("me", 15, 0) == (spec["holderIdentity"], spec["leaseDurationSeconds"], spec["leaseTransitions"] - 1)
    assert ["gained"] == me.events


@pytest.mark.parametrize("released", ["", None])
def test_a_lease_that_was_let_go_is_taken_at_once(server: FakeServer, me: Candidate, released: str | None) -> None:
    """Nobody waits for somebody who said that he is gone."""
    server.put(PATH, lease(released, leaseTransitions=4))
    assert me.attempt()
    assert 5 == server.objects[PATH]["spec"]["leaseTransitions"]


def test_a_lease_with_nothing_in_it_is_free(server: FakeServer, me: Candidate) -> None:
    """As somebody makes it by hand."""
    server.put(PATH, {"metadata": {}})
    assert me.attempt()


def test_a_living_one_keeps_it(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """However long ago its time stamps say that it was renewed: it changes, so somebody is there."""
    for _ in range(20):
        server.put(PATH, lease())
        assert not me.attempt()
        clock.time += 14
    assert [] == me.events
    assert [] == server.requests("PUT")


def test_one_that_has_not_changed_for_its_time_is_taken(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """By our clock alone, whatever its time stamps say: here the holder's clock is far ahead."""
    server.put(PATH, lease(renewTime="2999-01-01T00:00:00.000000Z"))
    assert not me.attempt()
    clock.time += 15
    assert not me.attempt()
    clock.time += 0.1
    assert me.attempt()


def test_it_lasts_as_long_as_its_holder_says(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """Another version, or other settings, may hold it for longer than we would."""
    server.put(PATH, lease(leaseDurationSeconds=60))
    assert not me.attempt()
    clock.time += 59
    assert not me.attempt()
    clock.time += 2
    assert me.attempt()


def test_who_comes_late_waits_from_when_he_came(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """A lease seen for the first time may have been renewed just now."""
    server.put(PATH, lease())
    clock.time += 1000
    assert not me.attempt()


def test_one_that_is_ours_already_is_gone_on_with(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """Its answer had been lost: nobody waits for himself, and it is the same term to others."""
    server.put(PATH, lease("me", acquireTime="2026-01-01T00:00:00.000000Z", leaseTransitions=3))
    assert me.attempt()
    spec = server.objects[PATH]["spec"]
    assert ("2026-01-01T00:00:00.000000Z", 3) == (spec["acquireTime"], spec["leaseTransitions"])


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_who_was_slower_does_not_lead(server: FakeServer, me: Candidate, method: str) -> None:
    """Between our look and our claim somebody else took it: the API server tells, and that decides."""
    if method == "PUT":
        server.put(PATH, lease(""))
    server.faults.append(Before(method, lambda: server.put(PATH, lease())))
    assert not me.attempt()
    assert "other" == holder(server)
    assert [] == me.events


# --- to keep it ---


def test_it_is_renewed(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """As long as the API server answers, one term goes on."""
    for _ in range(100):
        assert me.attempt()
        clock.time += TERMS.again
        assert me.leads
    assert ["gained"] == me.events


@pytest.mark.parametrize("duration", [3, 15, 60])
def test_no_request_lasts_until_the_next_try(server: FakeServer, clock: Clock, duration: int) -> None:
    """One answer that is lost costs one try, and certainty outlasts several."""
    terms = Terms(duration)
    me = Candidate(server, clock, terms=terms)
    stop = Patient(clock, 5)
    me.elector.run(stop, me.gained, me.lost)
    me.elector.release()
    assert {"GET", "POST", "PUT"} == {each.method for each in server.asked}
    assert max(each.seconds for each in server.asked) < min(stop.waits)
    assert 3 * terms.again < terms.certain < duration


def test_a_failed_renewal_is_no_loss_while_it_is_certain(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """And no longer: whoever looks after that is told no, without any request."""
    me.attempt()
    began = clock.time
    server.faults.append(Away(clock))
    while me.attempt():
        clock.time += 0.1
    assert began + TERMS.certain <= clock.time < began + TERMS.duration
    assert 2 <= len(server.requests("GET"))


def test_certainty_counts_from_when_it_was_asked_for(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """Not from the answer: that the others count from somewhere in between."""
    server.faults.append(Before("POST", lambda: setattr(clock, "time", clock.time + 1.5)))
    began = clock.time
    me.attempt()
    clock.time = began + TERMS.certain - 0.01
    assert me.leads
    clock.time = began + TERMS.certain
    assert not me.leads


def test_a_short_outage_is_outlasted(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """The term goes on where it was, and nobody notices."""
    me.attempt()
    server.faults.append(Away(clock, times=2))
    for _ in range(4):
        clock.time += 0.5
        me.attempt()
    assert me.leads
    assert ["gained"] == me.events


def test_a_lease_that_is_another_s_now_ends_the_term_at_once(server: FakeServer, me: Candidate) -> None:
    """Whatever our clock says: the API server knows better."""
    me.attempt()
    server.put(PATH, lease())
    assert not me.attempt()
    assert ["gained", "lost"] == me.events


def test_a_lease_that_somebody_deleted_is_made_again(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """Nobody else had it, so the term goes on."""
    me.attempt()
    server.remove(PATH)
    clock.time += 1
    assert me.attempt()
    assert ["gained"] == me.events


# --- frozen ---


def test_one_that_was_frozen_does_not_lead_when_it_wakes(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """At the very first look, before anything could have been asked."""
    me.attempt()
    clock.time += TERMS.certain
    assert not me.leads


def test_the_old_term_ends_before_anything_is_tried(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """First all work ends, however long that takes; then the Lease is looked at."""
    me.attempt()
    already = len(server.asked)
    order: list[int] = []

    def ends() -> None:
        order.append(len(server.asked) - already)
        clock.time += 100

    me.on_lost = ends
    clock.time += 60
    assert me.attempt()
    assert [0] == order
    assert ["gained", "lost", "gained"] == me.events


def test_a_new_term_counts_from_after_the_old_one_s_end(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """The time in which the old work ended is not taken for certainty."""
    me.attempt()
    clock.time += 60
    me.on_lost = lambda: setattr(clock, "time", clock.time + 100)
    me.attempt()
    clock.time += TERMS.certain - 0.01
    assert me.leads


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("frozen", [10.0, 14.0, 100.0])
def test_one_that_was_frozen_in_a_renewal_ends_its_term(
    server: FakeServer, clock: Clock, me: Candidate, method: str, frozen: float
) -> None:
    """Whoever looked meanwhile was told no and laid work down: a doubt is never taken back without `lost`."""
    me.attempt()
    looks: list[bool] = []

    def freeze() -> None:
        clock.time += frozen
        looks.append(me.leads)

    server.faults.append(Before(method, freeze))
    clock.time += 1
    assert not me.attempt()
    assert [False] == looks
    assert ["gained", "lost"] == me.events
    assert me.attempt()
    assert ["gained", "lost", "gained"] == me.events


def test_a_slow_answer_just_before_the_end_ends_the_term(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """Asked for in time and answered too late, though the new certainty would reach further."""
    me.attempt()
    clock.time += TERMS.certain - 1
    server.faults.append(Before("PUT", lambda: setattr(clock, "time", clock.time + 1.5)))
    assert not me.attempt()
    assert ["gained", "lost"] == me.events


def test_another_one_s_term_in_between_is_noticed(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """Somebody led and let go again while we were frozen: what is remembered is old."""
    me.attempt()
    clock.time += 30
    server.put(PATH, lease())
    server.put(PATH, lease(""))
    assert me.attempt()
    assert ["gained", "lost", "gained"] == me.events


# --- to let it go ---


def test_it_is_let_go_at_the_end(server: FakeServer, clock: Clock, me: Candidate) -> None:
    """The next one need not wait."""
    me.attempt()
    me.elector.release()
    assert not me.leads
    assert "" == holder(server)
    assert Candidate(server, clock, "next").attempt()


def test_what_is_another_s_is_left_alone(server: FakeServer, me: Candidate) -> None:
    """Also when it became his between our look and our letting go."""
    me.attempt()
    server.put(PATH, lease())
    me.elector.release()
    assert "other" == holder(server)


def test_what_becomes_another_s_meanwhile_is_left_alone(server: FakeServer, me: Candidate) -> None:
    """The API server refuses what is based on an older state."""
    me.attempt()
    server.faults.append(Before("PUT", lambda: server.put(PATH, lease())))
    me.elector.release()
    assert "other" == holder(server)


def test_who_does_not_lead_lets_nothing_go(server: FakeServer, me: Candidate) -> None:
    """Not a single request."""
    server.put(PATH, lease())
    me.attempt()
    already = len(server.asked)
    me.elector.release()
    assert already == len(server.asked)


@pytest.mark.parametrize("fault", [Away(), Refusing(500), Refusing(403, "Forbidden"), Refusing(404, "NotFound")])
def test_that_it_cannot_be_let_go_is_no_failure(server: FakeServer, me: Candidate, fault: Away | Refusing) -> None:
    """It runs out by itself."""
    me.attempt()
    server.faults.append(fault)
    me.elector.release()
    assert not me.leads


# --- an API server that is away, or not itself ---


class Garbled:
    """Something else answers in the place of the API server: a proxy, an older server, a broken one."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def ask(self, *_: Any, **__: Any) -> Any:
        """Always the same."""
        return self.answer

    def lines(self, *_: Any, **__: Any) -> Iterator[Object]:
        """Nothing."""
        return iter(())


@pytest.mark.parametrize(
    "fault",
    [
        Away(),
        Refusing(500),
        Refusing(429, "TooManyRequests"),
        Refusing(403, "Forbidden"),
        Refusing(401, "Unauthorized"),
    ],
)
def test_no_failure_of_the_api_server_ends_it(
    server: FakeServer, clock: Clock, me: Candidate, fault: Away | Refusing
) -> None:
    """It goes on trying, at its own pace, and leads as soon as it can."""
    server.faults.append(fault)
    stop = Patient(clock, 30)
    me.elector.run(stop, me.gained, me.lost)
    assert [] == me.events
    assert all(0.9 * TERMS.again <= wait <= 1.1 * TERMS.again for wait in stop.waits)
    assert len(set(stop.waits)) > 20
    server.faults.clear()
    assert me.attempt()


@pytest.mark.parametrize("answer", [{"kind": "Status"}, {"metadata": {}}, {"spec": []}, [], "text", None, 7])
def test_an_answer_that_makes_no_sense_is_no_lease(clock: Clock, answer: Any) -> None:
    """Nobody leads because of it, and nothing ends."""
    me = Candidate(Garbled(answer), clock)
    stop = Patient(clock, 3)
    me.elector.run(stop, me.gained, me.lost)
    assert ("gained" in me.events) == (not answer)  # nothing at all is taken for no lease, which the POST decides
    assert 3 == len(stop.waits)


def test_it_ends_when_told_to(server: FakeServer, me: Candidate) -> None:
    """In the midst of a pause between two tries."""
    stop = threading.Event()
    campaign = threading.Thread(target=me.elector.run, args=(stop, stop.set, me.lost))
    campaign.start()
    campaign.join(10)
    assert not campaign.is_alive()
