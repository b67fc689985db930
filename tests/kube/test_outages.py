"""What the operator does when the cluster fails under it: nothing twice, nothing by two, and on it goes."""

import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from controller.aws.catalog import catalog
from controller.engine.apply import IN_FLIGHT
from emulators.ec2.store import Members
from tests.cli.kit import DEADLINE, Account, Running, fetch, operations, things, until, writes
from tests.kube.cluster import Cluster, OwnCluster
from tests.kube.conftest import serve_stacks
from tests.kube.operating import NETWORK, VPC, Object, Place, many_vpcs

OUTAGE_SECONDS = 8.0


@dataclass
class ShakyPlace(Place):
    """A place whose API server can be killed."""

    cluster: OwnCluster


@pytest.fixture
def shaky(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[ShakyPlace]:
    """A namespace and an account on an API server of its own, which a test may kill."""
    own = OwnCluster(tmp_path_factory.mktemp("shaky"))
    try:
        serve_stacks(own)
        with Account() as ec2:
            yield ShakyPlace(own, ec2)
    finally:
        own.close()


class Turnstile:
    """Lets so many calls of an operation through, and holds all others until it is opened."""

    def __init__(self, place: Place, operation: str, through: int) -> None:
        self._operation, self._left = operation, threading.Semaphore(through)
        self._open = threading.Event()
        self.waiting = 0
        place.ec2.before_reply = self._pass

    def _pass(self, asked: str, parameters: Members, moment: str) -> None:
        if asked != self._operation or moment != "before" or self._left.acquire(blocking=False):
            return
        self.waiting += 1
        assert self._open.wait(60)

    def open(self) -> None:
        """Let all through from now on."""
        self._open.set()


# --- the API server ---


def test_an_api_server_that_is_away_for_a_while_leads_to_no_write_twice(shaky: ShakyPlace) -> None:
    """Killed in the middle of passes and back after 8 s: alive all the while, then all is made, once."""
    gate = Turnstile(shaky, "CreateVpc", 3)
    shaky.apply("web", many_vpcs(8))
    shaky.apply("net", {"Vpc": {"main": {"cidrBlock": "10.99.0.0/16"}}, "Subnet": _subnet("10.99.0.0/24")})
    with shaky.operator("--lease-duration", "15s") as operator:
        until(lambda: gate.waiting, lambda: operator.said)
        shaky.cluster.kill()
        timer = threading.Timer(OUTAGE_SECONDS, shaky.cluster.start)
        timer.start()
        gate.open()
        until(lambda: operator.logged("watch interrupted"), lambda: operator.said)
        assert 200 == fetch(f"{operator.address()}/healthz")[0], "no reason to start anew"
        timer.join()
        shaky.ready("web", "net")
        assert {"vpc": 9, "subnet": 1} == things(shaky.ec2)
        assert 9 == operations(shaky.ec2).count("CreateVpc")
        shaky.apply("web", many_vpcs(9))
        shaky.ready("web")
        assert 10 == operations(shaky.ec2).count("CreateVpc"), "edits are seen again"


def _subnet(block: str) -> Object:
    return {"a": {"vpc": "main", "cidrBlock": block, "availabilityZone": "us-east-1a"}}


def test_an_api_server_that_stays_away_ends_all_writing(shaky: ShakyPlace) -> None:
    """Who cannot renew its lease is not the leader any more: no request to AWS until the API server is back."""
    shaky.apply("web", many_vpcs(2))
    with shaky.operator(interval="0.2s") as operator:
        shaky.ready()
        shaky.cluster.send(signal.SIGSTOP)
        try:
            until(lambda: operator.logged("not leading any more, all work ends"), lambda: operator.said)
            vpc = next(each for each in shaky.ec2.world.things["vpc"].values() if each.get("Tags"))
            shaky.ec2.world.perform("DeleteVpc", {"VpcId": vpc.id})
            before = len(shaky.ec2.calls)
            until(lambda: len(operator.logged("lease not reached")) > 1, lambda: operator.said)
            assert before == len(shaky.ec2.calls)
        finally:
            shaky.cluster.send(signal.SIGCONT)
        until(lambda: operations(shaky.ec2) == ["CreateVpc"] * 3, lambda: operator.said)
        shaky.ready()


def test_what_happened_while_the_watch_was_cut_is_seen(shaky: ShakyPlace) -> None:
    """Made, changed and deleted while the operator saw nothing, and the version it knew is too old: all is seen."""
    shaky.apply("kept", VPC)
    shaky.apply("gone", {"Vpc": {"main": {"cidrBlock": "10.1.0.0/16"}}}, deletionPolicy="Delete")
    with shaky.operator() as operator:
        shaky.ready("kept", "gone")
        operator.send(signal.SIGSTOP)
        shaky.cluster.kill()
        shaky.cluster.start()  # a new server remembers no old versions: 410 Gone
        shaky.apply("kept", NETWORK)
        shaky.apply("new", {"Vpc": {"main": {"cidrBlock": "10.2.0.0/16"}}})
        shaky.delete("gone")
        operator.send(signal.SIGCONT)
        shaky.ready("kept", "new")
        shaky.gone("gone")
        assert {"vpc": 2, "subnet": 3} == things(shaky.ec2)


# --- two operators ---


def test_a_frozen_leader_never_writes_beside_the_next(place: Place) -> None:
    """Frozen in the middle of a pass for longer than its lease, the other takes over; woken, the first is silent.

    Counted by the recorded calls: each operator signs with a key of its own.
    """
    gate = Turnstile(place, "CreateVpc", 4)
    place.apply("web", many_vpcs(40))
    with place.operator(AWS_ACCESS_KEY_ID="first") as first:
        place.leads(first)
        with place.operator(AWS_ACCESS_KEY_ID="second") as second:
            until(lambda: gate.waiting == IN_FLIGHT, lambda: first.said)
            first.send(signal.SIGSTOP)
            sent = _by(place.ec2, "first")
            gate.open()  # AWS ends what it was asked for, long before a lease runs out
            place.leads(second)
            # It remembers nothing: VPCs that the first may just have made are waited for before others are made.
            place.becomes("Ready", "True", seconds=catalog()["Vpc"].delays.listed + DEADLINE)
            assert _by(place.ec2, "first") == sent
            done = len(writes(place.ec2))
            first.send(signal.SIGCONT)
            until(lambda: first.logged("not leading any more, all work ends"), lambda: first.said)
            passes = place.ec2.counts["DescribeVpcs"]
            until(lambda: place.ec2.counts["DescribeVpcs"] > passes + 2, lambda: "the second goes on")
            assert _by(place.ec2, "first") == sent, "woken, it sends nothing more"
            assert (done, 40) == (len(writes(place.ec2)), things(place.ec2)["vpc"])
            assert 200 == fetch(f"{first.address()}/healthz")[0]


def _by(ec2: Account, key: str) -> int:
    """How many requests were signed with a key."""
    return sum(call.by == key for call in list(ec2.calls))


def test_a_standby_sends_nothing_and_takes_over_at_once_when_the_leader_stops(place: Place) -> None:
    """The leader lets its lease go when it is asked to stop; until then the other is quiet, but ready."""
    place.apply()
    with place.operator(AWS_ACCESS_KEY_ID="first") as first:
        place.leads(first)
        with place.operator(AWS_ACCESS_KEY_ID="second") as second:
            place.ready()
            until(lambda: fetch(f"{second.address()}/readyz")[0] == 200, lambda: second.said)
            assert 0 == _by(place.ec2, "second")
            assert "holdfast_node_drifted{" not in fetch(f"{second.address()}/metrics")[1]
            code, _ = first.stop()
            assert 0 == code
            place.leads(second)
            until(lambda: _by(place.ec2, "second") > 2, lambda: second.said)
            assert ["CreateVpc"] == operations(place.ec2)


def test_drift_keeps_its_age_when_the_leader_changes(place: Place) -> None:
    """Since when a node has differed is in the status: the next leader's alert does not begin anew."""
    place.apply(mode="Observe")
    with place.operator() as first:
        place.becomes("Drifted", "True")
        since = place.status()["notInSync"][0]["since"]
        first.stop()
    with place.operator() as second:
        place.leads(second)
        passed = place.status()["lastPass"]["time"]
        until(lambda: place.status()["lastPass"]["time"] > passed, lambda: second.said)
        assert since == place.status()["notInSync"][0]["since"]


def test_a_restart_does_not_forget_what_was_there(place: Place) -> None:
    """All of a stack gone at once, and the operator new, twice: it asks before it makes everything anew."""
    place.apply("web", many_vpcs(8))
    with place.operator() as first:
        place.ready()
        first.stop()
    for vpc in [each.id for each in place.ec2.world.things["vpc"].values() if each.get("Tags")]:
        place.ec2.world.perform("DeleteVpc", {"VpcId": vpc})
    with place.operator() as second:
        place.becomes("Stalled", "True", "Blocked")
        second.stop()
    place.annotate("web", reconcile="seen by the third")
    with place.operator():
        until(lambda: place.status().get("lastHandledReconcile"), lambda: str(place.status()))
        stalled = place.becomes("Stalled", "True", "Blocked")
        assert "8 of 8 nodes disappeared at once" in stalled["message"]
        assert 8 == operations(place.ec2).count("CreateVpc")
        place.annotate("web", accept_disappearance="true")
        place.ready()
        assert 16 == operations(place.ec2).count("CreateVpc")


def test_what_was_there_is_remembered_though_the_status_does_not_tell_it(place: Place) -> None:
    """A stack of one node, edited while no operator ran, and its node is gone: it is not made anew unasked."""
    place.apply()
    with place.operator() as first:
        place.ready()
        first.stop()
    (vpc,) = [each.id for each in place.ec2.world.things["vpc"].values() if each.get("Tags")]
    assert vpc in place.memory()["content"]
    place.ec2.world.perform("DeleteVpc", {"VpcId": vpc})
    place.apply(tags={"edited": "meanwhile"})
    with place.operator():
        place.becomes("Stalled", "True", "Blocked")
        assert ["CreateVpc"] == operations(place.ec2)
        place.annotate("web", accept_disappearance="true")
        place.ready()
        assert ["CreateVpc"] * 2 == operations(place.ec2)


def test_a_pass_in_sync_writes_no_memory(place: Place) -> None:
    """It has nothing to say that is not there; the object is of the Stack, and goes with it."""
    place.apply("web", NETWORK)
    with place.operator(interval="0.2s"):
        place.ready()

        def passes(count: int) -> None:
            wanted = place.ec2.counts["DescribeVpcs"] + count
            until(lambda: place.ec2.counts["DescribeVpcs"] > wanted, lambda: "passes go on")

        passes(2)
        before = place.memory()["metadata"]
        passes(4)
        assert before["resourceVersion"] == place.memory()["metadata"]["resourceVersion"]
        (owner,) = before["ownerReferences"]
        assert (place.stack("web") or {})["metadata"]["uid"] == owner["uid"]


# --- in the middle of a pass ---


def test_a_stack_that_is_deleted_in_the_middle_of_its_pass_begins_nothing_more(place: Place) -> None:
    """With Retain the pass ends with the calls in flight: what was made stays, nothing more is begun."""
    gate = Turnstile(place, "CreateVpc", 0)
    place.apply("web", NETWORK)
    with place.operator() as operator:
        until(lambda: gate.waiting, lambda: operator.said)
        place.delete("web")
        place.gone()
        until(lambda: operator.logged("stack removed"), lambda: operator.said)
        gate.open()
        until(lambda: operator.logged("stack gone, it is not looked after any more"), lambda: operator.said)
        assert ["CreateVpc"] == operations(place.ec2)


def test_a_stack_that_is_deleted_in_the_middle_of_its_pass_is_deleted_whole(place: Place) -> None:
    """With Delete: what the pass had just made is deleted too, and the object waits for it."""
    gate = Turnstile(place, "CreateVpc", 0)
    place.apply("web", NETWORK, deletionPolicy="Delete")
    with place.operator() as operator:
        until(lambda: gate.waiting, lambda: operator.said)
        place.delete("web")
        until(lambda: len(operator.logged("stack changed")) > 1, lambda: operator.said)
        gate.open()
        place.gone()
        assert {} == things(place.ec2)
        assert ["CreateVpc", "DeleteVpc"] == operations(place.ec2)


def test_others_may_write_to_the_object_at_the_same_time(place: Place) -> None:
    """Somebody changes the object over and over, and its finalizers: status and finalizers end up right."""
    place.apply("web", NETWORK, deletionPolicy="Delete")
    done = threading.Event()

    def disturb() -> None:
        number = 0
        while not done.is_set():
            number += 1
            place.cluster.ask("PATCH", place.path("web"), {"metadata": {"labels": {"turn": str(number)}}})

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        with place.operator():
            place.ready()
            finalizers = (place.stack("web") or {})["metadata"]["finalizers"]
            place.put("PATCH", place.path("web"), {"metadata": {"finalizers": [*finalizers, "example.com/other"]}})
            place.delete("web")
            until(lambda: (place.stack("web") or {})["metadata"]["finalizers"] == ["example.com/other"], str)
            assert {} == things(place.ec2)
    finally:
        done.set()
        disturber.join()
    place.put("PATCH", place.path("web"), {"metadata": {"finalizers": []}})
    place.gone()


# --- stopping ---


def test_asked_to_stop_it_ends_the_calls_in_flight_and_begins_no_other(place: Place) -> None:
    """SIGTERM in the middle of a pass: exit code 0, the call in flight has its answer, the rest is not begun."""
    gate = Turnstile(place, "CreateVpc", 0)
    place.apply("web", NETWORK)
    with place.operator() as operator:
        until(lambda: gate.waiting, lambda: operator.said)
        operator.send(signal.SIGTERM)
        until(lambda: operator.logged("stopping"), lambda: operator.said)
        gate.open()
        assert 0 == operator.wait()
        assert ["CreateVpc"] == operations(place.ec2)
        assert "" == _holder(place)


def _holder(place: Place) -> str:
    lease = place.cluster.get(f"/apis/coordination.k8s.io/v1/namespaces/{place.namespace}/leases/holdfast")
    return str(lease["spec"]["holderIdentity"])


def test_without_a_cluster_it_says_so(tmp_path: object) -> None:
    """Neither a pod nor a kubeconfig: one sentence, exit code 1."""
    with Running("operator", KUBECONFIG=f"{tmp_path}/none") as operator:
        assert 1 == operator.wait()
        assert operator.said.startswith("no cluster found: this is not a pod, and the kubeconfig cannot be used")
        assert "Traceback" not in operator.said
