"""The installation guide: its values are taken, its Stack is valid, what it points to is there."""

import re
from pathlib import Path

import pytest

from tests.chart.rendering import CHART, ROOT, Helm, container, leaves, load, load_all, merged, of_kind, the
from tests.cli.kit import run

GUIDE = ROOT / "docs" / "install-kubernetes.md"
TEXT = GUIDE.read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
EXAMPLES = [block for block in BLOCKS if block.startswith("# values.yaml\n")]


def test_its_values_are_taken(helm: Helm) -> None:
    """Each example of values can be copied as it is, and does something."""
    plain = helm.template()
    assert len(EXAMPLES) > 5
    for example in EXAMPLES:
        (values,) = load_all(example)
        assert plain != helm.template(values), example


def test_on_openshift_no_user_is_named(helm: Helm) -> None:
    """Where the platform gives a namespace its users, the pod asks for none, and still not for root."""
    (example,) = [example for example in EXAMPLES if "runAsUser: null" in example]
    pod = the(helm.objects(load_all(example)[0]), "Deployment")["spec"]["template"]["spec"]
    assert {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}} == pod["securityContext"]


def test_without_rights_in_the_cluster_nothing_of_the_cluster_is_asked_for(helm: Helm) -> None:
    """Who may write in namespaces only can install what the guide says for them."""
    (example,) = [example for example in EXAMPLES if "userRoles: {create: false}" in example]
    objects = helm.objects(load_all(example)[0])
    assert [] == [each["kind"] for each in objects if "namespace" not in each["metadata"]]
    assert "--namespace=team-a" in container(objects)["args"]
    assert of_kind(objects, "Role/holdfast-system:holdfast")


def test_values_that_it_names_exist() -> None:
    """A value that was renamed is not left standing in the guide."""
    values = load(CHART / "values.yaml")
    known = {path for path, _ in leaves(values)} | set(values)
    named = set(re.findall(r"--set[ =]([\w.]+)=", TEXT))
    named |= {name for name in re.findall(r"`([a-z]\w+(?:\.\w+)*)`", TEXT) if name.partition(".")[0] in values}
    assert len(named) > 10
    assert set() == {name for name in named if name not in known}


def test_its_stack_is_valid(tmp_path: Path) -> None:
    """The first Stack of the guide is one that Holdfast takes."""
    (stack,) = [block for block in BLOCKS if "kind: Stack" in block]
    path = tmp_path / "network.yaml"
    path.write_text(stack)
    ran = run("validate", path)
    assert ran.code == 0, ran.said


def test_what_it_points_to_is_there() -> None:
    """Every link leads to a file of the checkout, or to a heading of the page itself."""
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    for link in re.findall(r"\]\(([^)]+)\)", TEXT):
        path, _, anchor = link.partition("#")
        assert (GUIDE.parent / path).exists(), link
        assert path or anchor in headings, link


@pytest.mark.parametrize("word", sorted(set(re.findall(r'(?:is\.|reason == "|outcome == ")(\w+)', TEXT))))
def test_argo_cd_is_told_of_conditions_that_exist(word: str) -> None:
    """The health check asks for conditions, reasons and outcomes that the operator really writes."""
    written = "".join((ROOT / "controller" / "kube" / name).read_text() for name in ("conditions.py", "status.py"))
    assert f'"{word}"' in written


def test_merged_is_the_other_way_round() -> None:
    """What the tests know of the values is what values.yaml says."""
    values = load(CHART / "values.yaml")
    assert values == merged(leaves(values))
