"""The CRD: structural and documented, small enough for `kubectl apply`, and as strict as an API server can be clear.

What a document may be is known from the JSON Schema; the API server is a real one.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from controller.aws.catalog import catalog
from controller.core.document.problem import Problem
from controller.core.document.schema import json_schema
from controller.core.document.yaml_source import read_parts
from controller.kube.crd import NAME, custom_resource_definition
from controller.kube.structural import Structural, in_short
from tests.cli.kit import ROOT, environment, run
from tests.kinds.cases import DOCUMENTS
from tests.kinds.fixtures import Sample
from tests.kube.cluster import Cluster
from tests.kube.conftest import serve_stacks
from tests.kube.editors import without_limits
from tests.plain import plain

Tree = dict[str, Any]

FILE = ROOT / "crds" / f"{NAME}.yaml"
CRD = custom_resource_definition(catalog())
VERSION = CRD["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]
DOCUMENT = without_limits(json_schema(catalog()))
VALID = Draft202012Validator(DOCUMENT)
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAMESPACE = "tests-of-the-crd"
STACKS = f"/apis/holdfast.dev/v1alpha1/namespaces/{NAMESPACE}/stacks"
DRY = "?fieldValidation=Strict&dryRun=All"
ANNOTATIONS = 256 * 1024
"""So many bytes of annotations Kubernetes takes; `kubectl apply` keeps what it applied in one."""


def parts(part: Tree, path: str = "") -> Iterator[tuple[str, Tree]]:
    """Every part of a schema, with its path."""
    yield path, part
    for name, each in part.get("properties", {}).items():
        yield from parts(each, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if key in part:
            yield from parts(part[key], f"{path}[]")


def vpc(**fields: Any) -> Tree:
    """The nodes of a stack with one VPC."""
    return {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16", **fields}}}


def stack(resources: Tree | None = None, name: str = "web", **spec: Any) -> Tree:
    """A document."""
    return {
        "apiVersion": "holdfast.dev/v1alpha1",
        "kind": "Stack",
        "metadata": {"name": name},
        "spec": {"region": "eu-west-1", "resources": vpc() if resources is None else resources, **spec},
    }


# --- as a file --------------------------------------------------------------------------------------------


class TestSchema:
    """What can be seen without an API server."""

    def test_every_field_is_documented(self) -> None:
        """`kubectl explain` says something of every field, those of the status included, but of what is nested deep
        in a kind, or alike in all of them; docs/kinds.md has that."""
        described = [(path, part) for path, part in parts(SCHEMA) if path and not path.endswith("[]")]
        assert len(described) > 1000
        bare = {path for path, part in described if not part.get("description", "").strip()}
        deep = {
            path for path in bare if re.fullmatch(r"\.spec\.resources\.\w+\[\](\.lifecycle\..+|(\.[^.]+){3,})", path)
        }
        assert {".metadata"} == bare - deep  # Kubernetes lets nobody describe what is its own

    def test_it_is_structural(self) -> None:
        """Every part has one type, or takes anything; nothing is left that Kubernetes does not take."""
        known = {
            "description",
            "type",
            "format",
            "default",
            "properties",
            "required",
            "items",
            "additionalProperties",
        }
        known |= {"enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minProperties"}
        for path, part in parts(SCHEMA):
            said = {key for key in part if not key.startswith("x-kubernetes-")}
            assert set() == said - known, path
            assert isinstance(part.get("type"), str) != ("x-kubernetes-preserve-unknown-fields" in part) or (
                part["type"] == "object" and not {"properties", "additionalProperties"} & part.keys()
            ), path
            assert not {"properties", "additionalProperties"} <= part.keys(), path

    def test_only_what_everybody_should_read_has_a_default(self) -> None:
        """A default is written into the object, and what is set is managed; so no field of a kind has one."""
        defaults = {path: part["default"] for path, part in parts(SCHEMA) if "default" in part}
        assert defaults == {
            ".spec.mode": "Enforce",
            ".spec.allow": ["Create", "Update"],
            ".spec.deletionPolicy": "Retain",
        }

    def test_it_has_every_kind_and_every_field(self) -> None:
        """Nothing that a document may say is lost on the way from the schema for editors."""
        kinds = SCHEMA["properties"]["spec"]["properties"]["resources"]["properties"]
        assert kinds.keys() == catalog().keys()
        for name, kind in catalog().items():
            extra = {"lifecycle"} | ({"tags"} if kind.taggable else set()) | (set() if kind.worldwide else {"region"})
            assert kinds[name]["additionalProperties"]["properties"].keys() == kind.shape.fields.keys() | extra

    def test_it_is_small_enough(self) -> None:
        """It can be applied with any kubectl, with room for more kinds.

        Where this fails: let `in_short` cut what is nested deeper, or leave the descriptions of elements out.
        """
        room = 24 * 1024
        assert len(FILE.read_bytes()) < ANNOTATIONS - room
        assert len(as_kubectl_keeps_it(CRD)) < ANNOTATIONS - room

    def test_the_file_is_the_same_on_every_machine(self) -> None:
        """The order is that of the code, never that of a hash; and making it needs nothing of Kubernetes."""
        program = (
            "import sys; from controller.aws.catalog import catalog; from controller.kube.crd import crd_yaml; "
            "sys.stdout.write(crd_yaml(catalog())); assert 'kubernetes' not in sys.modules"
        )
        surroundings = environment(PYTHONHASHSEED="1", PYTHONIOENCODING="utf-8")
        ran = subprocess.run([sys.executable, "-c", program], env=surroundings, capture_output=True, check=False)
        assert (0, "") == (ran.returncode, ran.stderr.decode())
        assert FILE.read_bytes() == ran.stdout

    def test_the_file_says_what_is_meant(self) -> None:
        """Written as YAML and read again it is the same, and so is the copy that the chart has."""
        assert CRD == plain(FILE.read_text())
        assert FILE.read_text() == (ROOT / "charts" / "holdfast" / "files" / FILE.name).read_text()

    @pytest.mark.parametrize(
        ("text", "short"),
        [
            ("Its name. Unset: `<stack>-<name>`.", "Its name."),
            ("Its routes; the local one is\nAWS's.", "Its routes."),
            ("How long, such as 1.5 hours. AWS's default: 2.", "How long, such as 1.5 hours."),
            ("What a. Which b? Whether c!", "What a."),
            ("Whether AWS's example.com counts", "Whether AWS's example.com counts."),
            ("", ""),
        ],
    )
    def test_descriptions_are_cut_at_the_first_sentence(self, text: str, short: str) -> None:
        """What is left is a whole sentence."""
        assert short == in_short(text)

    def test_choices_are_told_and_kept(self) -> None:
        """A choice that an expression may stand for is a pattern of its values, whatever characters they have."""
        choice = {"anyOf": [{"type": "string", "enum": ["a.b", "c|d (e)"]}, {"$ref": "#/$defs/Expression"}]}
        made = Structural({}).part({**choice, "description": "Which one."})
        assert "(a.b | c|d (e)) Which one." == made["description"]
        assert ["a.b", "c|d (e)"] == [
            each for each in ("a.b", "axb", "c", "c|d (e)") if re.search(made["pattern"], each)
        ]


def as_kubectl_keeps_it(definition: Tree) -> bytes:
    """The annotation of `kubectl apply`: Go's JSON, which escapes some characters."""
    text = json.dumps(definition, separators=(",", ":"), ensure_ascii=False)
    return re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", text).encode()


