"""What the chart renders, without a cluster: valid objects, safe pods, the alerts as they are written."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from controller.cli.arguments import parser
from tests.chart.openapi import LOCATION
from tests.chart.rendering import ALERTS, CASES, CHART, CRD, MEMORY_CRD, ROOT, Helm, Object, container, load, the
from tests.chart.test_values import values_of
from tests.kube.cluster import Cluster

RUNBOOKS = "https://holdfast.dev/runbooks"


def rules(objects: list[Object]) -> list[Object]:
    """The groups of the PrometheusRule."""
    groups = the(objects, "PrometheusRule")["spec"]["groups"]
    assert isinstance(groups, list)
    return groups


def test_lint_finds_nothing(helm: Helm) -> None:
    """`helm lint --strict` has nothing to say of the chart."""
    said = helm.run("lint", "--strict", CHART)
    assert "0 chart(s) failed" in said
    assert [] == [line for line in said.splitlines() if line.startswith(("[WARNING]", "[ERROR]"))]


def test_the_chart_is_of_this_version() -> None:
    """The chart installs the version of Holdfast that it stands beside."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == load(CHART / "Chart.yaml")["appVersion"]


def test_everything_is_valid_for_the_api_server(helm: Helm, schemas: Path, cluster: Cluster, tmp_path: Path) -> None:
    """With its defaults and with each value changed, no object has a field that the API server does not know."""
    (tmp_path / "defaults.yaml").write_text(helm.template())
    for path in CASES:
        (tmp_path / path.name).write_text(helm.template(values_of(path)))
    words = ["-strict", "-summary", "-schema-location", f"{schemas}/{LOCATION}", str(tmp_path)]
    said = cluster.run("kubeconform", words)
    assert "Invalid: 0, Errors: 0, Skipped: 0" in said


def test_the_validation_has_teeth(schemas: Path, cluster: Cluster, helm: Helm) -> None:
    """A field that there is not, and a value of the wrong type, are found by the same check."""
    text = helm.template({"crds": {"install": False}})
    words = ["-strict", "-schema-location", f"{schemas}/{LOCATION}", "-"]
    unknown = cluster.run("kubeconform", words, text.replace("unhealthyPodEvictionPolicy", "evictionPolicy"), False)
    assert "additional properties 'evictionPolicy' not allowed" in unknown
    mistyped = cluster.run("kubeconform", words, text.replace("replicas: 2", 'replicas: "2"'), False)
    assert "got string, want integer" in mistyped


def test_objects_say_where_they_belong(objects: list[Object]) -> None:
    """What is rendered can be applied by hand, or by Argo CD: whatever has a namespace names it."""
    without = {"CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"}
    for each in objects:
        assert ("namespace" in each["metadata"]) == (each["kind"] not in without), each["metadata"]["name"]
        assert each["metadata"]["labels"]["app.kubernetes.io/instance"] == "holdfast"


