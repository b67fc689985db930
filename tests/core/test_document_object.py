"""A document that is no file, as Kubernetes keeps it: it means the same, and its mistakes are told the same."""

import contextlib
import copy
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.aws.catalog import catalog
from controller.core.document.loader import load, read_object
from controller.core.document.part import MAX_DEPTH, part_of
from controller.core.document.problem import DocumentError, Problem
from controller.core.document.yaml_source import read_parts
from controller.core.model.kind import Catalog
from controller.core.model.stack import DeletionPolicy, Stack
from controller.sources.files import LocalFiles
from tests.core.kinds import CATALOG

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parent / "documents"
GOOD = [SAMPLES / "good" / "everything.yaml"]
BAD = sorted((SAMPLES / "bad").glob("*.yaml"))
REAL = [ROOT / "desired" / name for name in ("network.yaml", "ha-web-tier.yaml")]
Tree = dict[str, Any]


def documents(file: Path) -> list[Any]:
    """The documents of a file, as they come back from an API server."""
    return [json.loads(json.dumps(part.value)) for part in read_parts(file.read_bytes(), str(file), [])]


def stack(resources: Any, **spec: Any) -> Tree:
    """A document."""
    return {
        "apiVersion": "holdfast.dev/v1alpha1",
        "kind": "Stack",
        "metadata": {"name": "web"},
        "spec": {"region": "eu-west-1", "resources": resources, **spec},
    }


def door(**fields: Any) -> Tree:
    """A stack with a door."""
    return stack({"Network": {"main": {"cidrBlock": "10.0.0.0/8"}}, "Door": {"a": {"segments": [], **fields}}})


def problems(document: Any, of: Catalog = CATALOG) -> tuple[Problem, ...]:
    """What is wrong with a document; something has to be."""
    with pytest.raises(DocumentError) as raised:
        read_object(document, "here/web", of)
    return raised.value.problems


# --- the same as a file ---


@pytest.mark.parametrize(
    ("file", "kinds"),
    [*((file, CATALOG) for file in GOOD), *((file, catalog()) for file in REAL)],
    ids=lambda part: part.stem if isinstance(part, Path) else "",
)
def test_it_means_the_same(file: Path, kinds: Catalog) -> None:
    """Down to the last field; only where it was read from is another place."""
    expected: list[Stack] = load(LocalFiles([file]), kinds)
    found = [read_object(each, "here/web", kinds) for each in documents(file)]
    assert [replace(each, source="") for each in expected] == [replace(each, source="") for each in found]
    assert {"here/web"} == {each.source for each in found}


def told(found: Problem) -> tuple[str, str, str]:
    """What a problem says without its place; where another place is named, that it is."""
    return found.path, re.sub(r"\((the other|the first) is at [^)]*\)", r"(\1)", found.message), found.hint


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_what_is_wrong_is_told_the_same(file: Path, tmp_path: Path) -> None:
    """All of it at once, by its path, with what would be right."""
    for document in documents(file):
        written = tmp_path / "the_same.yaml"
        written.write_text(json.dumps(document))
        try:
            load(LocalFiles([written]), CATALOG)
        except DocumentError as error:
            expected = error.problems
        else:
            continue  # what is wrong with it is beside it, in another document
        assert sorted(map(told, expected)) == sorted(map(told, problems(document)))


def test_a_problem_names_no_file_and_no_line() -> None:
    """There is none; the path in the document is the place, also that of another thing it is about."""
    found = problems(door(weight="heavy", hinge=1))
    assert {(0, 0, "")} == {(each.line, each.column, each.file) for each in found}
    fields = "segments, other, lock, ports, weight, open, pin, greeting, labels, policy, lifecycle, region"
    hinge = f'spec.resources.Door.a.hinge: there is no field "hinge" here; the fields are {fields}'
    weight = 'spec.resources.Door.a.weight: expected a number, found "heavy"'
    assert [hinge, weight] == list(map(str, found))
    network = {"Network": {"main": {"cidrBlock": "10.0.0.0/8"}}}
    same = {name: {"network": "main", "cidrBlock": "10.1.0.0/16"} for name in "ab"}
    (twin,) = problems(stack({**network, "Segment": same}))
    assert "the other is at spec.resources.Segment.a.cidrBlock" in str(twin)


# --- what is Kubernetes' own ---


def test_where_it_comes_from() -> None:
    """Its namespace is kept, for the Secrets beside it."""
    document = door()
    document["metadata"] |= {"namespace": "here", "labels": {"a": "b"}, "annotations": {"c": "d"}}
    found = read_object(document, "here/web", CATALOG)
    assert ("here", "here/web") == (found.namespace, found.source)