# --- examples ---------------------------------------------------------------------------------------------


def spec_of(kind: str) -> Tree:
    """The schema of a node."""
    resources = DOCUMENT["$defs"]["StackSection"]["properties"]["resources"]["properties"]
    (part,) = resources[kind]["patternProperties"].values()
    found: Tree = part
    return found


def example(part: Tree, turn: int) -> Any:
    """A value that a schema allows: in the first turns another of its forms, later another of its choices."""
    forms = list(_forms(part))
    part = forms[turn % len(forms) if turn < FIRST else 0]
    if "const" in part or "enum" in part:
        choices = [part["const"]] if "const" in part else part["enum"]
        return choices[turn % len(choices)]
    types = part["type"] if isinstance(part["type"], list) else [part["type"]]
    match types[turn % len(types)]:
        case "object":
            return _mapping(part, turn)
        case "array":
            return [example(part["items"], turn), example(part["items"], turn + 1)]
        case "string":
            return next(
                text for text in ("main", "Vpc/main", "eu-west-1") if re.search(part.get("pattern", ""), text)
            )
        case of_numbers:
            return {"boolean": turn % 2 == 0, "integer": part.get("minimum", 0) + turn, "number": 0.5}[of_numbers]


def _forms(part: Tree) -> Iterator[Tree]:
    """A schema, or each of those it may be, with what it refers to in its place."""
    if "$ref" in part:
        found = DOCUMENT["$defs"][part["$ref"].rpartition("/")[2]]
        beside = {name: found["properties"][name] | each for name, each in part.get("properties", {}).items()}
        yield from _forms({**found, "properties": found["properties"] | beside} if beside else found)
    elif "anyOf" in part:
        for each in part["anyOf"]:
            yield from _forms(each)
    else:
        yield part


