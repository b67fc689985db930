"""The copy of a collection of a real API server, through a network with bad days."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from controller.kube import reflector as module
from controller.kube.api import Api, ApiRefused, ApiUnreachable, connect
from controller.kube.reflector import Reflector
from controller.kube.stacks import collection
from tests.cli.kit import until
from tests.kube.cluster import Cluster
from tests.kube.fakes import Told
from tests.kube.proxy import Proxy

# --- a real API server ---


@dataclass
class Watching:
    """A reflector at work on a real API server, behind a proxy."""

    cluster: Cluster
    proxy: Proxy
    home: str
    told: Told
    reflector: Reflector

    @property
    def names(self) -> set[str]:
        """The objects in the copy."""
        return {key.partition("/")[2] for key in self.reflector.objects}

    def put(self, name: str) -> None:
        """Somebody makes an object, past the proxy."""
        made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
        self.cluster.put("POST", f"/api/v1/namespaces/{self.home}/configmaps", made)

    def remove(self, name: str) -> None:
        """Somebody deletes an object, past the proxy."""
        self.cluster.put("DELETE", f"/api/v1/namespaces/{self.home}/configmaps/{name}", None)

    def shows(self, *names: str) -> None:
        """Wait until the copy has these, and no others."""
        until(lambda: set(names) == self.names, lambda: f"{names} are {self.names}: {self.told.events}")


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[Proxy]:
    proxy = Proxy(cluster.port)
    yield proxy
    proxy.close()


@pytest.fixture
def api(cluster: Cluster, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The real API server, through the proxy."""
    config = yaml.safe_load(cluster.kubeconfig().read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{proxy.port}"
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    return connect()[0]


@pytest.fixture
def watching(
    cluster: Cluster, proxy: Proxy, api: Api, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Watching]:
    monkeypatch.setattr(module, "GRACE_SECONDS", 1.0)
    monkeypatch.setattr(module, "PAGE", 2)
    home = cluster.namespace(f"watched-{abs(hash(request.node.name)) % 10**8}")
    told = Told()
    reflector = Reflector(api, f"/api/v1/namespaces/{home}/configmaps", told, watch_seconds=2.0)
    watching, stop = Watching(cluster, proxy, home, told, reflector), threading.Event()
    for name in ("a", "b", "c"):
        watching.put(name)
    thread = threading.Thread(target=reflector.run, args=(stop,))
    thread.start()
    assert reflector.listed.wait(30)
    yield watching
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def test_a_real_watch_tells_what_happens(watching: Watching) -> None:
    """Through several watches, each of which the server ends after its time; each thing once."""
    watching.shows("a", "b", "c")
    for turn in range(3):
        watching.put(f"new-{turn}")
        watching.shows("a", "b", "c", f"new-{turn}")
        watching.remove(f"new-{turn}")
        watching.shows("a", "b", "c")
    told = [event[0] + event.partition("/")[2] for event in watching.told.events]
    assert ["+a", "+b", "+c", *(f"{sign}new-{turn}" for turn in range(3) for sign in "+-")] == told


def test_a_watch_that_goes_silent_is_noticed(watching: Watching) -> None:
    """Nobody closed it, nothing comes any more: before long there is a new one, and nothing was lost."""
    watching.shows("a", "b", "c")
    watching.proxy.silence()
    watching.put("d")
    watching.remove("a")
    watching.shows("b", "c", "d")
    told = [event[0] + event.partition("/")[2] for event in watching.told.events]
    assert sorted(["+a", "+b", "+c", "+d", "-a"]) == sorted(told)


def test_a_watch_that_is_cut_is_begun_anew(watching: Watching) -> None:
    """Again and again, as by a network with bad days."""
    for turn in range(3):
        watching.proxy.cut()
        watching.put(f"n{turn}")
    watching.shows("a", "b", "c", "n0", "n1", "n2")


def test_a_real_410(serving: Cluster, api: Api) -> None:
    """A version that is too old is understood as that, in the words of a real API server: all is listed anew."""
    home, told = serving.namespace("too-old"), Told()
    spec = {"region": "eu-west-1", "resources": {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}}}
    stack = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "web"}, "spec": spec}
    serving.put("POST", collection(home), stack)
    gone = {"metadata": {"namespace": home, "name": "gone", "uid": "u", "resourceVersion": "1"}}
    reflector = Reflector(api, collection(home), told, 1.0, {f"{home}/gone": gone}, version="1")
    with pytest.raises(ApiRefused) as refused:
        reflector.watch()
    assert refused.value.expired
    stop = threading.Event()
    thread = threading.Thread(target=reflector.run, args=(stop,))
    thread.start()
    assert reflector.listed.wait(30)
    stop.set()
    thread.join(30)
    assert [f"-{home}/gone", f"+{home}/web"] == told.events


def test_the_proxy_can_go_silent(cluster: Cluster, api: Api, proxy: Proxy) -> None:
    """What the tests above stand on: the connection stays, and nothing comes."""
    assert api.ask("GET", "/version")["major"]
    proxy.silence()
    with pytest.raises(ApiUnreachable, match="timed out"):
        api.ask("GET", "/version", seconds=0.5)
    assert api.ask("GET", "/version")["major"]