def test_what_is_to_be_done_when_it_is_deleted() -> None:
    """Nothing, unless it says so."""
    nodes = {"Network": {"main": {"cidrBlock": "10.0.0.0/8"}}}
    assert DeletionPolicy.RETAIN is read_object(stack(nodes), "", CATALOG).deletion_policy
    deleting = read_object(stack(nodes, deletionPolicy="Delete"), "", CATALOG)
    assert DeletionPolicy.DELETE is deleting.deletion_policy
    assert '"Keep" is not one of Retain, Delete' in str(problems(stack(nodes, deletionPolicy="Keep"))[0])


def test_a_field_that_is_null_is_not_set() -> None:
    """As Kubernetes writes a field that somebody emptied."""
    assert read_object(door(), "", CATALOG) == read_object(door(weight=None, labels=None), "", CATALOG)


def test_the_object_stays_as_it_was() -> None:
    """It is in everybody's hands: nothing is filled into it."""
    (document,) = documents(GOOD[0])
    before = copy.deepcopy(document)
    read_object(document, "", CATALOG)
    assert before == document


# --- files ---

FILES = [
    ("greeting", {"file": "NAME"}),
    ("greeting", {"file": "NAME", "as": "base64"}),
    ("greeting", {"text": {"file": "NAME"}, "with": {}}),
    ("labels", {"a": {"file": "NAME"}}),
    ("labels", {"folder": "NAME"}),
    ("policy", {"file": "NAME"}),
    ("policy", {"Statement": [{"text": {"file": "NAME"}, "with": {}}]}),
]
NAMES = ["beside.txt", "nothing", "../etc/passwd", "/etc/passwd", "/nothing", "", "\x00", "/proc/self/environ"]


@pytest.mark.parametrize(("field", "value"), FILES)
def test_no_file_can_be_read(field: str, value: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nor can anybody find out which there are: no name makes a difference, and nothing is looked at."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beside.txt").write_text("hunter2")
    said = set()
    for name in NAMES:
        document = json.loads(json.dumps(door(**{field: value})).replace("NAME", json.dumps(name)[1:-1]))
        with monkeypatch.context() as watched:
            for look in ("stat", "open", "iterdir", "resolve", "read_bytes", "exists"):
                watched.setattr(Path, look, forbidden)
            (found,) = problems(document)
        said.add((found.message, found.hint) if name in ("beside.txt", "nothing", "../etc/passwd") else None)
        assert "hunter2" not in str(found)
    assert {("a Stack in Kubernetes cannot include files", "write the content in the document itself"), None} == said


def forbidden(*_: Any, **__: Any) -> Any:
    """Somebody looks at a file."""
    raise AssertionError("a file was looked at")


def test_what_only_looks_like_a_file_is_json() -> None:
    """Inside a JSON document a mapping with that key is JSON like any other."""
    policy = {"Statement": [{"file": "/etc/passwd"}]}
    found = read_object(door(policy=policy), "", CATALOG)
    assert policy in [node.fields.get("policy") for node in found.nodes.values()]


# --- what is no document ---


def nested(depth: int) -> Any:
    """A list in a list, so often."""
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [MAX_DEPTH, 500])
def test_what_is_nested_too_deep(depth: int) -> None:
    """It is told, and exhausts nothing; an API server takes more than we do."""
    (found,) = problems(door(policy={"a": nested(depth)}))
    assert f"nested deeper than {MAX_DEPTH} levels" == found.message
    assert found.path.startswith("spec.resources.Door.a.policy.a[0]")


@pytest.mark.parametrize(
    "document", [{}, {"kind": "Pod"}, stack(None), stack([]), stack({}), {**stack({}), "spec": None}]
)
def test_what_is_no_stack(document: Any) -> None:
    """Each has something to say."""
    assert all(str(each) for each in problems(document))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
FIELD = st.sampled_from(
    ["segments", "other", "lock", "ports", "weight", "pin", "greeting", "labels", "policy", "lifecycle"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    fields=st.dictionaries(FIELD, JSON, max_size=3),
    spec=st.dictionaries(st.sampled_from(["mode", "allow", "tags"]), JSON),
)
def test_nothing_but_problems_comes_of_nonsense(fields: Tree, spec: Tree) -> None:
    """Whatever stands in it: a stack, or what is wrong."""
    document = stack(
        {"Network": {"main": {"cidrBlock": "10.0.0.0/8"}}, "Door": {"a": {"segments": [], **fields}}}, **spec
    )
    with contextlib.suppress(DocumentError):
        read_object(document, "here/web", CATALOG)


def test_scalars_are_shown_as_json_writes_them() -> None:
    """In messages, which quote what was written."""
    shown = {json.dumps(value): part_of(value).text for value in (True, None, 1, 1.5, "a")}
    assert {"true": "true", "null": "null", "1": "1", "1.5": "1.5", '"a"': "a"} == shown
