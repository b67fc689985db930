"""The status as it is stored: small, taken by a real API server, and enough for the next start."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.model.call import Change
from controller.core.model.live import Health
from controller.core.model.reference import Address
from controller.core.planning.guard import MASS_LEAST
from controller.core.planning.step import Action, State, Step, Verdict
from controller.kube.api import Object
from controller.kube.conditions import Doing, Report, StackFailure
from controller.kube.stacks import collection
from controller.kube.status import LONGEST_TEXT, MOST_CHANGES, MOST_NODES, differing_since, seen_before, status_of
from tests.kube.cluster import Cluster
from tests.kube.fakes import merged
from tests.kube.reports import IN_DENIAL, NOW, PASSING, TABLE, blocked, condition, report
from tests.report.samples import (
    BUCKET_STEP,
    EVERYTHING,
    GROUP_STEP,
    ILL_STEP,
    NAT_STEP,
    ORPHAN_STEP,
    PENDING_STEP,
    UNKNOWN_STEP,
    live,
    plan,
    step,
)

# --- how large it may be ----------------------------------------------------------------------------------


def size(status: Object) -> int:
    """Bytes of it as it is stored."""
    return len(json.dumps(status, ensure_ascii=False, separators=(",", ":")).encode())


def test_ten_thousand_drifted_nodes_fit() -> None:
    """Not more than can be read, and far less than an object may have; how many are left out is said."""
    change = tuple(Change(f"tags[Name{number}]", "change", "a", "b") for number in range(30))
    steps = [
        step(f"Subnet/subnet-{n}", State.DRIFTED, Action.UPDATE, f"s-{n}", changes=change) for n in range(10_000)
    ]
    status = status_of({}, report(plan(*steps)))
    assert size(status) < 100_000
    assert (10_000, MOST_NODES, 10_000 - MOST_NODES) == (
        status["counts"]["drifted"],
        len(status["notInSync"]),
        status["notInSyncOmitted"],
    )
    listed = status["notInSync"][0]["changes"]
    assert (MOST_CHANGES + 1, "… and 20 more") == (len(listed), listed[-1])
    assert condition(status, "Drifted")["message"].endswith("and 9997 more")


@pytest.mark.parametrize("letter", ["a", "ß", "€", "😀"])
def test_the_longest_texts_fit(letter: str) -> None:
    """Whatever AWS says, however long, in whatever letters: an object may have 1.5 MiB, a request 3 MiB."""
    text = letter * 100_000
    changes = tuple(Change(f"{number}{text}", "change", "a", "b") for number in range(1000))
    steps = [
        replace(blocked("refused", f"Vpc/v{number}", text), changes=changes, note=text, state=State.DRIFTED)
        for number in range(200)
    ]
    ill = [replace(ILL_STEP, live=replace(live("TargetGroup", "t"), health=Health(False, text)))] * 50
    found = report(plan(*steps, *ill), trouble=StackFailure("PassFailed", text))
    for each in (found, replace(found, doing=Doing.DELETING), report(trouble=StackFailure("PassFailed", text))):
        status = status_of({}, each)
        assert size(status) < 700_000
        assert len(json.dumps(status)) < 2_000_000
        assert max(len(each["message"]) for each in status["conditions"]) <= LONGEST_TEXT
    assert condition(status_of({}, found), "Ready")["message"].endswith("…")


# --- what a start remembers -------------------------------------------------------------------------------

NODES = [Address.parse(each) for each in ("Vpc/main", "Subnet/a", "Subnet/b", "NatGateway/a")]


def stored(*reports: Report, generation: int = 3) -> Object:
    """An object after these reports."""
    status: Object = {}
    for each in reports:
        status = status_of(status, each)
    return {"metadata": {"generation": generation}, "status": status}


def settled(*addresses: str) -> list[Step]:
    """These nodes, in sync."""
    return [step(each, State.IN_SYNC, id="i") for each in addresses]


SEEN = report(plan(*settled("Vpc/main", "Subnet/a", "Subnet/b"), NAT_STEP))


def test_what_the_last_pass_saw_is_known_after_a_restart() -> None:
    """So that the disappearance of much of it is noticed; what was not in sync is not counted on."""
    assert ["Vpc/main", "Subnet/a", "Subnet/b"] == list(map(str, seen_before(stored(SEEN), NODES)))


def test_a_disappearance_that_was_not_believed_is_not_forgotten() -> None:
    """A start in the midst of it still knows that all of them were there: otherwise it would make them anew."""
    gone = [replace(NAT_STEP, address=each, blocked=Verdict("mass-disappearance", "…")) for each in NODES]
    assert NODES == seen_before(stored(report(plan(*gone))), NODES)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param({"metadata": {"generation": 3}}, id="no status"),
        pytest.param({"metadata": {"generation": 3}, "status": {}}, id="an empty status"),
        pytest.param(stored(SEEN, generation=4), id="another document"),
        pytest.param(stored(report(trouble=IN_DENIAL)), id="never a pass"),
        pytest.param(
            stored(report(plan(*[replace(NAT_STEP, address=Address("Vpc", str(n))) for n in range(99)]))), id="cut"
        ),
    ],
)
def test_nothing_is_known_where_that_is_not_certain(found: Object) -> None:
    """Rather nothing than something wrong: what was never there cannot disappear."""
    assert [] == seen_before(found, NODES)


@pytest.mark.parametrize(
    "later",
    [
        report(trouble=PASSING, generation=4),
        report(doing=Doing.PAUSED, generation=4),
        report(trouble=IN_DENIAL, generation=4),
    ],
)
def test_a_document_that_no_pass_was_made_over_has_no_seen_nodes(later: Report) -> None:
    """It was changed while it was paused, or AWS away: its new nodes were not there, and are not gone."""
    more = [*NODES, *(Address("Vpc", f"new{number}") for number in range(MASS_LEAST))]
    assert [] == seen_before(stored(SEEN, later, generation=4), more)


def test_since_when_nodes_differ_is_known_after_a_restart() -> None:
    """Those that differ; not those of which nobody knows, or that are on their way."""
    found = stored(report(plan(GROUP_STEP, NAT_STEP, UNKNOWN_STEP, PENDING_STEP, ORPHAN_STEP, BUCKET_STEP)))
    expected = ["SecurityGroup/db", "NatGateway/a", "Subnet/old", "Bucket/images"]
    assert dict.fromkeys(map(Address.parse, expected), NOW.timestamp()) == differing_since(found)
    assert {} == differing_since({"metadata": {}})


# --- a real API server ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(serving: Cluster) -> str:
    """The Stacks of a namespace."""
    return collection(serving.namespace("statuses"))


def put(serving: Cluster, home: str, name: str) -> str:
    """A new Stack; the path of its status."""
    spec = {"region": "eu-west-1", "resources": {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}}}
    made = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": name}, "spec": spec}
    serving.put("POST", home, made)
    return f"{home}/{name}/status"


def test_a_real_api_server_takes_every_status(serving: Cluster, home: str) -> None:
    """One after the other, as the operator writes them; no field is unknown, none is dropped or another after."""
    path = put(serving, home, "every")
    every: Mapping[str, Report] = {name: found for name, (found, _) in TABLE.items()}
    expected: Object = {}
    for number, (name, found) in enumerate(
        {**every, "everything": report(EVERYTHING, again=2.5, reconciled="x")}.items()
    ):
        change = status_of(expected, replace(found, now=NOW + timedelta(minutes=number)))
        expected = merged(expected, change)
        stored = serving.put("PATCH", f"{path}?fieldValidation=Strict", {"status": change})["status"]
        assert expected == stored, name


def test_a_real_api_server_takes_the_largest(serving: Cluster, home: str) -> None:
    """Ten thousand nodes with the longest texts there are."""
    path = put(serving, home, "largest")
    letters = random.Random(1)
    text = "".join(chr(letters.randrange(0x10000, 0x10FFFF)) for _ in range(2000))
    changes = tuple(Change(f"{number}{text}", "change", "a", "b") for number in range(20))
    steps = [replace(blocked("refused", f"Vpc/v{n}", text), changes=changes, note=text) for n in range(10_000)]
    change = status_of({}, report(plan(*steps), trouble=StackFailure("PassFailed", text)))
    stored = serving.put("PATCH", f"{path}?fieldValidation=Strict", {"status": change})["status"]
    assert change["notInSync"] == stored["notInSync"]
    listed = serving.kubectl("get", "stacks", "largest", "--namespace", home.split("/")[5])
    assert "10000" in listed
