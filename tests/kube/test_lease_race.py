"""The Lease with several who want it: in a world of accidents, and on a real API server."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.kube.api import Api, ApiUnreachable, connect
from controller.kube.lease import Elector
from tests.clock import Clock
from tests.kube.candidates import TERMS, Candidate
from tests.kube.cluster import Cluster
from tests.kube.fakes import Asked, FakeServer

# --- two of them ---


class Race:
    """Two candidates, each with accidents of its own, on one server and one clock; never do both lead.

    A step is one turn of one of them. What happens in the midst of its requests is drawn too: time goes by (a frozen
    process, a slow network), the other one has turns, the request or the answer is lost.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw, self.clock, self.server = draw, Clock(), FakeServer()
        self.both = [Candidate(self.server, self.clock, name) for name in ("a", "b")]
        self.turning: set[int] = set()
        self.calm = False
        self.server.faults.append(self.accident)
        self.server.losses.append(self.accident)

    def accident(self, asked: Asked) -> None:
        """What happens before a request arrives, or on the way back of its answer."""
        if self.calm:
            return
        happens = self.draw(st.sampled_from(["nothing"] * 4 + ["slow", "frozen", "other", "lost"]))
        if happens == "lost":
            raise ApiUnreachable(asked.method, asked.path, "lost")
        if happens == "other":
            self.step()
        self.pass_by({"slow": 1.0, "frozen": self.draw(st.sampled_from([8.0, 20.0]))}.get(happens, 0.0))

    def pass_by(self, seconds: float) -> None:
        """Time goes by, and nobody is to be surprised at any moment of it."""
        for _ in range(int(seconds * 4)):
            self.clock.time += 0.25
            self.look()
        self.look()

    def look(self) -> None:
        """The promise."""
        assert not all(each.leads for each in self.both), [each.events for each in self.both]

    def step(self) -> None:
        """One of those who are not in the midst of a turn has one."""
        free = [number for number in (0, 1) if number not in self.turning]
        if free:
            self.turn(self.draw(st.sampled_from(free)))
        self.look()

    def turn(self, number: int) -> None:
        """This one has a turn."""
        self.turning.add(number)
        self.both[number].attempt()
        self.turning.discard(number)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_never_do_two_lead(data: st.DataObject) -> None:
    """Whatever is slow, frozen or lost. And once all is quiet again, one of them leads before long."""
    race = Race(data.draw)
    for _ in range(25):
        race.step()
        race.pass_by(data.draw(st.sampled_from([0.25, 2.5, 5.0])))
    race.calm = True
    for _ in range(20):
        for number in (0, 1):  # who has no turn cannot lead, however calm it is
            race.turn(number)
            race.look()
        race.pass_by(1.0)
    assert [True] == [each.leads for each in race.both if each.leads]
    for each in race.both:
        assert each.events == [("gained", "lost")[number % 2] for number in range(len(each.events))]


# --- a real API server ---


@pytest.fixture
def api(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig()))
    return connect()[0]


def test_a_real_api_server_takes_it(cluster: Cluster, api: Api) -> None:
    """Made, renewed, let go, taken over: with times as Kubernetes writes them, which `kubectl` can read."""
    home = cluster.namespace("leases")
    clock = Clock()
    first, second = (Elector(api, home, "holdfast", name, TERMS, clock) for name in ("first", "second"))
    told: list[str] = []
    for elector in (first, second, first):
        elector.attempt(lambda: told.append("gained"), lambda: told.append("lost"))
    assert (True, False, ["gained"]) == (first.leading, second.leading, told)
    spec = cluster.get(first.path)["spec"]
    times = [datetime.fromisoformat(spec[name]) for name in ("acquireTime", "renewTime")]
    assert times[0] < times[1]
    assert ("first", 15, 1) == (spec["holderIdentity"], spec["leaseDurationSeconds"], spec["leaseTransitions"])
    first.release()
    assert "" == cluster.get(first.path)["spec"]["holderIdentity"]
    second.attempt(lambda: told.append("gained"), lambda: told.append("lost"))
    assert second.leading
    assert "second" in cluster.kubectl("get", "lease", "holdfast", "--namespace", home)
    assert 2 == cluster.get(first.path)["spec"]["leaseTransitions"]


def test_a_real_api_server_lets_one_win(cluster: Cluster, api: Api) -> None:
    """Many who try at the same moment: one leads, the others are told that they were too slow."""
    home = cluster.namespace("many-leases")
    electors = [Elector(api, home, "holdfast", f"number-{number}", TERMS) for number in range(8)]
    start = threading.Barrier(len(electors))

    def attempt(elector: Elector) -> None:
        start.wait()
        elector.attempt(lambda: None, lambda: None)

    for _ in range(3):
        threads = [threading.Thread(target=attempt, args=(each,)) for each in electors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (leader,) = [each for each in electors if each.leading]
        assert leader.identity == cluster.get(leader.path)["spec"]["holderIdentity"]
        leader.release()
