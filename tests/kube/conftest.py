"""One API server for each run of the tests on it, and a namespace and an account of its own for each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.kit import ROOT, Account, until
from tests.kube.cluster import TOLD_HOW, Cluster, asset
from tests.kube.operating import Place

CRD = ROOT / "crds" / "stacks.holdfast.dev.yaml"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running API server. Without the programs the test is skipped, but not in CI, which has them."""
    if not asset("kube-apiserver") and not os.environ.get("CI"):
        pytest.skip(TOLD_HOW)
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        yield made
    finally:
        made.close()


def serve_stacks(cluster: Cluster, definition: Path = CRD) -> None:
    """Install the CRD, or upgrade it, and wait until it is served."""
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(definition))

    def served() -> bool:
        return cluster.ask("GET", "/apis/holdfast.dev/v1alpha1/stacks")[0] == 200

    until(served, lambda: "the CRD is served")


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
