"""Releases of the chart on a real API server, and the one object that they all share."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chart.rendering import CHART, Object, Values
from tests.cli.kit import until
from tests.kube.cluster import Cluster

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
STACK_CRD, MEMORY_CRD = (f"{CRDS}/{plural}.holdfast.dev" for plural in ("stacks", "stackmemories"))
GROUP = "/apis/holdfast.dev/v1alpha1"
STACK: Object = {
    "apiVersion": "holdfast.dev/v1alpha1",
    "kind": "Stack",
    "metadata": {"name": "small"},
    "spec": {"region": "us-east-1", "resources": {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}}},
}


class Releases:
    """What is installed where, by helm itself."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def install(self, name: str, namespace: str, values: Values | None = None, *words: str) -> str:
        """A new release. No pod ever starts there, so nothing is waited for."""
        return self._helm("install", name, str(CHART), f"--namespace={namespace}", *words, values=values or {})

    def refused(self, name: str, namespace: str, values: Values | None = None) -> str:
        """What helm says where it does not install."""
        words = ("install", name, str(CHART), f"--namespace={namespace}")
        said = self._helm(*words, values=values or {}, check=False)
        assert "Error: " in said, said
        return said

    def upgrade(self, name: str, namespace: str, chart: Path, *words: str) -> str:
        """The release with another version of the chart."""
        return self._helm("upgrade", name, str(chart), f"--namespace={namespace}", *words)

    def uninstall(self, name: str, namespace: str) -> str:
        """The release taken away."""
        return self._helm("uninstall", name, f"--namespace={namespace}")

    def _helm(self, *words: str, values: Values | None = None, check: bool = True) -> str:
        given = [f"--kubeconfig={self.cluster.kubeconfig()}", *(["--values=-"] if values is not None else [])]
        return self.cluster.run("helm", [*words, *given], json.dumps(values), check)


def create_stack(cluster: Cluster, namespace: str) -> Any:
    """A Stack; what it says of AWS is of no matter, nobody works on it."""
    path = f"{GROUP}/namespaces/{namespace}/stacks"
    return until(lambda: _created(cluster, path), lambda: f"{path} is served: {cluster.ask('GET', path)}")


def _created(cluster: Cluster, path: str) -> Any:
    status, found = cluster.ask("POST", path, STACK)
    assert status in (201, 404), found  # 404: a new CRD is not served yet
    return found if status == 201 else None


@contextmanager
def without_crds(cluster: Cluster) -> Iterator[None]:
    """Nobody else's CRDs, and afterwards none of ours: what was there before is there again."""
    before = [
        found for status, found in (cluster.ask("GET", each) for each in (STACK_CRD, MEMORY_CRD)) if status == 200
    ]
    _remove_crds(cluster)
    try:
        yield
    finally:
        _remove_crds(cluster)
        for each in before:
            cluster.put("POST", CRDS, {**each, "metadata": {"name": each["metadata"]["name"]}, "status": {}})
            _wait(cluster, f"{GROUP}/{each['spec']['names']['plural']}", 200)


def _remove_crds(cluster: Cluster) -> None:
    _, stacks = cluster.ask("GET", f"{GROUP}/stacks")
    for each in stacks.get("items", ()) if isinstance(stacks, dict) else ():
        path = f"{GROUP}/namespaces/{each['metadata']['namespace']}/stacks/{each['metadata']['name']}"
        cluster.ask("PATCH", path, {"metadata": {"finalizers": None}})
    for crd in (STACK_CRD, MEMORY_CRD):
        cluster.ask("DELETE", crd)
        _wait(cluster, crd, 404)


def _wait(cluster: Cluster, path: str, status: int) -> None:
    """Until the API server answers with this status."""
    until(lambda: cluster.ask("GET", path)[0] == status, lambda: f"{path} answers with {status}")