def test_the_selectors_find_the_pods_and_never_change(helm: Helm, objects: list[Object]) -> None:
    """Service, budget and policy mean the pods of this release, and labels of anybody else's do not break that."""
    wanted = {"app.kubernetes.io/name": "holdfast", "app.kubernetes.io/instance": "holdfast"}
    stolen = {"labels": wanted | {"app.kubernetes.io/name": "x"}, "podLabels": {"app.kubernetes.io/name": "y"}}
    for found in (objects, helm.objects(stolen)):
        pods = the(found, "Deployment")["spec"]
        assert wanted == pods["selector"]["matchLabels"]
        assert wanted.items() <= pods["template"]["metadata"]["labels"].items()
        assert wanted == the(found, "Service")["spec"]["selector"]
        assert wanted == the(found, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"]
        assert wanted == the(found, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"]


def test_a_roll_out_and_a_drain_leave_a_pod(objects: list[Object]) -> None:
    """At no moment of an upgrade or of a drained node is there nobody to watch."""
    deployment = the(objects, "Deployment")["spec"]
    assert 2 == deployment["replicas"]
    assert {"maxUnavailable": 0, "maxSurge": 1} == deployment["strategy"]["rollingUpdate"]
    assert 1 == the(objects, "PodDisruptionBudget")["spec"]["maxUnavailable"]


def test_the_pod_has_time_to_end(objects: list[Object]) -> None:
    """Calls in flight end within 9.5 seconds of SIGTERM; the pod is given at least twice that."""
    assert 2 * 9.5 <= the(objects, "Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]


def test_names_of_two_releases_do_not_collide(helm: Helm, objects: list[Object]) -> None:
    """Two installations of one name in two namespaces share no object that has no namespace, but the CRDs."""
    second = helm.run("template", "holdfast", CHART, "--namespace=other", "--set=crds.install=false")
    names = {each["metadata"]["name"] for each in objects if "namespace" not in each["metadata"]}
    others = [each for each in yaml.safe_load_all(second) if each and "namespace" not in each["metadata"]]
    assert others
    assert set() == names & {each["metadata"]["name"] for each in others}


@pytest.mark.parametrize("path", [CRD, MEMORY_CRD], ids=lambda path: path.stem)
def test_the_crds_are_those_that_are_generated(objects: list[Object], path: Path) -> None:
    """The chart adds labels and the annotation that keeps them, and changes nothing else."""
    found, wanted = the(objects, f"CustomResourceDefinition/{path.stem}"), load(path)
    assert wanted["spec"] == found["spec"]
    assert wanted["metadata"]["name"] == found["metadata"]["name"]
    assert wanted["metadata"].get("annotations", {}).items() <= found["metadata"]["annotations"].items()
    assert "keep" == found["metadata"]["annotations"]["helm.sh/resource-policy"]
    assert load(ROOT / "crds" / path.name) == wanted


def test_the_operator_takes_the_arguments(helm: Helm, objects: list[Object]) -> None:
    """What the chart says on the command line is what `holdfast operator` understands, for every value."""
    plain = parser().parse_args(container(objects)["args"])
    assert ("operator", 30.0, 8, ":8080") == (plain.command, plain.interval, plain.workers, plain.address)
    assert ("holdfast-system", "holdfast") == (plain.lease_namespace, plain.lease_name)
    assert not plain.namespace
    everything = [path for path in CASES if path.stem == "operator"]
    changed = parser().parse_args(container(helm.objects(values_of(everything[0])))["args"])
    assert ["team-a", "team-b"] == changed.namespace
    assert (300.0, 32, "[::]:9090", "warning") == (
        changed.interval,
        changed.workers,
        changed.address,
        changed.log_level,
    )
    assert (60, "one-of-us") == (changed.lease_duration, changed.lease_name)
    assert (None, "eu-prod") == (plain.cluster, changed.cluster)


def test_the_alerts_are_those_of_the_file(helm: Helm) -> None:
    """Who has Kubernetes gets exactly the alerts of who has not."""
    assert load(ALERTS)["groups"] == rules(helm.objects({"prometheusRule": {"enabled": True}}))


def test_the_runbooks_may_be_elsewhere(helm: Helm) -> None:
    """Every link to a runbook moves, and nothing else of an alert does."""
    moved = {"enabled": True, "runbookBaseUrl": "https://wiki.example.org/holdfast/"}
    found = rules(helm.objects({"prometheusRule": moved}))
    links = [rule["annotations"]["runbook_url"] for group in found for rule in group["rules"] if "alert" in rule]
    assert links
    assert [] == [link for link in links if not link.startswith("https://wiki.example.org/holdfast/")]
    back = yaml.safe_dump(found, width=10**6).replace("https://wiki.example.org/holdfast", RUNBOOKS)
    assert load(ALERTS)["groups"] == yaml.safe_load(back)


def test_alerts_can_be_left_out(helm: Helm) -> None:
    """The alerts that are named are not there, all others are, and a group that would be empty is not either."""
    left_out = {"HoldfastThrottled", "HoldfastNoLeader", "HoldfastDocumentInvalid"}
    found = rules(helm.objects({"prometheusRule": {"enabled": True, "disabled": sorted(left_out)}}))
    wanted = [[rule for rule in group["rules"] if rule["alert"] not in left_out] for group in load(ALERTS)["groups"]]
    assert [group for group in wanted if group] == [group["rules"] for group in found]
    assert len(found) < len(wanted)


def test_labels_are_put_on_every_alert(helm: Helm) -> None:
    """Alerts are routed by labels; those that are given win over the alert's own."""
    given = {"team": "platform", "severity": "page"}
    found = rules(helm.objects({"prometheusRule": {"enabled": True, "ruleLabels": given}}))
    assert [] == [rule["alert"] for group in found for rule in group["rules"] if rule["labels"] != given]


def test_prometheus_takes_the_rules(helm: Helm, tmp_path: Path) -> None:
    """What stands in the PrometheusRule passes `promtool check rules`, as the Prometheus operator would write it."""
    promtool = shutil.which("promtool")
    if not promtool and not os.environ.get("CI"):
        pytest.skip("promtool is not there; it comes with Prometheus (Debian: apt-get install prometheus)")
    assert promtool
    values = {"enabled": True, "ruleLabels": {"team": "platform"}}
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": rules(helm.objects({"prometheusRule": values}))}))
    ended = subprocess.run([promtool, "check", "rules", path], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "SUCCESS" in ended.stdout


@pytest.mark.parametrize("path", [CRD, MEMORY_CRD], ids=lambda path: path.stem)
def test_a_chart_without_its_files_says_so(helm: Helm, tmp_path: Path, path: Path) -> None:
    """A copy that lost a generated CRD is not installed without it in silence."""
    copy = shutil.copytree(CHART, tmp_path / "holdfast")
    (copy / "files" / path.name).unlink()
    with pytest.raises(Exception, match=rf"the chart is not complete: files/{path.name} is missing"):
        helm.run("template", "holdfast", copy)


def test_notes_tell_what_is_next(helm: Helm) -> None:
    """Whoever installs is told how to see it work, how to give it a role, and what was left open."""
    said = helm.run("install", "holdfast", CHART, "--dry-run=client", "--namespace=a", "--set=crds.install=false")
    assert "rollout status deployment/holdfast" in said
    assert "--namespace a --service-account holdfast" in said
    assert "No image is published" in said