def _mapping(part: Tree, turn: int) -> Tree:
    if "properties" in part:
        return {name: example(each, turn) for name, each in part["properties"].items()}
    values = [*part.get("patternProperties", {}).values(), part.get("additionalProperties")]
    if values[0]:
        return {"a": example(values[0], turn)}
    return (
        {"Version": turn, "Statement": [{"a": {}}]} if "x-json" in part else {"secret": SECRETS[turn % len(SECRETS)]}
    )


FIRST = 8
"""In so many turns every form has its turn; a reference has seven."""
TURNS = FIRST + max(len(json.loads(each)) for each in re.findall(r'"enum": (\[[^]]*\])', json.dumps(DOCUMENT)))
SECRETS = [{"env": "A"}, {"secretsManager": "a", "key": "b"}, {"secretKeyRef": {"name": "a", "key": "b"}}]


# --- on an API server -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Cluster:
    """An API server that knows Stacks, with a namespace for them."""
    serve_stacks(cluster)
    cluster.namespace(NAMESPACE)
    return cluster


def refusal(server: Cluster, document: Tree) -> str:
    """What the API server says against a document; empty when it takes it."""
    status, answer = server.ask("POST", STACKS + DRY, document)
    assert status in (201, 400, 422), answer
    return "" if status == 201 else str(answer["message"])


def listed(server: Cluster, *words: str) -> list[list[str]]:
    """The rows that `kubectl get` prints, the head first."""
    lines = server.kubectl("get", "--namespace", NAMESPACE, *words).splitlines()
    return [re.split(r"\s{2,}", line.strip()) for line in lines]


@pytest.fixture
def web(server: Cluster) -> Iterator[Tree]:
    """A Stack that is there."""
    yield server.put("POST", STACKS, stack(accountId="123456789012"))
    server.put("DELETE", f"{STACKS}/web", None)


