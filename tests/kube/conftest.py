"""One API server for all the tests on it, and a namespace and an account of its own for each of them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.kit import ROOT, Account, until
from tests.kube.cluster import TOLD_HOW, Cluster, asset
from tests.kube.operating import Place
from tests.kube.sharing import shared

CRDS = ROOT / "crds"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running API server. Without the programs the test is skipped, but not in CI, which has them."""
    if not asset("kube-apiserver") and not os.environ.get("CI"):
        pytest.skip(TOLD_HOW)
    base = tmp_path_factory.getbasetemp()
    of_all_workers = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with shared(of_all_workers / "cluster", tmp_path_factory.mktemp("cluster")) as found:
        yield found


def serve_stacks(cluster: Cluster, definitions: Path = CRDS) -> None:
    """Install the CRDs, or upgrade them, and wait until they are served."""
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(definitions))

    def served() -> bool:
        paths = [f"/apis/holdfast.dev/v1alpha1/{plural}" for plural in ("stacks", "stackmemories")]
        return all(cluster.ask("GET", path)[0] == 200 for path in paths)

    until(served, lambda: "the CRDs are served")


@pytest.fixture(scope="session")
def serving(cluster: Cluster) -> Cluster:
    """The API server with the CRD."""
    serve_stacks(cluster)
    return cluster


@pytest.fixture
def place(serving: Cluster) -> Iterator[Place]:
    """A namespace and an empty account."""
    with Account() as ec2:
        yield Place(serving, ec2)
