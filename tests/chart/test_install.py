"""The chart on a real API server: accepted, upgraded with its CRD, taken away without the Stacks."""

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.conftest import MONITORING
from tests.chart.releases import CRDS, GROUP, STACK_CRD, Releases, create_stack, without_crds
from tests.chart.rendering import CASES, CHART, CRD, Object, load
from tests.chart.test_values import values_of
from tests.cli.kit import until
from tests.kube.cluster import Cluster

HOME = "chart-home"
STACKS = f"{GROUP}/namespaces/{HOME}/stacks"


@pytest.fixture(scope="module")
def releases(cluster: Cluster) -> Iterator[Releases]:
    """The chart installed as `holdfast` in the namespace HOME, where every test leaves it, with or without changes.

    The tests share it, because the API server takes seconds to learn a CRD of this size.
    """
    with without_crds(cluster):
        made = Releases(cluster)
        made.install("holdfast", cluster.namespace(HOME))
        yield made


@pytest.fixture
def monitoring(cluster: Cluster) -> Iterator[None]:
    """The kinds of the Prometheus operator."""
    made = [crd_of(kind, schema) for kind, schema in load(MONITORING).items()]
    for each in made:
        cluster.put("POST", CRDS, each)
    paths = [f"/apis/monitoring.coreos.com/v1/{each['spec']['names']['plural']}" for each in made]
    until(lambda: all(cluster.ask("GET", path)[0] == 200 for path in paths), lambda: f"{paths} are served")
    yield
    for each in made:
        cluster.ask("DELETE", f"{CRDS}/{each['metadata']['name']}")


def crd_of(kind: str, schema: Object) -> Object:
    """A CRD with this schema."""
    plural = f"{kind.lower()}s"
    names = {"kind": kind, "plural": plural, "singular": kind.lower()}
    structural: Any = yaml.safe_load(yaml.safe_dump(schema).replace("type:\n- string\n- integer", "type: string"))
    del structural["properties"]["apiVersion"], structural["properties"]["kind"], structural["properties"]["metadata"]
    structural["required"] = ["spec"]
    expression = {"x-kubernetes-int-or-string": True}
    if kind == "PrometheusRule":
        groups = structural["properties"]["spec"]["properties"]["groups"]["items"]["properties"]
        groups["rules"]["items"]["properties"]["expr"] = expression
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": structural}}
    spec = {"group": "monitoring.coreos.com", "scope": "Namespaced", "names": names, "versions": [version]}
    metadata = {
        "name": f"{plural}.monitoring.coreos.com",
        "annotations": {"api-approved.kubernetes.io": "unapproved, a stand-in of the tests"},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": spec,
    }


def changed_chart(folder: Path, name: str) -> Path:
    """A later version of the chart, whose CRD has a column of this name."""
    later = shutil.copytree(CHART, folder / "holdfast")
    crd = load(CRD)
    column = {"name": name, "type": "string", "jsonPath": ".status.account"}
    crd["spec"]["versions"][0].setdefault("additionalPrinterColumns", []).append(column)
    (later / "files" / CRD.name).write_text(yaml.safe_dump(crd))
    return later


def columns(cluster: Cluster) -> list[str]:
    """What `kubectl get stacks` shows."""
    versions = cluster.get(STACK_CRD)["spec"]["versions"]
    return [column["name"] for column in versions[0].get("additionalPrinterColumns", ())]


def test_the_pods_are_as_restricted_as_can_be(releases: Releases) -> None:
    """In a namespace with Pod Security's level "restricted" the API server lets the pods in, but not laxer ones."""
    cluster, namespace = releases.cluster, "chart-restricted"
    level = {"pod-security.kubernetes.io/enforce": "restricted"}
    cluster.put("POST", "/api/v1/namespaces", {"metadata": {"name": namespace, "labels": level}})
    assert "STATUS: deployed" in releases.install("holdfast", namespace, {"crds": {"install": False}})
    deployment = cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/holdfast")
    pod = deployment["spec"]["template"] | {"apiVersion": "v1", "kind": "Pod"}
    pod["metadata"]["name"] = "as-the-deployment-makes-it"
    cluster.put("POST", f"/api/v1/namespaces/{namespace}/pods", pod)
    lax = copy.deepcopy(pod)
    lax["metadata"]["name"] = "lax"
    del lax["spec"]["containers"][0]["securityContext"]
    status, refused = cluster.ask("POST", f"/api/v1/namespaces/{namespace}/pods", lax)
    assert (403, True) == (status, 'violates PodSecurity "restricted:latest"' in refused["message"])


