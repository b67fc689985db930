"""Which cluster this is: the same answer as long as it lives, and none where it is not certain."""

from typing import Any

import pytest

from controller.core.model.cloud import HoldfastError
from controller.kube.api import ApiUnreachable
from controller.kube.identity import ClusterUnknown, cluster_of
from tests.kube.cluster import Cluster
from tests.kube.fakes import Away, FakeServer, Refusing

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"
UID = "0f3a9c21-5b7e-4d1a-9c33-8a1f2e3d4c5b"


def cluster(uid: Any = UID) -> FakeServer:
    """An API server whose oldest namespace has this uid."""
    server = FakeServer()
    server.objects[KUBE_SYSTEM] = {"metadata": {"name": "kube-system", "uid": uid}}
    return server


def test_the_name_is_the_beginning_of_a_uid_that_lasts_as_long_as_the_cluster() -> None:
    """Short enough for a tag, and no other namespace is asked for."""
    server = cluster()
    assert ["0f3a9c21"] * 2 == [cluster_of(server), cluster_of(server)]
    assert {("GET", KUBE_SYSTEM)} == {(each.method, each.path) for each in server.asked}


@pytest.mark.parametrize("uid", [None, "", "0f3a9c21", "uid-7", 7, UID.upper(), f"{UID}\n"])
def test_what_is_no_uid_is_no_name(uid: Any) -> None:
    """Some proxy's answer marks nothing."""
    with pytest.raises(ClusterUnknown, match="has no valid uid"):
        cluster_of(cluster(uid))


def test_an_answer_without_metadata_is_no_name() -> None:
    """Nor is one that has nothing at all."""
    server = cluster()
    server.objects[KUBE_SYSTEM] = {}
    with pytest.raises(ClusterUnknown):
        cluster_of(server)


def test_whoever_may_not_read_it_is_told_the_way_out() -> None:
    """The option of the command, and the value of the chart."""
    server = cluster()
    server.faults.append(Refusing(403, "Forbidden"))
    with pytest.raises(ClusterUnknown, match=r"403 Forbidden.*--cluster \(chart value operator\.cluster\)"):
        cluster_of(server)


def test_silence_is_told_as_such() -> None:
    """It passes, and nobody has to name the cluster for that."""
    server = cluster()
    server.faults.append(Away())
    with pytest.raises(ApiUnreachable) as caught:
        cluster_of(server)
    assert isinstance(caught.value, HoldfastError)


def test_a_real_cluster_has_a_name(serving: Cluster) -> None:
    """What a real API server gives its namespaces is taken."""
    uid = serving.get(KUBE_SYSTEM)["metadata"]["uid"]

    class Real:
        ask = staticmethod(lambda method, path: serving.ask(method, path)[1])

    assert uid[:8] == cluster_of(Real())  # type: ignore[arg-type] # only asked, never watched
