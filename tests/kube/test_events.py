"""Events: each thing once, with what a person needs, and in the form that the API server takes."""

from dataclasses import replace
from typing import Any

import pytest

from controller.core.model.call import Change
from controller.core.model.reference import Address
from controller.core.planning.step import Action, State, Step, Verdict
from controller.kube.api import Api, Object, connect
from controller.kube.events import LONGEST_NOTE, MOST, EventRecorder, News, Notice
from controller.kube.stacks import collection
from tests.kube.cluster import Cluster
from tests.kube.fakes import Away, FakeServer, Refusing
from tests.report.samples import GROUP_STEP, IN_SYNC, NAT_STEP, ORPHAN_STEP, UNKNOWN_STEP, plan, step

WEB = Address("Vpc", "web")
QUIET = step("Vpc/web", State.IN_SYNC, id="vpc-1")


def drifted(*paths: str, **more: Any) -> Step:
    """A node that somebody changed."""
    changes = tuple(Change(path, "change", "a", "b") for path in paths or ("enableDnsSupport",))
    return step("Vpc/web", State.DRIFTED, Action.UPDATE, "vpc-1", changes=changes, **more)


def held(by: str, why: str = "so it is") -> Step:
    """A node that somebody changed, and something is in the way."""
    return drifted(blocked=Verdict(by, why))


def told(news: News, *steps: Step, failed: str = "") -> list[tuple[str, str]]:
    """What a pass over these steps has new to tell, by reason and note."""
    notices = news.of_pass(plan(*steps), (), {WEB: failed} if failed else {})
    return [(each.reason, each.note) for each in notices]


# --- what is new ---


def test_drift_is_told_once() -> None:
    """However many passes find it; and again when it is another, or comes back."""
    news = News()
    found = ("DriftFound", "Vpc/web: drifted (enableDnsSupport)")
    assert [found] == told(news, drifted())
    assert [] == told(news, drifted())
    assert [("DriftFound", "Vpc/web: drifted (a, b)")] == told(news, drifted("a", "b"))
    assert [] == told(news, QUIET)
    assert [found] == told(news, drifted())


def test_what_is_drift() -> None:
    """Missing and left over; not what is on its way, or only follows from another step."""
    notes = told(News(), NAT_STEP, ORPHAN_STEP, GROUP_STEP, replace(NAT_STEP, state=State.PENDING), *IN_SYNC.steps)
    assert [
        ("DriftFound", "NatGateway/a: missing"),
        ("DriftFound", "Subnet/old: orphaned"),
        ("DriftFound", "SecurityGroup/db: drifted (ingress[tcp:5432:app], ingress[tcp:5432:0.0.0.0/0], tags[Env])"),
    ] == notes


def test_drift_that_could_not_be_seen_for_a_while_is_no_new_one() -> None:
    """A listing failed in between: nobody has seen the node in sync."""
    news = News()
    told(news, drifted())
    assert [] == told(news, replace(UNKNOWN_STEP, address=WEB))
    assert [] == told(news, drifted())
    assert [] == told(news, QUIET)
    assert 1 == len(told(news, drifted()))


def test_what_is_blocked_is_told_once_with_the_way_out() -> None:
    """And again when something else is in the way."""
    news = News()
    assert ("Blocked", "Vpc/web: update blocked by allow: add it") in told(news, held("allow", "add it"))
    assert [] == told(news, held("allow", "add it"))
    assert [("Blocked", "Vpc/web: update blocked by hold: until noon")] == told(news, held("hold", "until noon"))


@pytest.mark.parametrize("by", ["settling", "backoff", "unknown"])
def test_what_lifts_by_itself_is_not_told(by: str) -> None:
    """Its words change with the clock; the failure behind it was told."""
    assert [] == [each for each in told(News(), held(by, "next in 7 s")) if each[0] == "Blocked"]


def test_a_failure_is_told_once_however_often_it_is_tried() -> None:
    """Between two tries the node waits, which is no end of the failure; another error is another thing."""
    news = News()
    failure = ("Failed", "Vpc/web: ec2:ModifyVpcAttribute UnauthorizedOperation: no")
    text = failure[1].partition(": ")[2]
    assert failure in told(news, drifted(), failed=text)
    for wait in ("next in 5 s", "next in 10 s"):
        assert [] == told(news, held("backoff", wait))
        assert [] == told(news, drifted(), failed=text)
    assert [("Failed", "Vpc/web: another")] == told(news, drifted(), failed="another")
    assert [] == told(news, QUIET)
    assert failure in told(news, drifted(), failed=text)


ENCODED = (
    "ec2:CreateVpc UnauthorizedOperation: You are not authorized to perform this operation. "
    "Encoded authorization failure message: {}; allow this call"
)


def test_words_that_are_others_each_time_make_no_news() -> None:
    """AWS encodes its reasons anew in each answer, and some answers name their request."""
    news = News()
    first, second = (ENCODED.format(letter * 400) for letter in ("aB-_3", "xY+/="))
    assert 1 == len(news.of_trouble("AccessDenied", first))
    assert [] == news.of_trouble("AccessDenied", second)
    told(news, drifted(), failed=first)
    assert [] == told(news, drifted(), failed=second)
    ids = [f"no (Request ID: 7a62c49f-347e-4fc4-9331-6e8eEXAMPLE{number})" for number in range(2)]
    assert [1, 0] == [len(news.of_trouble("AwsRefused", each)) for each in ids]
    assert 1 == len(news.of_trouble("AwsRefused", "another"))