@pytest.mark.usefixtures("monitoring")
def test_everything_together_is_accepted(releases: Releases) -> None:
    """All that can be switched on at once is installed, the Prometheus operator's kinds among it."""
    cluster = releases.cluster
    namespace, _, _ = [cluster.namespace(name) for name in ("chart-everything", "team-a", "team-b")]
    (everything,) = [path for path in CASES if path.stem == "operator"]
    values = values_of(everything) | {"prometheusRule": {"enabled": True}, "crds": {"install": False}}
    assert "STATUS: deployed" in releases.install("holdfast", namespace, values)
    for kind in ("servicemonitors", "prometheusrules"):
        found = cluster.get(f"/apis/monitoring.coreos.com/v1/namespaces/{namespace}/{kind}")["items"]
        assert ["keeper"] == [each["metadata"]["name"] for each in found]


def test_stacks_outlive_upgrades_and_the_release_itself(releases: Releases, tmp_path: Path) -> None:
    """`helm upgrade` upgrades the CRD in place, `helm uninstall` leaves it, and no Stack is touched by either."""
    cluster, stack, where = releases.cluster, create_stack(releases.cluster, HOME), f"{STACKS}/small"
    assert "Later" not in columns(cluster)

    releases.upgrade("holdfast", HOME, changed_chart(tmp_path, "Later"), "--force-conflicts")
    assert "Later" in columns(cluster)
    assert stack == cluster.get(where)

    releases.uninstall("holdfast", HOME)
    assert stack == cluster.get(where)
    assert [] == cluster.get(f"/apis/apps/v1/namespaces/{HOME}/deployments")["items"]
    roles = cluster.get("/apis/rbac.authorization.k8s.io/v1/clusterroles")["items"]
    assert [] == [role for role in roles if role["metadata"]["name"].startswith(f"{HOME}:")]

    assert "STATUS: deployed" in releases.install("holdfast", HOME)
    assert stack == cluster.get(where)


def test_one_installation_has_the_crd(releases: Releases) -> None:
    """A second one says so instead of taking the CRD away from the first, and stands beside it without."""
    cluster, second = releases.cluster, releases.cluster.namespace("chart-second")
    values = {"watchNamespaces": [second]}
    said = releases.refused("holdfast", second, values)
    assert "invalid ownership metadata" in said
    assert f'must equal "chart-second": current value is "{HOME}"' in said
    releases.install("holdfast", second, values | {"crds": {"install": False}})
    assert HOME == cluster.get(STACK_CRD)["metadata"]["annotations"]["meta.helm.sh/release-namespace"]


def test_a_crd_that_was_applied_by_hand_is_taken_over(releases: Releases, tmp_path: Path) -> None:
    """Who applied the CRD before there was a release goes on with the same one, and so with every Stack."""
    cluster = releases.cluster
    releases.uninstall("holdfast", HOME)
    cluster.put("PATCH", STACK_CRD, {"metadata": {"annotations": None, "labels": None}})
    cluster.kubectl("apply", "--server-side", "--force-conflicts", f"--filename={CRD}")
    before = cluster.get(STACK_CRD)["metadata"]
    assert "invalid ownership metadata" in releases.refused("holdfast", HOME)
    releases.install("holdfast", HOME, {}, "--take-ownership")
    releases.upgrade("holdfast", HOME, changed_chart(tmp_path, "Taken"), "--force-conflicts")
    after = cluster.get(STACK_CRD)["metadata"]
    assert (before["uid"], "keep") == (after["uid"], after["annotations"]["helm.sh/resource-policy"])
    assert "Taken" in columns(cluster)


def test_a_release_fits_where_helm_keeps_it(releases: Releases) -> None:
    """Helm keeps chart and manifest in a Secret, which may have 1 MiB; the CRD leaves more than half of that."""
    kept = releases.cluster.get(f"/api/v1/namespaces/{HOME}/secrets?labelSelector=owner=helm")["items"]
    assert kept
    assert [] == [each["metadata"]["name"] for each in kept if len(each["data"]["release"]) > 512 * 1024]