class TestApplying:
    """The CRD itself, as the API server takes it."""

    def test_it_is_established(self, server: Cluster) -> None:
        """The API server finds nothing wrong: names free, schema structural, rules affordable."""
        found = server.get(f"{DEFINITIONS}/{NAME}")
        conditions = {each["type"]: each["status"] for each in found["status"]["conditions"]}
        assert conditions == {"NamesAccepted": "True", "Established": "True"}

    def test_it_is_understood_as_meant(self, server: Cluster) -> None:
        """No field of it is dropped or read as something else: `y` and `n`, numbers and quotes included."""
        assert VERSION == server.get(f"{DEFINITIONS}/{NAME}")["spec"]["versions"][0]

    def test_it_can_be_applied_and_upgraded_by_any_kubectl(self, server: Cluster, tmp_path: Path) -> None:
        """Also without `--server-side`, the first time and with a newer version."""
        copy = {**CRD, "metadata": {"name": "copies.example.dev"}, "spec": {**CRD["spec"], "group": "example.dev"}}
        copy["spec"]["names"] = {"kind": "Copy", "listKind": "CopyList", "plural": "copies", "singular": "copy"}
        file = tmp_path / "copy.json"
        file.write_text(json.dumps(copy))
        try:
            assert "created" in server.kubectl("apply", "-f", str(file))
            assert "unchanged" in server.kubectl("apply", "-f", str(file))
            file.write_text(json.dumps(copy).replace("The version of this format.", "The version."))
            assert "configured" in server.kubectl("apply", "-f", str(file))
            (kept,) = server.get(f"{DEFINITIONS}/copies.example.dev")["metadata"]["annotations"].values()
            assert abs(len(as_kubectl_keeps_it(CRD)) - len(kept.encode())) < 200  # what counts the size, counts right
        finally:
            server.put("DELETE", f"{DEFINITIONS}/copies.example.dev", None)

    def test_its_fields_are_explained(self, server: Cluster) -> None:
        """`kubectl explain` tells what a field is, what it holds, and whether it has to be there."""
        said = server.kubectl("explain", "stacks.spec.resources.Vpc")
        assert re.search(r"cidrBlock\s+<Object> -required-\s+\(text\) The IPv4 CIDR block", said), said
        assert re.search(r"enableDnsHostnames\s+<Object>\s+\(true/false\) Whether instances", said), said
        assert re.search(r"instanceTenancy\s+<Object>\s+\(default \| dedicated\) Whether", said), said
        assert re.search(
            r"until\s+<string> -required-", server.kubectl("explain", "hfs.spec.resources.Vpc.lifecycle.hold")
        )
        assert "(→ Vpc) The VPC" in server.kubectl("explain", "hfs.spec.resources.Subnet.vpc")
        assert "ENUM:" in server.kubectl("explain", "hfs.spec.deletionPolicy")
        assert "The nodes that need attention" in server.kubectl("explain", "hfs.status")


