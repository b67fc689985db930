"""Helm and the schemas of the API server for the tests of the chart."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chart.openapi import strict, write_schema, write_schemas
from tests.chart.rendering import Helm, Object, load
from tests.kube.cluster import TOLD_HOW, Cluster, OwnCluster, asset

MONITORING = Path(__file__).parent / "schemas" / "monitoring.yaml"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An API server of its own, for what is installed there is one for all. Skipped as the tests of helm are."""
    if not asset("kube-apiserver") and not os.environ.get("CI"):
        pytest.skip(TOLD_HOW)
    made = OwnCluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm. Without it the test is skipped, but not in CI, which has it."""
    program = asset("helm")
    if not program and not os.environ.get("CI"):
        pytest.skip(TOLD_HOW)
    assert program, TOLD_HOW
    return Helm(program, tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def objects(helm: Helm) -> list[Object]:
    """What the chart renders with its default values; not to be changed."""
    return helm.objects()


@pytest.fixture(scope="session")
def schemas(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the schema of each kind that the chart may render."""
    folder = tmp_path_factory.mktemp("schemas")
    write_schemas(cluster.get("/openapi/v2"), folder)
    for kind, schema in load(MONITORING).items():
        write_schema(folder, {"group": "monitoring.coreos.com", "version": "v1", "kind": kind}, strict(schema))
    return folder