def test_corrections_are_told_each_time() -> None:
    """In a word that says what was done."""
    words = {
        Action.CREATE: "created",
        Action.UPDATE: "updated",
        Action.REPLACE: "replaced",
        Action.DELETE: "deleted",
        Action.ADOPT: "adopted",
    }
    news = News()
    for _ in range(2):
        done = [replace(QUIET, action=action) for action in words]
        notices = news.of_pass(plan(QUIET), done, {})
        assert [Notice("Corrected", f"Vpc/web: {word}") for word in words.values()] == notices
    (notice,) = news.of_pass(plan(QUIET), [drifted("a", "b")], {})
    assert "Vpc/web: updated (a, b)" == notice.note


def test_what_a_person_has_to_look_at_is_a_warning() -> None:
    """Drift and its correction are what Holdfast is for; what it cannot do is not."""
    news = News()
    kinds = {each.reason: each.warning for each in news.of_pass(plan(held("allow")), [drifted()], {WEB: "no"})}
    assert {"DriftFound": False, "Blocked": True, "Failed": True, "Corrected": False} == kinds


def test_a_trouble_is_told_once() -> None:
    """And again when there was a success in between, or it is another."""
    news = News()
    first = [Notice("AccessDenied", "no", warning=True)]
    assert first == news.of_trouble("AccessDenied", "no")
    assert [] == news.of_trouble("AccessDenied", "no")
    assert [Notice("Throttled", "slowly", warning=True)] == news.of_trouble("Throttled", "slowly")
    assert [] == news.of_trouble("", "")
    assert first == news.of_trouble("AccessDenied", "no")


# --- what is sent ---

STACK: Object = {
    "apiVersion": "holdfast.dev/v1alpha1",
    "kind": "Stack",
    "metadata": {"name": "web", "namespace": "here", "uid": "u", "resourceVersion": "7"},
}


def notes(server: FakeServer) -> list[str]:
    """The notes of the events that were sent."""
    return [each.body["note"] for each in server.asked if isinstance(each.body, dict)]


def test_what_an_event_says() -> None:
    """About which Stack, by whom, what, and how grave."""
    server = FakeServer()
    EventRecorder(server, "x" * 200).record(
        STACK, [Notice("Blocked", "why", warning=True), Notice("Corrected", "done")]
    )
    first, second = server.objects.values()
    assert ("Warning", "Blocked", "why") == (first["type"], first["reason"], first["note"])
    assert ("Normal", "Corrected", "done") == (second["type"], second["reason"], second["note"])
    about = {"name": "web", "namespace": "here", "uid": "u", "resourceVersion": "7"}
    assert {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", **about} == first["regarding"]
    assert ("here", 128) == (first["metadata"]["namespace"], len(first["reportingInstance"]))


def test_a_flood_is_cut_and_said_to_be() -> None:
    """A stack with a thousand nodes is no reason for a thousand events."""
    server = FakeServer()
    EventRecorder(server, "me").record(STACK, [Notice("DriftFound", str(number)) for number in range(1000)])
    assert MOST + 1 == len(server.objects)
    assert "980 more events not sent; see the log" == notes(server)[-1]


def test_what_needs_somebody_is_told_first() -> None:
    """Where events are left out, warnings are not among them."""
    server = FakeServer()
    found = [Notice("DriftFound", f"Vpc/{number}: missing") for number in range(MOST)]
    EventRecorder(server, "me").record(
        STACK, [*found, Notice("Corrected", "Vpc/a"), Notice("Blocked", "Vpc/b", True)]
    )
    reasons = [each["reason"] for each in server.objects.values()]
    assert ["Blocked", "Corrected", *["DriftFound"] * (MOST - 2), "MoreToTell"] == reasons


@pytest.mark.parametrize(
    ("fault", "tries"), [(Away(), 1), (Refusing(403, "Forbidden"), 1), (Refusing(422, "Invalid"), 3)]
)
def test_events_that_do_not_get_through_are_let_go(fault: Away | Refusing, tries: int) -> None:
    """Nothing waits for them; but one that is refused for its own sake takes no others with it."""
    server = FakeServer(faults=[fault])
    EventRecorder(server, "me").record(STACK, [Notice("DriftFound", str(number)) for number in range(3)])
    assert tries == len(server.asked)
    assert all(each.seconds <= 3 for each in server.asked)


# --- a real API server ---


@pytest.fixture
def api(serving: Cluster, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("KUBECONFIG", str(serving.kubeconfig()))
    return connect()[0]


def test_a_real_api_server_takes_them_all(serving: Cluster, api: Api) -> None:
    """Also the longest, in whatever letters, with the longest names; and `kubectl describe` shows them."""
    home = serving.namespace("e" * 63)
    spec = {"region": "eu-west-1", "resources": {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}}}
    made = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "w" * 40}, "spec": spec}
    found = serving.put("POST", collection(home), made)
    texts = ["plain", *(letter * 5000 for letter in "aß€😀"), "a" + "€" * 5000, "\x00\ud800 odd\n"]
    EventRecorder(api, "i" * 200).record(found, [Notice("DriftFound", text, warning=True) for text in texts])
    kept = serving.get(f"/apis/events.k8s.io/v1/namespaces/{home}/events")["items"]
    assert len(texts) == len(kept)
    sizes = sorted(len(each["note"].encode()) for each in kept)
    assert LONGEST_NOTE - 3 <= sizes[-1] <= LONGEST_NOTE
    assert "plain" in serving.kubectl("describe", "stack", "w" * 40, "--namespace", home)
