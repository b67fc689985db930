"""The way to a real API server: what it says is understood, and where it is found."""

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes.config import incluster_config

from controller.kube import api as module
from controller.kube.api import Api, NoCluster, connect
from controller.kube.stacks import FINALIZER, collection, finalizing
from tests.kube.cluster import Cluster
from tests.kube.fakes import refused, unreachable

# --- a real API server ---


@pytest.fixture
def api(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The real one, as its administrator."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig()))
    return connect()[0]


@pytest.fixture
def home(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """The config maps of a namespace of one's own."""
    name = cluster.namespace(f"api-{abs(hash(request.node.name)) % 10**9}")
    return f"/api/v1/namespaces/{name}/configmaps"


def config_map(name: str, **content: str) -> dict[str, Any]:
    """Something to write."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": content}


def test_what_a_real_one_answers(api: Api, home: str) -> None:
    """Made, read, listed, replaced, changed in both ways of a patch, deleted."""
    made = api.ask("POST", home, config_map("a", x="1"))
    assert made["data"] == api.ask("GET", f"{home}/a")["data"] == {"x": "1"}
    replaced = api.ask("PUT", f"{home}/a", {**made, "data": {"x": "2", "y": "3"}})
    assert {"x": "2", "y": "3"} == replaced["data"]
    assert {"y": "4"} == api.ask("PATCH", f"{home}/a", {"data": {"x": None, "y": "4"}})["data"]
    patch = [{"op": "test", "path": "/data/y", "value": "4"}, {"op": "add", "path": "/data/z", "value": "5"}]
    assert {"y": "4", "z": "5"} == api.ask("PATCH", f"{home}/a", patch)["data"]
    dry = api.ask("PATCH", f"{home}/a", {"data": {"y": "9"}}, {"dryRun": "All"})
    assert "9" == dry["data"]["y"]
    api.ask("POST", home, config_map("b"))
    page = api.ask("GET", home, query={"limit": 1})
    assert ["a"] == [each["metadata"]["name"] for each in page["items"]]
    rest = api.ask("GET", home, query={"limit": 1, "continue": page["metadata"]["continue"]})
    assert ["b"] == [each["metadata"]["name"] for each in rest["items"]]
    assert "Status" == api.ask("DELETE", f"{home}/a")["kind"]


def test_what_a_real_one_refuses(api: Api, home: str) -> None:
    """Each no in the class that says what follows from it."""
    made = api.ask("POST", home, config_map("a", x="1"))
    api.ask("PATCH", f"{home}/a", {"data": {"x": "2"}})
    gone = refused(api, "GET", f"{home}/nothing")
    assert gone.gone
    assert str(gone).endswith('404 NotFound: configmaps "nothing" not found')
    assert refused(api, "POST", home, config_map("a")).conflict
    assert refused(api, "PUT", f"{home}/a", made).conflict
    old = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}}
    assert refused(api, "PATCH", f"{home}/a", old).conflict
    assert refused(api, "PATCH", f"{home}/a", {"metadata": {"uid": "another"}}).conflict
    assert refused(api, "PATCH", f"{home}/a", [{"op": "test", "path": "/data/x", "value": "1"}]).conflict
    invalid = refused(api, "POST", home, {**config_map("a"), "metadata": {"name": "A B"}})
    assert (422, "Invalid") == (invalid.status, invalid.reason)
    assert not invalid.conflict


def test_what_is_invalid_is_no_conflict(serving: Cluster, api: Api) -> None:
    """To write the same again would not help; that it is another object, or has other finalizers, is told apart."""
    home = collection(serving.namespace("invalid"))
    spec = {"region": "eu-west-1", "resources": {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}}}
    found = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "web"}, "spec": spec}
    found = api.ask("POST", home, found)
    status = refused(api, "PATCH", f"{home}/web/status", {"status": {"counts": {"nodes": -1}}})
    assert (422, False, ("status.counts.nodes",)) == (status.status, status.conflict, status.fields)
    assert not refused(api, "PATCH", f"{home}/web", {"spec": {"region": "us-east-1"}}).conflict
    assert api.ask("PATCH", f"{home}/web", finalizing(found, True))["metadata"]["finalizers"] == [FINALIZER]
    assert refused(api, "PATCH", f"{home}/web", finalizing(found, True)).conflict
    assert refused(api, "PATCH", f"{home}/web", {"metadata": {"uid": "another"}}).conflict
    another = [{"op": "test", "path": "/metadata/uid", "value": "another"}]
    assert refused(api, "PATCH", f"{home}/web/status", another).conflict
    api.ask("DELETE", f"{home}/web")
    assert refused(api, "PATCH", f"{home}/web", {"metadata": {"finalizers": [FINALIZER, "x.y/z"]}}).conflict
    api.ask("PATCH", f"{home}/web", {"metadata": {"finalizers": []}})
    assert refused(api, "PATCH", f"{home}/web", finalizing(found, True)).gone


@pytest.mark.parametrize("token", ["wrong", ""])
def test_a_token_that_is_none(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, home: str, token: str) -> None:
    """Denied, and not unreachable."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig(token)))
    assert refused(connect()[0], "GET", home).denied


def test_a_real_watch(cluster: Cluster, api: Api, home: str) -> None:
    """What happens is told as it happens, until the time of the watch is over."""
    since = api.ask("GET", home)["metadata"]["resourceVersion"]
    query = {"watch": True, "allowWatchBookmarks": True, "resourceVersion": since, "timeoutSeconds": 1}
    api.ask("POST", home, config_map("größer"[:2]))
    events = list(api.lines(home, query, 10.0))
    assert "ADDED" == events[0]["type"]
    assert {"ADDED", "BOOKMARK"} >= {event["type"] for event in events}


def test_many_at_once(api: Api, home: str) -> None:
    """From many threads; each gets its own answer."""
    found = dict[int, str]()

    def ask(number: int) -> None:
        api.ask("POST", home, config_map(f"n{number}", x=str(number)))
        found[number] = api.ask("GET", f"{home}/n{number}")["data"]["x"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: str(number) for number in range(20)} == found


class Pod:
    """What a pod finds: variables, and the files of its service account."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> None:
        self.token, self.namespace = folder / "token", folder / "namespace"
        monkeypatch.delenv("KUBECONFIG", raising=False)
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(cluster.port))
        monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(self.token))
        monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(cluster.authority))
        monkeypatch.setattr(module, "_OWN_NAMESPACE", self.namespace)


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> Pod:
    pod = Pod(tmp_path, monkeypatch, cluster)
    pod.namespace.write_text("operators\n")
    return pod


def test_a_pod_finds_its_own_cluster(pod: Pod, cluster: Cluster) -> None:
    """By its service account, whose namespace is meant where none is said."""
    pod.token.write_text("admin-of-the-tests")
    api, namespace = connect()
    assert "operators" == namespace
    assert "Namespace" == api.ask("GET", "/api/v1/namespaces/default")["kind"]


def test_a_token_that_was_renewed_is_used(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubernetes renews it in its file every hour or so; here it is old as soon as it is read."""
    read: Any = incluster_config.InClusterConfigLoader._read_token_file

    def read_as_old(loader: Any) -> None:
        read(loader)
        loader.token_expires_at -= timedelta(minutes=2)

    monkeypatch.setattr(incluster_config.InClusterConfigLoader, "_read_token_file", read_as_old)
    pod.token.write_text("old")
    api, _ = connect()
    assert refused(api, "GET", "/api/v1/namespaces/default").denied
    pod.token.write_text("admin-of-the-tests")
    assert api.ask("GET", "/api/v1/namespaces/default")


def test_a_token_that_went_away_is_no_end(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    """A volume that is being renewed is one failed request."""
    pod.token.write_text("admin-of-the-tests")
    api, _ = connect()
    pod.token.unlink()
    monkeypatch.setattr("kubernetes.config.incluster_config.datetime", Tomorrow)
    assert "token" in unreachable(api).reason


class Tomorrow:
    """The module `datetime`, a day later."""

    timedelta = timedelta

    class datetime:  # noqa: N801 - the library's name for it
        """Time goes by."""

        @staticmethod
        def now() -> datetime:
            """A day later."""
            return datetime.now() + timedelta(days=1)  # noqa: DTZ005 - as the library has it


def test_a_pod_without_a_service_account(pod: Pod) -> None:
    """The message says what to mount."""
    with pytest.raises(NoCluster, match="mount the token"):
        connect()
