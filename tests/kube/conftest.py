"""One API server for each run of the tests on it, and a namespace of its own for each test."""

import os
from collections.abc import Iterator

import pytest

from tests.kube.cluster import TOLD_HOW, Cluster, asset


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