class TestAccepted:
    """What is right is let through."""

    @pytest.mark.parametrize("file", sorted((ROOT / "desired").glob("*.yaml")), ids=lambda file: file.stem)
    def test_the_reference_architectures(self, server: Cluster, file: Path) -> None:
        """The documents that the manual points to can be applied."""
        problems: list[Problem] = []
        for part in read_parts(file.read_bytes(), file.name, problems):
            assert "" == refusal(server, part.value)
        assert [] == problems

    @pytest.mark.parametrize("sample", DOCUMENTS)
    def test_the_documents_of_the_kinds(self, server: Cluster, sample: Sample) -> None:
        """What the tests of a kind make in AWS, Kubernetes takes."""
        assert "" == refusal(server, sample.tree)

    @pytest.mark.parametrize("turn", range(TURNS))
    def test_every_field_in_every_form(self, server: Cluster, turn: int) -> None:
        """What the schema for editors allows, at any depth: each choice, each form of a reference or expression."""
        resources = {kind: {"it": example(spec_of(kind), turn)} for kind in catalog()}
        document = stack(resources, accountId="123456789012", tags={"Env": "prod"})
        assert [] == [each.json_path for each in VALID.iter_errors(document)]
        assert "" == refusal(server, document)

    def test_defaults_are_filled_in(self, web: Tree) -> None:
        """Everybody reads in the object what holds, and nothing is put into the nodes."""
        defaults = {"mode": "Enforce", "allow": ["Create", "Update"], "deletionPolicy": "Retain"}
        assert {**stack(accountId="123456789012")["spec"], **defaults} == web["spec"]

    def test_a_status(self, server: Cluster, web: Tree) -> None:
        """All that the operator tells is kept, and shows in the columns."""
        told = server.put("PATCH", f"{STACKS}/web/status?fieldValidation=Strict", {"status": STATUS})
        assert STATUS == told["status"]
        assert told["metadata"]["generation"] == web["metadata"]["generation"]
        head, row = listed(server, "hfs")
        assert head == ["NAME", "REGION", "MODE", "READY", "DRIFTED", "NODES", "LAST PASS", "AGE"]
        assert ["web", "eu-west-1", "Enforce", "False", "1", "12"] == row[:6]
        assert listed(server, "holdfast")[0] == head

    @pytest.mark.usefixtures("web")
    def test_stacks_are_found_by_their_place(self, server: Cluster) -> None:
        """By region and by account, which the API server looks up by itself."""
        assert 2 == len(listed(server, "stack", "--field-selector=spec.region=eu-west-1,spec.accountId=123456789012"))
        assert 1 == len(listed(server, "stack", "--field-selector=spec.region=us-east-1"))

    @pytest.mark.parametrize("way", [(), ("--server-side",)], ids=["client", "server"])
    def test_a_value_becomes_an_expression(self, server: Cluster, way: tuple[str, ...]) -> None:
        """Both ways of `kubectl apply` follow when a field changes its form, and back."""
        apply = ("apply", "--namespace", NAMESPACE, "-f", "-", *way)
        try:
            for value in ("10.0.0.0/16", {"from": "Vpc/other", "attribute": "cidrBlock"}, "10.1.0.0/16"):
                server.kubectl(*apply, stdin=json.dumps(stack(vpc(cidrBlock=value), name="changing")))
                found = server.get(f"{STACKS}/changing")
                assert value == found["spec"]["resources"]["Vpc"]["main"]["cidrBlock"]
        finally:
            server.put("DELETE", f"{STACKS}/changing", None)

    def test_what_may_change(self, server: Cluster, web: Tree) -> None:
        """Also a field that needs a replacement: whether that is done, the guard decides, and says so."""
        spec = {"mode": "Observe", "deletionPolicy": "Delete", "resources": vpc(cidrBlock="10.1.0.0/16")}
        changed = server.put("PATCH", f"{STACKS}/web", {"spec": spec})
        assert web["metadata"]["generation"] + 1 == changed["metadata"]["generation"]

    def test_an_account_can_be_given_later(self, server: Cluster) -> None:
        """A stack that was not tied to an account can be, once."""
        server.put("POST", STACKS, stack(name="free"))
        try:
            server.put("PATCH", f"{STACKS}/free", {"spec": {"accountId": "123456789012"}})
            assert 422 == server.ask("PATCH", f"{STACKS}/free", {"spec": {"accountId": "123456789013"}})[0]
        finally:
            server.put("DELETE", f"{STACKS}/free", None)


STATUS = {
    "observedGeneration": 1,
    "conditions": [
        {
            "type": "Ready",
            "status": "False",
            "reason": "Progressing",
            "message": "Vpc/main: drifted, to update",
            "lastTransitionTime": "2026-01-31T18:00:00Z",
            "observedGeneration": 1,
        }
    ],
    "account": "123456789012",
    "counts": {
        "nodes": 12,
        "inSync": 11,
        "drifted": 1,
        "pending": 0,
        "blocked": 1,
        "unknown": 0,
        "unhealthy": 0,
        "orphaned": 0,
    },
    "notInSync": [
        {
            "address": "Vpc/main",
            "state": "drifted",
            "action": "update",
            "since": "2026-01-31T17:00:00Z",
            "changes": ["enableDnsSupport"],
            "blocked": {"by": "hold", "why": "held by ada until noon"},
            "message": "waits",
        }
    ],
    "notInSyncOmitted": 0,
    "lastPass": {"time": "2026-01-31T18:00:00Z", "outcome": "Succeeded", "seconds": 1.25, "message": ""},
    "nextPass": "2026-01-31T18:00:30Z",
    "deletion": {"remaining": 3, "message": "Vpc/main: leaving"},
    "lastHandledReconcile": "now",
}


class TestRefused:
    """What is wrong is refused at once, in words that say what is right."""

    @pytest.mark.parametrize(
        ("document", "words"),
        [
            pytest.param(document, words, id=words.split(":")[0])
            for document, words in [
                (stack(vpc(instanceTenancy="shared")), "Vpc.main.instanceTenancy: … '^(default|dedicated)$'"),
                (stack(vpc(enableDnsSupport="yes")), "enableDnsSupport: … '^true or false, without quotes$'"),
                (stack({"TargetGroup": {"a": {"port": "80"}}}), "port: … '^a number, without quotes$'"),
                (stack(vpc(cidrBlok="a")), 'unknown field "spec.resources.Vpc.main.cidrBlok"'),
                (stack({"Vcp": {"a": {}}}), 'unknown field "spec.resources.Vcp"'),
                (stack(vpc(lifecycle={"retian": True})), 'unknown field "spec.resources.Vpc.main.lifecycle.retian"'),
                (stack({"Vpc": {"main": {}}}), "spec.resources.Vpc.main.cidrBlock: Required value"),
                (stack({"Vpc": {"main": "a"}}), "spec.resources.Vpc.main: … must be of type object"),
                (stack({"Vpc": {}}), "spec.resources.Vpc: … at least 1 properties"),
                (stack({}), "spec.resources: … at least 1 properties"),
                (stack({"Subnet": {"a": {"vpc": ""}}}), "spec.resources.Subnet.a.vpc: … at least 1 chars long"),
                (stack({"RouteTable": {"a": {"subnets": "a"}}}), "RouteTable.a.subnets: … must be of type array"),
                (stack(region="europe"), "spec.region: … a region looks like eu-west-1"),
                (stack(accountId="12345"), "spec.accountId: … an account ID has 12 digits"),
                (stack(accountId=123456789012), "spec.accountId: … must be of type string"),
                (stack(mode="enforce"), 'spec.mode: Unsupported value: … "Enforce", "Observe"'),
                (
                    stack(allow=["create"]),
                    'spec.allow[0]: Unsupported value: … "Create", "Update", "Replace", "Delete"',
                ),
                (stack(deletionPolicy="Keep"), 'spec.deletionPolicy: Unsupported value: … "Retain", "Delete"'),
                (stack(tags={"AWS:a": "b"}), "spec.tags: … a tag key must not begin with aws: or holdfast.dev/"),
                (stack(name="a" * 41), "metadata.name is the name of the stack: a name has at most 40 lowercase"),
                (stack(name="a.b"), "metadata.name is the name of the stack, dot: a name has at most 40 lowercase"),
            ]
        ],
    )
    def test_what_is_wrong_by_itself(self, server: Cluster, document: Tree, words: str) -> None:
        """The message names the place and what would be right."""
        wanted = [each.strip() for each in words.replace(", dot", "").split("…")]
        assert re.search(".*".join(map(re.escape, wanted)), refusal(server, document))

    def test_a_secret_is_not_repeated(self, server: Cluster) -> None:
        """A password that stands in a document is refused, and is in no message."""
        said = refusal(server, stack({"DbInstance": {"db": {"masterUserPassword": "hunter2"}}}))
        assert "spec.resources.DbInstance.db.masterUserPassword" in said
        assert "hunter2" not in said

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"region": "us-east-1"}, "cannot move to another region"),
            ({"accountId": "123456789013"}, "cannot move to another account"),
            ({"accountId": None}, "accountId cannot be removed or changed once it is set"),
        ],
        ids=["region", "account", "no account"],
    )
    def test_a_stack_never_moves(self, server: Cluster, web: Tree, change: Tree, words: str) -> None:
        """What it owns would be left behind, so the API server says what to do instead."""
        status, answer = server.ask("PATCH", f"{STACKS}/{web['metadata']['name']}", {"spec": change})
        assert 422 == status
        assert words in answer["message"]


def test_the_command_prints_the_crds() -> None:
    """Who installed the package alone has the CRDs too."""
    names = ("stacks", "stackmemories")
    files = [(ROOT / "crds" / f"{name}.holdfast.dev.yaml").read_text() for name in names]
    assert "---\n".join(files) == run("schema", "-o", "crd").out
